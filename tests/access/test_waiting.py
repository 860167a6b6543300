"""The numbers beside the menu: what waits for the reader, and nothing of what only others know."""

import pytest

from access.lists.waiting import waiting
from models.base import now
from models.recommendation import PairSignal
from tests.factories import (
    actor_of,
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_pairing,
    make_profile,
    make_user,
)
from vocabulary.classifications import Side, SignalKind
from vocabulary.lifecycles import OrganizationStatus, PairingStatus
from vocabulary.roles import OrganizationKind
from workflows.calendar import today


@pytest.fixture
def world(session):
    chain = make_chain(session)
    firm = make_organization(session, chain_id=chain.id)
    make_profile(session, firm)
    bank = make_organization(session, OrganizationKind.BANK)
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    need, product = make_financing_need(session, firm), make_loan_product(session, bank)

    def pair(**values):
        return make_pairing(session, need, product, chain, **values)

    return {
        "chain": chain,
        "firm": firm,
        "bank": bank,
        "office": office,
        "need": need,
        "product": product,
        "pair": pair,
    }


def counts(session, organization):
    return waiting(session, actor_of(make_user(session, organization), organization), on=today())


def test_an_office_counts_what_waits_in_its_own_chain_only(session, world):
    world["pair"]()
    make_organization(session, chain_id=world["chain"].id, status=OrganizationStatus.REGISTERED)
    elsewhere = make_chain(session, code="other")
    make_organization(session, chain_id=elsewhere.id, status=OrganizationStatus.REGISTERED)
    assert counts(session, world["office"]) == {
        "notices": 0, "organizations": 1, "profiles": 0, "pairings": 1, "follow_up": 0, "handover": 0,
        "problems": 0, "recognitions": 0, "grants": 0,
    }  # fmt: skip


def test_a_firm_is_told_of_the_consent_that_a_mutual_pairing_waits_for(session, world):
    pairing = world["pair"]()
    assert counts(session, world["firm"])["consents"] == 0, "nothing says that the bank asked"
    pairing.is_mutual = True
    session.flush()
    assert counts(session, world["firm"])["consents"] == 1


def test_an_introduced_case_waits_for_the_bank_until_somebody_is_named(session, world):
    officer = make_user(session, world["bank"])
    pairing = world["pair"](status=PairingStatus.INTRODUCED, decided_by_id=officer.id, introduced_at=now())
    assert counts(session, world["bank"])["cases"] == 1
    assert counts(session, world["firm"])["cases"] == 0
    pairing.handled_by_id = officer.id
    session.flush()
    assert counts(session, world["bank"])["cases"] == 0


def test_a_returned_pairing_waits_for_the_side_that_asked_for_it(session, world):
    world["pair"](status=PairingStatus.RETURNED)
    session.add(
        PairSignal(
            demand_id=world["need"].id,
            supply_id=world["product"].id,
            side=Side.SUPPLY,
            kind=SignalKind.INTEREST,
            by_organization_id=world["bank"].id,
            by_user_id=make_user(session, world["bank"]).id,
        )
    )
    session.flush()
    assert counts(session, world["bank"])["cases"] == 1
    assert counts(session, world["firm"])["cases"] == 0
