"""The clock goes on whatever a job does."""

import threading
from datetime import date

import pytest

from jobs import clock
from jobs.clock import run_jobs
from workflows.ledger_anchors import Seal


def test_a_failing_job_does_not_stop_the_others_and_daily_jobs_run_once_a_day():
    stop = threading.Event()
    ran: list[str] = []
    days = iter([date(2026, 5, 1), date(2026, 5, 1), *[date(2026, 5, 2)] * 20])

    def fail() -> None:
        raise RuntimeError("on purpose")

    def tick() -> None:
        ran.append("tick")
        if ran.count("tick") == 4:
            stop.set()

    run_jobs(
        stop, every_tick=(fail, tick), every_day=(fail, lambda: ran.append("day")), seconds=0, day=lambda: next(days)
    )
    assert ran.count("tick") == 4
    assert ran.count("day") == 1


@pytest.mark.parametrize("is_night", [True, False], ids=["every night", "at the start"])
def test_cases_are_followed_up(engine, monkeypatch, tmp_path, is_night):
    """At the start too: a server that is down at midnight, or restarted every night, misses no case."""
    looked: list[object] = []
    monkeypatch.setattr(clock, "follow_up", lambda engine, _at: looked.append(engine))
    monkeypatch.setattr(clock.recommendations, "refresh_all", lambda *_arguments, **_values: None)
    monkeypatch.setattr(clock.recommendations, "warm_up", lambda: None)
    stop = threading.Event()
    stop.set()
    if is_night:
        clock.night(engine)
    else:
        clock.run_clock(engine, lambda *_arguments: None, stop, 8, Seal(tmp_path / "anchors.jsonl", "key"))
    assert looked == [engine]
