"""The daily look at cases: everybody is told once, in time, and a stopped run loses nothing."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import select

from jobs import follow_up as job
from jobs.follow_up import follow_up
from models.audit_event import AuditEvent
from models.base import now
from models.organization import Membership
from models.outbox import OutboxMessage
from models.pairing import CaseReminder, Pairing
from models.session import open_session, unit_of_work
from tests import factories
from tests.case_worlds import make_case_world
from vocabulary.case_clocks import ClockStage, ReminderLevel
from vocabulary.lifecycles import PairingStatus

INTRODUCED = datetime(2026, 9, 30, 2, 0, tzinfo=UTC)
"""The day before National Day: the first contact is due on 8 October."""


def at(month: int, day: int) -> datetime:
    """Half past midnight in the city: still the day before in Greenwich."""
    return datetime(2026, month, day - 1, 16, 30, tzinfo=UTC)


def told(engine) -> list[tuple]:
    with open_session(engine, read_only=True) as session:
        rows = session.exec(select(CaseReminder).order_by(CaseReminder.id)).all()
        return [(row.level, row.stage, row.due_on) for row in rows]


def mails(engine) -> list[tuple[str, str]]:
    with open_session(engine, read_only=True) as session:
        return [(row.recipient, row.template) for row in session.exec(select(OutboxMessage).order_by(OutboxMessage.id))]


def actions(engine) -> list[str]:
    with open_session(engine, read_only=True) as session:
        return list(session.exec(select(AuditEvent.action).order_by(AuditEvent.id)))


@pytest.fixture
def world(session):
    found = make_case_world(session, introduced_at=INTRODUCED)
    session.commit()
    return found


def test_the_handler_is_reminded_before_the_day_then_the_chains_office_then_the_joint_office(engine, world):
    assert follow_up(engine, at(9, 29)) == 0
    assert follow_up(engine, at(9, 30)) == 1
    assert follow_up(engine, at(10, 8)) == 0
    assert follow_up(engine, at(10, 9)) == 1
    assert follow_up(engine, at(10, 14)) == 1
    due = (ClockStage.CONTACT, date(2026, 10, 8))
    assert told(engine) == [
        (ReminderLevel.HANDLER, *due), (ReminderLevel.CHAIN_OFFICE, *due), (ReminderLevel.JOINT_OFFICE, *due),
    ]  # fmt: skip
    assert mails(engine) == [
        (world.handler.email, "case_due"), (world.official.email, "case_overdue"),
        (world.coordinator.email, "case_overdue"),
    ]  # fmt: skip
    assert actions(engine) == [
        "case_reminded", "case_escalated_to_chain_office", "case_escalated_to_joint_office",
    ]  # fmt: skip


def test_a_second_run_the_same_night_tells_nobody(engine, world):
    assert follow_up(engine, at(10, 9)) == 2
    before = told(engine), mails(engine), actions(engine)
    assert follow_up(engine, at(10, 9)) == 0
    assert (told(engine), mails(engine), actions(engine)) == before


def test_a_run_stopped_in_the_middle_of_a_case_leaves_nothing_half_done(engine, world, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(*_arguments, **_values):
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr("workflows.reminders.queue_to_members", kill)
        with pytest.raises(Killed):
            follow_up(engine, at(10, 9))
    assert (told(engine), mails(engine), actions(engine)) == ([], [], [])
    assert follow_up(engine, at(10, 9)) == 2


def test_one_case_that_fails_does_not_stop_the_others(engine, session, world, monkeypatch):
    other = make_case_world(session, introduced_at=INTRODUCED)
    session.commit()
    real = job.remind

    def fail_for_the_first(session, pairing, *, on):
        if pairing.id == world.pairing.id:
            raise RuntimeError("on purpose")
        return real(session, pairing, on=on)

    monkeypatch.setattr(job, "remind", fail_for_the_first)
    assert follow_up(engine, at(9, 30)) == 1
    assert mails(engine) == [(other.handler.email, "case_due")]


def test_a_night_that_was_missed_is_made_good_at_once(engine, world):
    assert follow_up(engine, at(10, 30)) == 3


def test_without_a_handler_or_after_the_handler_left_every_member_of_the_bank_is_told(engine, session, world):
    colleague = factories.make_user(session, world.counterpart)
    membership = session.exec(select(Membership).where(Membership.user_id == world.handler.id)).one()
    membership.ended_at = now()
    session.add(membership)
    session.commit()
    follow_up(engine, at(9, 30))
    assert mails(engine) == [(colleague.email, "case_due")]


def test_a_new_due_day_is_a_new_term(engine, world):
    follow_up(engine, at(10, 9))
    with unit_of_work(engine) as session:
        pairing = session.get_one(Pairing, world.pairing.id)
        pairing.introduced_at = datetime(2026, 10, 19, 2, 0, tzinfo=UTC)
        session.add(pairing)
    assert follow_up(engine, at(10, 19)) == 1
    assert told(engine)[-1] == (ReminderLevel.HANDLER, ClockStage.CONTACT, date(2026, 10, 20))


def test_due_days_are_counted_again_so_that_a_new_calendar_or_limit_counts(engine, world):
    with unit_of_work(engine) as session:
        pairing = session.get_one(Pairing, world.pairing.id)
        pairing.due_on, pairing.due_is_provisional = date(2026, 10, 1), True
        session.add(pairing)
    assert follow_up(engine, at(9, 29)) == 0
    with open_session(engine, read_only=True) as session:
        pairing = session.get_one(Pairing, world.pairing.id)
        assert (pairing.due_on, pairing.due_is_provisional) == (date(2026, 10, 8), False)


def test_a_case_that_ended_tells_nobody(engine, session, world):
    world.pairing.status = PairingStatus.FULFILLED
    session.add(world.pairing)
    session.commit()
    assert follow_up(engine, at(10, 30)) == 0


def test_no_figure_and_no_name_of_a_firm_goes_into_the_mail(engine, world):
    follow_up(engine, at(10, 30))
    with open_session(engine, read_only=True) as session:
        for message in session.exec(select(OutboxMessage)).all():
            assert set(message.values) == {"demand", "supply", "market", "stage", "due_on", "is_late"}
