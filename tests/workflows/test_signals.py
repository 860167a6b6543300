"""What a side says of a recommendation."""

from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, select

from access.actor import Actor
from access.lookups import NotVisible
from models.audit_event import AuditEvent
from models.pairing import Pairing
from models.recommendation import PairSignal, Recommendation
from tests.factories import (
    actor_of,
    make_actor,
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_profile,
    make_user,
)
from vocabulary.classifications import DeclineReason, Side, SignalKind
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind
from workflows.errors import NotComplete
from workflows.recommendations import refresh_demand
from workflows.signals import dismiss, express_interest, restore, shortlist, unshortlist


@pytest.fixture
def pair(session: Session) -> tuple[str, str, Actor, Actor]:
    """Addresses of an eligible and of a closed recommendation, the firm's and the bank's actors."""
    chain = make_chain(session)
    firm = make_organization(session, chain_id=chain.id)
    bank = make_organization(session, OrganizationKind.BANK)
    make_profile(session, firm)
    need = make_financing_need(session, firm)
    make_loan_product(session, bank)
    make_loan_product(session, bank, max_amount_fen=100 * FEN_PER_WAN)
    refresh_demand(session, need.id, today=date(2026, 6, 15))
    by_state = {row.state.value: row.public_id for row in session.exec(select(Recommendation))}
    return (
        by_state["eligible"],
        by_state["closed"],
        actor_of(make_user(session, firm), firm),
        actor_of(make_user(session, bank), bank),
    )


def signals(session: Session) -> set[tuple[Side, SignalKind]]:
    return {(signal.side, signal.kind) for signal in session.exec(select(PairSignal))}


def test_interest_said_twice_is_one_signal_and_one_pairing(session: Session, pair: Any) -> None:
    eligible, _, firm, _ = pair
    first = express_interest(session, firm, recommendation_public_id=eligible)
    assert express_interest(session, firm, recommendation_public_id=eligible).id == first.id
    assert signals(session) == {(Side.DEMAND, SignalKind.INTEREST)}
    assert len(session.exec(select(Pairing)).all()) == 1
    assert not first.is_mutual


def test_interest_of_both_sides_makes_the_pairing_mutual(session: Session, pair: Any) -> None:
    eligible, _, firm, bank = pair
    express_interest(session, bank, recommendation_public_id=eligible)
    pairing = express_interest(session, firm, recommendation_public_id=eligible)
    assert pairing.is_mutual


def test_a_closed_pair_takes_no_interest(session: Session, pair: Any) -> None:
    _, closed, firm, _ = pair
    with pytest.raises(NotComplete) as refusal:
        express_interest(session, firm, recommendation_public_id=closed)
    assert refusal.value.problems == {"state": "closed"}
    assert signals(session) == set()


def test_a_stranger_sees_no_recommendation(session: Session, pair: Any) -> None:
    stranger = make_actor(session)
    for act in (express_interest, shortlist, unshortlist, restore):
        with pytest.raises(NotVisible):
            act(session, stranger, recommendation_public_id=pair[0])


def test_a_dismissal_ends_interest_and_can_be_taken_back(session: Session, pair: Any) -> None:
    eligible, _, _, bank = pair
    shortlist(session, bank, recommendation_public_id=eligible)
    express_interest(session, bank, recommendation_public_id=eligible)
    dismiss(session, bank, recommendation_public_id=eligible, reason=DeclineReason.DEBT_TOO_HIGH, note="再看")
    assert signals(session) == {(Side.SUPPLY, SignalKind.DISMISS)}
    assert session.exec(select(PairSignal)).one().reason is DeclineReason.DEBT_TOO_HIGH
    restore(session, bank, recommendation_public_id=eligible)
    assert signals(session) == set()


def test_every_change_of_a_signal_is_in_the_ledger_once(session: Session, pair: Any) -> None:
    eligible, _, firm, _ = pair
    for act in (shortlist, shortlist, unshortlist, unshortlist):
        act(session, firm, recommendation_public_id=eligible)
    recorded = session.exec(select(AuditEvent.action).where(AuditEvent.subject_kind == "recommendation")).all()
    assert list(recorded) == ["shortlist_set", "shortlist_unset"]
