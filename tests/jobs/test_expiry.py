"""What ends by itself."""

from datetime import date, timedelta

from jobs.expiry import UNDECIDED_LIFE, expire_due
from models.base import now
from models.posting import Demand
from models.session import open_session
from tests.factories import (
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_pairing,
)
from vocabulary.lifecycles import PairingStatus, PostingStatus
from vocabulary.roles import OrganizationKind


def test_a_posting_ends_after_its_last_day_and_not_on_it(engine, session):
    firm = make_organization(session)
    over, last_day = make_financing_need(session, firm), make_financing_need(session, firm)
    over.expires_on = date.today() - timedelta(days=2)  # noqa: DTZ011 -- two days make the zone irrelevant
    last_day.expires_on = date.today() + timedelta(days=1)  # noqa: DTZ011
    session.commit()
    assert expire_due(engine, now()) == 1
    with open_session(engine, read_only=True) as reader:
        assert reader.get_one(Demand, over.id).status is PostingStatus.EXPIRED
        assert reader.get_one(Demand, last_day.id).status is PostingStatus.OPEN


def test_a_pairing_nobody_decided_ends_and_can_be_proposed_again(engine, session):
    chain = make_chain(session)
    need = make_financing_need(session, make_organization(session))
    product = make_loan_product(session, make_organization(session, OrganizationKind.BANK))
    pairing = make_pairing(session, need, product, chain)
    session.commit()
    assert expire_due(engine, now()) == 0
    assert expire_due(engine, now() + UNDECIDED_LIFE + timedelta(days=1)) == 1
    with open_session(engine, read_only=True) as reader:
        assert reader.get_one(type(pairing), pairing.id).status is PairingStatus.EXPIRED
