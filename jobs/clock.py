"""The clock of the one-process server: due messages, due introductions, the nightly work."""

import logging
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Engine

log = logging.getLogger(__name__)
Job = Callable[[Engine], Any]

TICK_SECONDS = 20


def run_clock(
    engine: Engine,
    stop: threading.Event,
    *,
    every_tick: tuple[Job, ...],
    every_day: tuple[Job, ...],
    today: Callable[[], date],
) -> None:
    """Run jobs until `stop` is set. A job that fails is logged and tried again at its next turn."""
    last_day: date | None = None
    while not stop.is_set():
        for job in every_tick:
            _run(job, engine)
        if today() != last_day:
            last_day = today()
            for job in every_day:
                _run(job, engine)
        stop.wait(TICK_SECONDS)


def _run(job: Job, engine: Engine) -> None:
    try:
        job(engine)
    except Exception:  # the loop of a job: log the item and go on
        log.exception("job %s failed", getattr(job, "__name__", job))
