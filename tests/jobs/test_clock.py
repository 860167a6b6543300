"""The clock goes on whatever a job does."""

import threading
from datetime import date

from jobs.clock import run_jobs


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
