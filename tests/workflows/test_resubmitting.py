"""A refused or returned pairing comes back before the office, unless the two have a live one by then."""

import pytest
from sqlmodel import Session

from models.base import now
from models.organization import Organization
from models.pairing import Pairing
from tests.factories import (
    actor_of,
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_pairing,
    make_user,
)
from vocabulary.classifications import VerdictReason
from vocabulary.lifecycles import PairingStatus
from vocabulary.roles import OrganizationKind, Role
from workflows.errors import StepNotAllowed
from workflows.pairings import resubmit


@pytest.fixture
def refused(session: Session) -> Pairing:
    chain = make_chain(session)
    firm = make_organization(session, chain_id=chain.id)
    product = make_loan_product(session, make_organization(session, OrganizationKind.BANK))
    return make_pairing(
        session, make_financing_need(session, firm), product, chain, status=PairingStatus.REFUSED,
        decided_by_id=make_user(session).id, decided_at=now(), verdict_reason=next(iter(VerdictReason)),
    )  # fmt: skip


def _firm(session: Session, pairing: Pairing):
    firm = session.get_one(Organization, pairing.demand_organization_id)
    return actor_of(make_user(session, firm, Role.SIGNATORY), firm)


def test_it_comes_back_before_the_office(session: Session, refused: Pairing) -> None:
    resubmit(session, _firm(session, refused), refused)
    assert refused.status is PairingStatus.PROPOSED


def test_it_does_not_while_the_two_have_a_live_one(session: Session, refused: Pairing) -> None:
    session.add(Pairing(**refused.model_dump(include={
        "market", "demand_id", "supply_id", "demand_organization_id", "supply_organization_id", "chain_id", "origin",
    })))  # fmt: skip
    session.flush()
    with pytest.raises(StepNotAllowed):
        resubmit(session, _firm(session, refused), refused)
    assert refused.status is PairingStatus.REFUSED
