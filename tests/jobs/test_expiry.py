"""What ends by itself."""

from datetime import date, datetime, timedelta

from jobs.expiry import UNDECIDED_LIFE, expire_due
from models.base import now
from models.pairing import Pairing
from models.posting import Demand
from models.session import open_session
from tests.factories import (
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_pairing,
    make_user,
)
from vocabulary.lifecycles import PairingStatus, PostingStatus
from vocabulary.roles import OrganizationKind
from workflows.calendar import SHANGHAI


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


def test_an_introduction_that_led_to_nothing_ends_after_its_working_days(engine, session):
    def introduced(at: datetime) -> Pairing:
        need = make_financing_need(session, make_organization(session))
        product = make_loan_product(session, make_organization(session, OrganizationKind.BANK))
        official = make_user(session).id
        return make_pairing(
            session, need, product, chain, status=PairingStatus.INTRODUCED, introduced_at=at, decided_by_id=official,
            decided_at=at,
        )  # fmt: skip

    chain = make_chain(session)
    monday = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
    silent = introduced(monday - timedelta(days=29))  # 2026-10-25: 20 working days are over
    waiting = introduced(monday - timedelta(days=27))
    session.commit()
    assert expire_due(engine, monday) == 1
    with open_session(engine, read_only=True) as reader:
        assert reader.get_one(Pairing, silent.id).status is PairingStatus.EXPIRED
        assert reader.get_one(Pairing, waiting.id).status is PairingStatus.INTRODUCED
