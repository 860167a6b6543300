"""Dual control: above an amount or a number a day a second and different official must agree."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from access.rules import NotAllowed
from models.approval import Approval
from models.audit_event import AuditEvent
from models.base import now
from models.notice import Notice
from models.pairing import Pairing
from models.session import unit_of_work
from tests import factories
from tests.workflows.test_verdicts import REASON, World
from vocabulary.approvals import ApprovalReason, ApprovalStatus
from vocabulary.lifecycles import PairingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind
from workflows import approvals, bulk_verdicts, verdicts
from workflows.bulk_verdicts import Obstacle
from workflows.verdicts import Confirmation

LOW = {"second_official_above_fen": 499 * FEN_PER_WAN}


@pytest.fixture
def world(session):
    world = World(session)
    world.consent()
    world.second = factories.make_actor(session, OrganizationKind.JOINT_OFFICE)
    return world


def _row(session) -> Approval:
    return session.exec(select(Approval)).one()


def test_the_first_confirmation_asks_and_the_second_does_it(session, world):
    pairing = world.pairing()
    assert world.confirm(pairing, **LOW) is Confirmation.NEEDS_SECOND
    row = _row(session)
    assert (row.status, row.why, row.requested_by_id) == (
        ApprovalStatus.REQUESTED, ApprovalReason.AMOUNT, world.office.user_id,
    )  # fmt: skip
    assert pairing.status is PairingStatus.PROPOSED
    assert world.confirm(pairing, world.second, **LOW) is Confirmation.DONE
    assert (row.status, row.decided_by_id) == (ApprovalStatus.APPROVED, world.second.user_id)
    actions = session.exec(select(AuditEvent.action).where(AuditEvent.subject_kind == "approval")).all()
    assert actions == ["approval_requested", "approval_approved"]


def test_the_same_official_never_counts_twice_not_even_without_the_limit(session, world):
    pairing = world.pairing()
    world.confirm(pairing, **LOW)
    for limit in (LOW, {}):
        with pytest.raises(NotAllowed):
            world.confirm(pairing, **limit)
    assert pairing.status is PairingStatus.PROPOSED


def test_the_database_refuses_one_person_in_both_parts(session, world):
    world.confirm(world.pairing(), **LOW)
    row = _row(session)
    row.decided_by_id = row.requested_by_id
    session.add(row)
    with pytest.raises(IntegrityError, match="two_people"):
        session.flush()
    session.rollback()


def test_the_database_keeps_one_waiting_request_for_a_pairing(session, world):
    world.confirm(world.pairing(), **LOW)
    row = _row(session)
    session.add(Approval(pairing_id=row.pairing_id, why=row.why, requested_by_id=world.second.user_id))
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_a_second_official_who_refuses_refuses_the_request_too(session, world):
    pairing = world.pairing()
    world.confirm(pairing, **LOW)
    verdicts.refuse(session, world.second, pairing, reason=REASON, note="不合适")
    assert (_row(session).status, _row(session).decided_by_id) == (ApprovalStatus.REFUSED, world.second.user_id)


def test_who_asked_may_think_better_of_it(session, world):
    pairing = world.pairing()
    world.confirm(pairing, **LOW)
    verdicts.return_for_completion(session, world.office, pairing, reason=REASON, note="请补正")
    assert _row(session).status is ApprovalStatus.WITHDRAWN


def test_after_seven_days_a_request_counts_no_more(session, world):
    pairing = world.pairing()
    world.confirm(pairing, **LOW)
    row = _row(session)
    row.expires_at = now() - timedelta(seconds=1)
    session.add(row)
    session.flush()
    assert world.confirm(pairing, world.second, **LOW) is Confirmation.NEEDS_SECOND, "the old one was not the first"
    statuses = session.exec(select(Approval.status).order_by(Approval.id)).all()
    assert statuses == [ApprovalStatus.EXPIRED, ApprovalStatus.REQUESTED]


def test_the_clock_expires_what_nobody_answered(session, world):
    world.confirm(world.pairing(), **LOW)
    assert approvals.expire_due(session, now()) == 0
    assert approvals.expire_due(session, now() + timedelta(days=7, seconds=1)) == 1
    assert _row(session).status is ApprovalStatus.EXPIRED


def _decided_earlier(session, world, number: int) -> None:
    for _ in range(number):
        demand = factories.make_financing_need(session, world.firm_row)
        pairing = factories.make_pairing(session, demand, world.supply, world.chain)
        verdicts.confirm(session, world.office, pairing, reason=REASON, hold_minutes=30)


def test_one_more_than_the_number_a_day_waits_for_a_second_official(session, world):
    _decided_earlier(session, world, 3)
    demand = factories.make_financing_need(session, world.firm_row)
    pairing = factories.make_pairing(session, demand, world.supply, world.chain)
    assert world.confirm(pairing, releases_per_day=3) is Confirmation.NEEDS_SECOND
    assert _row(session).why is ApprovalReason.NUMBER_A_DAY
    with pytest.raises(NotAllowed):
        world.confirm(pairing, releases_per_day=3)
    assert world.confirm(pairing, world.second, releases_per_day=3) is Confirmation.DONE


def test_in_bulk_what_passes_the_number_waits_too(session, world):
    pairings = []
    for _ in range(4):
        demand = factories.make_financing_need(session, world.firm_row)
        pairings.append(factories.make_pairing(session, demand, world.supply, world.chain).public_id)
    result = bulk_verdicts.decide(session, world.office, pairings, reason=REASON, hold_minutes=30, releases_per_day=3)
    assert result.winners == pairings[:3]
    assert [(lost.public_id, lost.why) for lost in result.losers] == [(pairings[3], Obstacle.SECOND_OFFICIAL)]
    assert _row(session).why is ApprovalReason.NUMBER_A_DAY


def test_of_two_second_officials_at_once_one_approves(session, engine, world):
    pairing = world.pairing()
    world.confirm(pairing, **LOW)
    others = [world.second, factories.make_actor(session, OrganizationKind.JOINT_OFFICE)]
    number = pairing.id
    session.commit()
    session.close()
    start, done = threading.Barrier(2), []

    def _confirm(actor) -> None:
        start.wait()
        try:
            with unit_of_work(engine) as own:
                row = own.get_one(Pairing, number)
                done.append(verdicts.confirm(own, actor, row, reason=REASON, hold_minutes=30, **LOW))
        except verdicts.StepNotAllowed:
            done.append(None)

    threads = [threading.Thread(target=_confirm, args=(actor,)) for actor in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done, key=str) == [None, Confirmation.DONE]
    with unit_of_work(engine) as own:
        row = own.exec(select(Approval)).one()
        assert row.status is ApprovalStatus.APPROVED
        assert row.decided_by_id != row.requested_by_id


def _told(session, event: str) -> set[int]:
    return set(session.exec(select(Notice.user_id).where(Notice.event == event)).all())


def test_whoever_may_be_second_is_told_and_who_asked_of_the_answer(session, world):
    pairing = world.pairing()
    stranger = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE)
    world.confirm(pairing, **LOW)
    told = _told(session, "second_official_asked")
    assert world.second.user_id in told
    assert told.isdisjoint({world.office.user_id, stranger.user_id})
    assert _told(session, "second_official_answered") == set()
    world.confirm(pairing, world.second, **LOW)
    assert _told(session, "second_official_answered") == {world.office.user_id}
