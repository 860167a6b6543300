"""Dual control: above an amount or a number a day a second and different official must agree."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from access.rules import NotAllowed
from models.approval import Approval
from models.audit_event import AuditEvent
from models.base import now
from models.notice import Notice
from models.organization import Organization, User
from models.outbox import OutboxMessage
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
from workflows.errors import StepNotAllowed
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


def test_a_request_says_who_asks_for_what_and_until_when(session, world):
    pairing = world.pairing()
    began = now()
    world.confirm(pairing, note="因" * 1001, **LOW)
    row = _row(session)
    assert (row.pairing_id, row.chain_id, row.note) == (pairing.id, world.chain.id, "因" * 1000)
    assert began + timedelta(days=7) <= row.expires_at <= now() + timedelta(days=7)
    line = session.exec(select(AuditEvent).where(AuditEvent.subject_kind == "approval")).one()
    assert (line.action, line.subject_id, line.chain_id) == ("approval_requested", row.id, world.chain.id)
    assert line.actor_user_id == world.office.user_id


def test_what_is_told_names_the_pair_and_the_people(session, world):
    pairing = world.pairing()
    colleague = factories.make_user(session, session.get_one(Organization, world.office.organization_id))
    asker = session.get_one(User, world.office.user_id)
    asker.language = "en"
    titles = {"demand": world.demand.title, "supply": world.supply.title}
    world.confirm(pairing, **LOW)
    asked = session.exec(select(Notice).where(Notice.event == "second_official_asked")).all()
    assert {notice.user_id for notice in asked} == {colleague.id, world.second.user_id}
    assert all(notice.values == {"asker": world.office.name, **titles} for notice in asked)
    assert {notice.pairing_id for notice in asked} == {pairing.id}
    world.confirm(pairing, world.second, **LOW)
    answer = {"decider": world.second.name, "answer": "approved", **titles}
    told = session.exec(select(Notice).where(Notice.event == "second_official_answered")).one()
    assert (told.user_id, told.values, told.pairing_id) == (asker.id, answer, pairing.id)
    mail = session.exec(select(OutboxMessage).where(OutboxMessage.template == "second_official_answered")).one()
    assert (mail.recipient, mail.language, mail.values, mail.pairing_id) == (asker.email, "en", answer, pairing.id)
    lines = session.exec(select(AuditEvent).where(AuditEvent.subject_kind == "approval")).all()
    assert [line.chain_id for line in lines] == [world.chain.id] * 2
    assert lines[-1].actor_user_id == world.second.user_id


@pytest.mark.parametrize(("above_wan", "is_second_needed"), [(499, True), (500, False), (501, False)])
def test_the_limit_itself_needs_nobody_else(session, world, above_wan, is_second_needed):
    done = world.confirm(world.pairing(), second_official_above_fen=above_wan * FEN_PER_WAN)
    assert (done is Confirmation.NEEDS_SECOND) is is_second_needed
    assert len(session.exec(select(Approval)).all()) == is_second_needed


def test_a_day_is_the_citys_and_holds_what_the_official_confirmed_and_did_not_take_back(session, world, monkeypatch):
    noon = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)  # in the city
    monkeypatch.setattr(approvals, "now", lambda: noon)
    own, other = world.office.user_id, world.second.user_id
    for decided_by_id, hours_ago, is_held in (
        (own, 11.9, True), (own, 0.5, True), (own, 12.1, True), (own, 24, True), (own, 36, True), (own, 1, False),
        (other, 1, True),
    ):  # fmt: skip
        at = noon - timedelta(hours=hours_ago)
        factories.make_pairing(
            session, factories.make_financing_need(session, world.firm_row), world.supply, world.chain,
            decided_by_id=decided_by_id, decided_at=at, hold_until=at if is_held else None,
        )  # fmt: skip
    for limit, expected in ((3, None), (2, ApprovalReason.NUMBER_A_DAY), (None, None)):
        assert approvals._limit_passed(session, world.office, 1, None, limit) is expected
    assert approvals._limit_passed(session, world.office, 2, 1, 2) is ApprovalReason.AMOUNT


def _requests(session, world, *statuses) -> list[Approval]:
    rows = []
    for status in statuses:
        need = factories.make_financing_need(session, world.firm_row)
        pairing = factories.make_pairing(session, need, world.supply, world.chain)
        rows.append(
            Approval(
                pairing_id=pairing.id, chain_id=world.chain.id, why=ApprovalReason.AMOUNT, status=status,
                requested_by_id=world.office.user_id, expires_at=now(), decided_by_id=world.second.user_id,
                decided_at=now(),
            )
        )  # fmt: skip
    session.add_all(rows)
    session.flush()
    return rows


def test_only_what_waits_expires_and_what_was_answered_meanwhile_is_passed_over(session, world, monkeypatch):
    approved, requested = ApprovalStatus.APPROVED, ApprovalStatus.REQUESTED
    answered, first, second, third = _requests(session, world, approved, requested, requested, requested)
    real = approvals.advance

    def _overtaken_once(session, actor, lifecycle, row, target, **values):
        if row is first:
            raise StepNotAllowed(noun="approval", current=approved, wanted=target)
        real(session, actor, lifecycle, row, target, **values)

    monkeypatch.setattr(approvals, "advance", _overtaken_once)
    assert approvals.expire_due(session, second.expires_at - timedelta(seconds=1)) == 0
    assert approvals.expire_due(session, third.expires_at) == 2
    expired = ApprovalStatus.EXPIRED
    assert [row.status for row in (answered, first, second, third)] == [approved, requested, expired, expired]
    lines = session.exec(select(AuditEvent).where(AuditEvent.subject_kind == "approval")).all()
    said = [(line.action, line.actor_name, line.chain_id) for line in lines]
    assert said == [("approval_expired", "system", world.chain.id)] * 2


def test_a_pairing_has_its_own_request_and_only_while_it_waits(session, world):
    pairing = world.pairing()
    (other,) = _requests(session, world, ApprovalStatus.REQUESTED)
    other.expires_at = now() + timedelta(days=1)
    session.flush()
    assert approvals.waiting_for(session, pairing) is None
    approvals.close(session, world.second, pairing)
    world.confirm(pairing, **LOW)
    row = session.exec(select(Approval).where(Approval.pairing_id == pairing.id)).one()
    assert approvals.waiting_for(session, pairing) is row
    verdicts.return_for_completion(session, world.office, pairing, reason=REASON, note="请补正")
    assert (row.status, other.status) == (ApprovalStatus.WITHDRAWN, ApprovalStatus.REQUESTED)
    assert approvals.waiting_for(session, pairing) is None
    line = session.exec(select(AuditEvent).where(AuditEvent.action == "approval_withdrawn")).one()
    assert (line.actor_user_id, line.chain_id) == (world.office.user_id, world.chain.id)


def test_an_old_request_makes_room_by_the_systems_hand_and_others_stay(session, world):
    pairing = world.pairing()
    other, answered = _requests(session, world, ApprovalStatus.REQUESTED, ApprovalStatus.REFUSED)
    answered.pairing_id = pairing.id
    world.confirm(pairing, **LOW)
    row = session.exec(select(Approval).where(Approval.pairing_id == pairing.id).order_by(Approval.id.desc())).first()
    row.expires_at = now() - timedelta(seconds=1)
    session.flush()
    world.confirm(pairing, world.second, **LOW)
    assert (row.status, other.status) == (ApprovalStatus.EXPIRED, ApprovalStatus.REQUESTED)
    line = session.exec(select(AuditEvent).where(AuditEvent.action == "approval_expired")).one()
    assert (line.subject_id, line.actor_name, line.chain_id) == (row.id, "system", world.chain.id)


def test_who_asked_for_a_second_official_is_told_so_by_name(session, world):
    pairing = world.pairing()
    world.confirm(pairing, **LOW)
    with pytest.raises(NotAllowed) as refused:
        world.confirm(pairing, **LOW)
    assert refused.value.what == "second_official"
