"""What is due of a case and when: counted from the introduction or the step that began the stage."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from pydantic import ValidationError

from models.pairing import Pairing
from tests.case_worlds import make_case_world
from vocabulary.case_clocks import ClockStage, ReminderLevel
from vocabulary.classifications import CaseStepKind, Market
from vocabulary.money import FEN_PER_WAN
from workflows import cases, clocks, pairings
from workflows.calendar import ANNOUNCED
from workflows.clocks import ClockLimits, Due, levels_reached

_K = CaseStepKind
MORNING = datetime(2026, 9, 29, 2, 0, tzinfo=UTC)
"""Ten o'clock in Hengyang, two days before National Day."""


def due_of(pairing: Pairing) -> tuple:
    return pairing.due_stage, pairing.due_on, pairing.due_is_stated, pairing.due_is_provisional


def step(session, world, kind, day, **values):
    return cases.record_step(session, world.by_handler, world.pairing, kind=kind, happened_on=day, **values)


@pytest.fixture
def autumn():
    """A day on which everything below has happened."""
    with time_machine.travel(datetime(2026, 11, 25, 2, 0, tzinfo=UTC), tick=False):
        yield


@pytest.mark.parametrize(
    ("introduced_at", "expected"),
    [
        (MORNING, date(2026, 9, 30)),
        (datetime(2026, 9, 29, 16, 0, tzinfo=UTC), date(2026, 10, 8)),  # midnight in the city: the 30th already
        (datetime(2026, 10, 2, 2, 0, tzinfo=UTC), date(2026, 10, 8)),  # within the holiday
    ],
)
def test_the_first_contact_is_due_one_working_day_after_the_introduction(session, introduced_at, expected):
    pairing = make_case_world(session, introduced_at=introduced_at).pairing
    assert due_of(pairing) == (ClockStage.CONTACT, expected, False, False)


def test_each_step_winds_the_clock_of_the_next_stage(session, autumn):
    world = make_case_world(session, introduced_at=MORNING)
    step(session, world, _K.CONTACT, date(2026, 9, 29))
    assert due_of(world.pairing) == (ClockStage.VISIT, date(2026, 10, 12), False, False)
    step(session, world, _K.VISIT, date(2026, 10, 12))
    assert due_of(world.pairing) == (ClockStage.DECISION, date(2026, 11, 23), False, False)
    step(session, world, _K.DUE_DILIGENCE, date(2026, 11, 20))
    assert world.pairing.due_on == date(2026, 11, 23), "looking closer does not wind the clock of the decision back"
    step(session, world, _K.CREDIT_GRANTED, date(2026, 11, 23), amount_fen=500 * FEN_PER_WAN)
    assert due_of(world.pairing) == (ClockStage.DELIVERY, None, False, False)
    step(session, world, _K.DISBURSED, date(2026, 11, 24), amount_fen=200 * FEN_PER_WAN)
    assert due_of(world.pairing) == (None, None, False, False)


def test_the_supply_ladder_has_the_same_clocks(session, autumn):
    world = make_case_world(session, introduced_at=MORNING, market=Market.SUPPLY)
    step(session, world, _K.NEGOTIATION, date(2026, 9, 29))
    assert due_of(world.pairing)[:2] == (ClockStage.VISIT, date(2026, 10, 12))
    step(session, world, _K.SAMPLE, date(2026, 10, 12))
    assert due_of(world.pairing)[:2] == (ClockStage.DECISION, date(2026, 11, 23))
    step(session, world, _K.TRIAL_ORDER, date(2026, 11, 2), amount_fen=FEN_PER_WAN)
    assert due_of(world.pairing)[:2] == (ClockStage.DELIVERY, None)


def test_a_day_the_bank_states_comes_first_and_is_marked(session, autumn):
    world = make_case_world(session, introduced_at=MORNING)
    step(session, world, _K.CONTACT, date(2026, 9, 29), next_step_due_on=date(2026, 10, 20))
    assert due_of(world.pairing) == (ClockStage.VISIT, date(2026, 10, 20), True, False)


def test_a_correction_winds_the_clock_anew_and_an_old_steps_correction_does_not_hide_the_last(session, autumn):
    world = make_case_world(session, introduced_at=MORNING)
    contact = step(session, world, _K.CONTACT, date(2026, 9, 29), next_step_due_on=date(2026, 10, 9))
    step(session, world, _K.VISIT, date(2026, 10, 9))
    cases.correct_step(
        session, world.by_handler, contact, happened_on=date(2026, 9, 30), next_step_due_on=date(2026, 10, 10)
    )
    assert due_of(world.pairing) == (ClockStage.DECISION, date(2026, 11, 19), False, False)


def test_a_decision_into_a_year_without_holiday_data_is_provisional(session, autumn):
    world = make_case_world(session, introduced_at=datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
    step(session, world, _K.VISIT, date(2026, 11, 24), skipped_reason="老客户")
    assert due_of(world.pairing) == (ClockStage.DECISION, date(2027, 1, 5), False, True)
    assert clocks.years_guessed(ANNOUNCED, date(2026, 11, 25)) == [2027]
    assert clocks.years_guessed(ANNOUNCED, date(2026, 9, 1)) == []


def test_nothing_is_due_of_a_case_that_ended(session, autumn):
    world = make_case_world(session, introduced_at=MORNING)
    pairings.withdraw(session, world.by_signatory, world.pairing)
    assert clocks.set_due(session, world.pairing) is None
    assert due_of(world.pairing) == (None, None, False, False)


def test_limits_can_be_set_and_senseless_ones_are_refused(session, monkeypatch):
    monkeypatch.setenv("LIANRONG_CONTACT_DAYS", "3")
    pairing = make_case_world(session, introduced_at=MORNING).pairing
    assert clocks.due(pairing, [], ClockLimits(), ANNOUNCED) == Due(ClockStage.CONTACT, date(2026, 10, 9))
    monkeypatch.setenv("LIANRONG_CONTACT_DAYS", "0")
    with pytest.raises(ValidationError):
        ClockLimits()
    monkeypatch.setenv("LIANRONG_CONTACT_DAYS", "1")
    monkeypatch.setenv("LIANRONG_JOINT_OFFICE_AFTER_DAYS", "1")
    monkeypatch.setenv("LIANRONG_CHAIN_OFFICE_AFTER_DAYS", "2")
    with pytest.raises(ValidationError):
        ClockLimits()


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 9, 29), []),
        (date(2026, 9, 30), [ReminderLevel.HANDLER]),  # the working day before the 8th
        (date(2026, 10, 8), [ReminderLevel.HANDLER]),
        (date(2026, 10, 9), [ReminderLevel.HANDLER, ReminderLevel.CHAIN_OFFICE]),
        (date(2026, 10, 14), [ReminderLevel.HANDLER, ReminderLevel.CHAIN_OFFICE]),
        (date(2026, 10, 15), list(ReminderLevel)),  # the sixth after 9, 10 (made up), 12, 13 and 14 October
    ],
)
def test_who_is_told_goes_up_with_the_working_days(on, expected):
    rules = ClockLimits(joint_office_after_days=6)
    assert levels_reached(date(2026, 10, 8), on, rules, ANNOUNCED) == expected
