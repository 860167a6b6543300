"""Drift in words: a unit taken for another is named with its field, chance is not told, and what is gone is ended."""

from datetime import timedelta

import pytest
from sqlmodel import select

from models.base import now
from models.drift_alarm import DriftAlarm
from models.financing_need import FinancingNeed
from models.notice import Notice
from models.recommendation import RecommendationRun
from tests.factories import (
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_pairing,
    make_user,
)
from vocabulary.classifications import DeclineReason, Market
from vocabulary.drift import DriftField, DriftKind
from vocabulary.lifecycles import PairingStatus, RunStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind
from workflows import drift
from workflows.calendar import today


@pytest.fixture
def firm(session):
    return make_organization(session)


def needs(session, firm, n, *, days_ago, **values):
    """Needs of some days ago, of 400 to 600 (10,000 yuan) unless said otherwise."""
    for number in range(n):
        row = make_financing_need(session, firm, **{"amount_fen": (400 + 10 * (number % 20)) * FEN_PER_WAN} | values)
        row.created_at = now() - timedelta(days=days_ago + number % 3)
    session.flush()


def test_wan_filed_as_yuan_raises_one_alarm_that_names_the_field_and_is_told_to_the_joint_office(session, engine, firm):
    lead = make_user(session, make_organization(session, OrganizationKind.JOINT_OFFICE))
    needs(session, firm, 30, days_ago=20)
    needs(session, firm, 12, days_ago=0, amount_fen=500 * 100)
    session.commit()
    for _ in range(2):
        drift.watch(engine, on=today())
    (alarm,) = session.exec(select(DriftAlarm)).all()
    assert (alarm.kind, alarm.subject) == (DriftKind.MEDIAN, DriftField.NEED_AMOUNT)
    assert alarm.after / alarm.before == pytest.approx(1e-4, rel=0.2)
    assert session.exec(select(Notice.user_id, Notice.event)).all() == [(lead.id, "drift_found")]


def test_rows_as_always_raise_nothing(session, firm):
    needs(session, firm, 30, days_ago=20)
    needs(session, firm, 12, days_ago=0)
    assert drift.find(session, on=today()) == []


def test_an_alarm_ends_when_the_rows_are_as_before_again(session, engine, firm):
    needs(session, firm, 30, days_ago=20)
    needs(session, firm, 12, days_ago=0, amount_fen=500 * 100)
    session.commit()
    drift.watch(engine, on=today())
    for need in session.exec(select(FinancingNeed)):
        need.amount_fen = 500 * FEN_PER_WAN
        session.add(need)
    session.commit()
    drift.watch(engine, on=today())
    session.expire_all()
    assert session.exec(select(DriftAlarm.ended_on)).all() == [today()]


def test_a_figure_that_nobody_files_any_more_is_told_and_few_rows_are_not(session, firm):
    needs(session, firm, 30, days_ago=20, max_annual_rate_bps=450)
    needs(session, firm, 9, days_ago=0)
    assert drift.find(session, on=today()) == []
    needs(session, firm, 3, days_ago=0)
    (found,) = drift.find(session, on=today())
    assert (found.kind, found.subject, found.before, found.after) == (DriftKind.UNKNOWN, DriftField.NEED_RATE, 0.0, 1.0)


def test_a_reason_that_takes_over_among_the_declines_is_told(session, firm):
    chain, bank = make_chain(session), make_organization(session, OrganizationKind.BANK)
    for number in range(36):
        is_late = number >= 24
        make_pairing(
            session, make_financing_need(session, firm), make_loan_product(session, bank), chain,
            status=PairingStatus.DECLINED, status_changed_at=now() - timedelta(days=1 if is_late else 60),
            decline_reason=DeclineReason.DEBT_TOO_HIGH if is_late or number % 12 == 0 else DeclineReason.OTHER,
        )  # fmt: skip
    subjects = {found.subject for found in drift.find(session, on=today()) if found.kind is DriftKind.REFUSALS}
    assert subjects == {DeclineReason.DEBT_TOO_HIGH, DeclineReason.OTHER}


def test_a_night_that_recommends_half_of_what_others_did_is_told(session):
    for n_recommended in (100, 110, 90, 105, 40):
        session.add(
            RecommendationRun(
                market=Market.FINANCE, settings={}, settings_fingerprint="f", status=RunStatus.FINISHED,
                finished_at=now(), n_pairs=1_000, n_recommended=n_recommended,
            )
        )  # fmt: skip
        session.flush()
    (found,) = drift.find(session, on=today())
    assert (found.kind, found.subject, found.after) == (DriftKind.COVERAGE, Market.FINANCE, 0.04)
