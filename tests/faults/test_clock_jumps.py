"""The clock of the server is set a day forward, an hour back: nothing ends late, turns round or is shown below zero."""

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from sqlmodel import col, select

from access.actor import SYSTEM
from jobs.clock import tick
from models.audit_event import AuditEvent
from models.base import now
from models.organization import UserSession
from models.session import open_session, unit_of_work
from tests.accounts.test_second_factor import KEY, _enrol
from tests.factories import make_actor, make_organization, make_user
from tests.faults.walks import sign_in_one_of_each, walk
from vocabulary.audit_actions import AuditAction
from vocabulary.roles import OrganizationKind
from workflows import second_factor
from workflows.audit import record
from workflows.ledger_anchors import Seal, drop_anchor
from workflows.ledger_check import verify
from workflows.second_factor import WrongCode

START = datetime(2026, 11, 25, 2, 0, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at(moment: datetime) -> time_machine.travel:
    return time_machine.travel(moment, tick=False)


def test_the_ledger_counts_on_whatever_the_clock_says(engine, tmp_path):
    seal = Seal(tmp_path / "anchors.jsonl", "a key")
    for jump in (timedelta(), DAY, -HOUR, timedelta(minutes=1), -DAY, timedelta()):
        with at(START + jump):
            with unit_of_work(engine) as session:
                for n in range(3):
                    record(session, SYSTEM, AuditAction.POSTING_EDITED, subject_kind="demand", subject_id=n)
            drop_anchor(engine, seal)
    with open_session(engine, read_only=True) as session:
        rows = session.exec(select(AuditEvent).order_by(col(AuditEvent.id))).all()
    assert [row.id for row in rows] == list(range(1, 19))
    assert [row.previous_hash for row in rows[1:]] == [row.hash for row in rows[:-1]]
    times = [row.created_at for row in rows]
    assert times != sorted(times), "void: the clock went forward only"
    assert verify(engine, seal).is_whole


@pytest.fixture
def client(session, sign_in_as):
    with at(START):
        client = sign_in_as(make_user(session, make_organization(session)))
        with client.session_transaction() as cookie:
            cookie.permanent = True  # the cookie is dated anew by each request, as after a real signing in
        return client


def _is_in(client, moment: datetime) -> bool:
    with at(moment):
        return client.get("/inbox/").status_code == 200


def test_no_session_outlasts_twelve_hours_however_busy(client):
    assert all(_is_in(client, START + timedelta(minutes=50) * n) for n in range(15))
    assert not _is_in(client, START + 12 * HOUR + timedelta(minutes=1))


def test_a_day_ahead_and_an_hour_back_end_what_was_opened_before(client):
    assert _is_in(client, START + timedelta(minutes=5))
    assert not _is_in(client, START + timedelta(minutes=5) - HOUR)
    assert not _is_in(client, START + DAY)


@pytest.mark.parametrize("is_looked_after", [True, False])
def test_what_was_opened_under_a_clock_a_day_ahead_does_not_wait_for_that_day(
    engine, session, sign_in_as, is_looked_after
):
    """Without the worker's look it would: the test of the test."""
    with at(START + DAY):
        client = sign_in_as(make_user(session, make_organization(session)))
    assert not _is_in(client, START)
    if is_looked_after:
        tick(engine, lambda *_message: None, START)
        with open_session(engine, read_only=True) as own:
            assert own.exec(select(UserSession)).one().ended_at == START
    assert _is_in(client, START + DAY + timedelta(minutes=1)) is not is_looked_after


def test_a_clock_a_little_off_ends_no_session(engine, client):
    tick(engine, lambda *_message: None, START - timedelta(minutes=5))
    assert _is_in(client, START + timedelta(minutes=1))


def test_codes_are_good_for_a_step_before_and_after_by_the_clock_there_is_and_never_twice(session):
    actor = make_actor(session, OrganizationKind.BANK)
    with at(START):
        secret, spare = _enrol(session, actor)
    totp = pyotp.TOTP(secret)

    def opens(moment: datetime, code: str) -> bool:
        with at(moment):
            try:
                second_factor.check(session, actor.user_id, key=KEY, code=code)
            except WrongCode:
                return False
            return True

    step = timedelta(seconds=30)
    assert not opens(START, totp.at(START - 2 * step))
    assert not opens(START, totp.at(START + 2 * step))
    assert [opens(START, totp.at(START + n * step)) for n in (-1, 0, 1)] == [True, True, True]
    # Set back, no code is good that came before the last one used; a spare code is.
    assert not opens(START - HOUR, totp.at(START - HOUR))
    assert opens(START - HOUR, spare[0])
    assert not opens(START + DAY, totp.at(START))
    assert opens(START + DAY, totp.at(START + DAY))


UNIT = r"\s*(?:个?小时|分钟|秒|毫秒|天|日|周|个月|(?:hours?|minutes?|min|seconds?|s|ms|days?|weeks?|months?)\b)"
DURATION = re.compile(r"(?<![\w.,–-])\d[\d.,]*" + UNIT)
BELOW_ZERO = re.compile(r"(?<![\w.,)%–-])(?<!\d )[-−]\s?\d[\d.,]*" + UNIT)


def test_what_is_below_zero_is_known_from_a_range():
    below = ("已等 -3 天", "(−1 小时)", "waited -2 days", "用时 -0.4 秒", ": -12 min")
    others = ("3-5 天", "3 - 5 天", "3 个月 – 36 个月", "2026-11-25 日", "A-3 days", "1–2 小时", "100%-3 天")
    assert [bool(BELOW_ZERO.search(text)) for text in below] == [True] * len(below)
    assert [bool(BELOW_ZERO.search(text)) for text in others] == [False] * len(others)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("demo_world")
def test_no_page_shows_a_duration_below_zero_after_the_clock_was_set_back(built_app, demo_database):
    engine = demo_database.copy()
    built_app.extensions["engine"] = engine
    made = now()
    shown, below = 0, set()
    for jump in (-HOUR, -DAY):
        with at(made + jump):
            for token in sign_in_one_of_each(engine, f" {jump}").values():
                for url, page in walk(built_app, token, 30).items():
                    text = re.sub(r"<[^>]*>", " ", page)
                    shown += len(DURATION.findall(text))
                    below |= {(url, found[0]) for found in BELOW_ZERO.finditer(text)}
    engine.dispose()
    assert below == set()
    assert shown >= 100, "void: hardly a duration was shown"
