"""The two ladders to their ends: order, dates, sums, renewals."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from access.lists.case_progress import progress
from tests.case_worlds import make_case_world
from vocabulary.classifications import CaseStepKind, Market
from vocabulary.lifecycles import PairingStatus
from vocabulary.money import FEN_PER_WAN
from workflows import cases
from workflows.errors import NotComplete

_K = CaseStepKind
INTRODUCED = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _autumn():
    with time_machine.travel(datetime(2026, 11, 25, 2, 0, tzinfo=UTC), tick=False):
        yield


def step(session, world, kind, day, wan=None, **values):
    amount = wan * FEN_PER_WAN if wan else None
    return cases.record_step(
        session, world.by_handler, world.pairing, kind=kind, happened_on=day, amount_fen=amount, **values
    )


def lent(session):
    """A loan from the first call to the second disbursement."""
    world = make_case_world(session, introduced_at=INTRODUCED)
    step(session, world, _K.CONTACT, date(2026, 3, 3))
    step(session, world, _K.VISIT, date(2026, 3, 9))
    step(session, world, _K.DUE_DILIGENCE, date(2026, 3, 20))
    step(session, world, _K.CREDIT_GRANTED, date(2026, 4, 1), 500)
    step(session, world, _K.DISBURSED, date(2026, 4, 8), 200)
    return world


def test_a_renewal_is_recorded_after_the_case_is_fulfilled(session):
    world = lent(session)
    assert world.pairing.status is PairingStatus.FULFILLED
    step(session, world, _K.RENEWED, date(2026, 11, 20), 300)
    step(session, world, _K.RENEWED, date(2026, 11, 24), 100)
    assert world.pairing.status is PairingStatus.FULFILLED
    assert progress(session, world.pairing, for_office=False).sums[_K.RENEWED] == 400 * FEN_PER_WAN


def test_credit_and_disbursement_are_two_figures(session):
    world = lent(session)
    step(session, world, _K.DISBURSED, date(2026, 5, 8), 50)
    assert progress(session, world.pairing, for_office=False).sums == {
        _K.CREDIT_GRANTED: 500 * FEN_PER_WAN, _K.DISBURSED: 250 * FEN_PER_WAN,
    }  # fmt: skip


def test_a_frame_agreement_comes_after_the_trial_order_and_the_volume_order_fulfils(session):
    world = make_case_world(session, introduced_at=INTRODUCED, market=Market.SUPPLY)
    for kind, day, wan, status in (
        (_K.NEGOTIATION, 3, None, PairingStatus.IN_PROGRESS),
        (_K.SAMPLE, 10, None, PairingStatus.IN_PROGRESS),
        (_K.TRIAL_ORDER, 12, 5, PairingStatus.AGREED),
        (_K.FRAME_AGREEMENT, 20, 300, PairingStatus.AGREED),
        (_K.VOLUME_ORDER, 25, 80, PairingStatus.FULFILLED),
    ):
        step(session, world, kind, date(2026, 3, day), wan)
        assert world.pairing.status is status, kind


def test_skipping_a_step_asks_why(session):
    world = make_case_world(session, introduced_at=INTRODUCED)
    with pytest.raises(NotComplete) as refused:
        step(session, world, _K.VISIT, date(2026, 3, 3))
    assert refused.value.problems == {"skipped_reason": "required"}
    assert step(session, world, _K.VISIT, date(2026, 3, 3), skipped_reason="路演上已联系").id


def test_a_decision_dated_before_the_visit_names_the_visit_at_the_field(session):
    world = make_case_world(session, introduced_at=INTRODUCED)
    step(session, world, _K.CONTACT, date(2026, 3, 3))
    step(session, world, _K.VISIT, date(2026, 3, 9))
    with pytest.raises(NotComplete) as refused:
        step(session, world, _K.CREDIT_GRANTED, date(2026, 3, 8), 500, skipped_reason="老客户")
    assert refused.value.problems == {"happened_on": "before_kind:visit"}
    assert step(session, world, _K.CREDIT_GRANTED, date(2026, 3, 9), 500, skipped_reason="老客户").id


def test_a_correction_may_not_move_the_visit_behind_the_decision_nor_the_decision_before_it(session):
    world = make_case_world(session, introduced_at=INTRODUCED)
    step(session, world, _K.CONTACT, date(2026, 3, 3))
    visit = step(session, world, _K.VISIT, date(2026, 3, 9))
    step(session, world, _K.DUE_DILIGENCE, date(2026, 3, 20))
    granted = step(session, world, _K.CREDIT_GRANTED, date(2026, 4, 1), 500)
    for found, day, problem in (
        (visit, date(2026, 4, 2), "after_kind:credit_granted"),
        (visit, date(2026, 3, 2), "before_kind:contact"),
        (granted, date(2026, 3, 10), "before_kind:due_diligence"),
    ):
        with pytest.raises(NotComplete) as refused:
            cases.correct_step(session, world.by_handler, found, happened_on=day, amount_fen=found.amount_fen)
        assert refused.value.problems == {"happened_on": problem}
    moved = cases.correct_step(session, world.by_handler, visit, happened_on=date(2026, 3, 12))
    assert moved.happened_on == date(2026, 3, 12)


def test_a_voided_visit_no_longer_holds_the_decision_back(session):
    world = make_case_world(session, introduced_at=INTRODUCED)
    visit = step(session, world, _K.VISIT, date(2026, 3, 20), skipped_reason="老客户")
    cases.correct_step(session, world.by_handler, visit, happened_on=visit.happened_on, is_void=True)
    assert step(session, world, _K.CREDIT_GRANTED, date(2026, 3, 9), 500, skipped_reason="老客户").id
