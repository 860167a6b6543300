"""Huey: it wakes workers. What is to be done stands in our own rows, since a queue forgets what it handed to a process
that was killed; whatever it forgets or says twice does no harm."""

import logging
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

from huey import Huey, PostgresHuey, SqliteHuey
from huey.consumer import Consumer, Scheduler
from huey.serializer import SignedSerializer
from sqlalchemy import Engine, inspect, text

from jobs.runner import Runner

LOOK_SECONDS = 2
PULSE_SECONDS = 20
_NAME = "lianrong"
SCHEMA = "huey"
"""Of its tables in PostgreSQL, where migrations do not look."""
FILE = "huey.sqlite3"


def make_huey(engine: Engine, data_dir: Path, secret: str) -> Huey:
    """A queue beside the database: a file of its own for SQLite, a schema of its own in PostgreSQL.

    Messages are pickled, so they are signed: what this installation did not write is not read.
    """
    common: dict[str, Any] = {"results": False, "serializer": SignedSerializer(secret=secret, salt="lianrong jobs")}
    if engine.dialect.name == "sqlite":
        data_dir.mkdir(parents=True, exist_ok=True)
        return SqliteHuey(_NAME, filename=str(data_dir / FILE), fsync=False, **common)
    if SCHEMA not in inspect(engine).get_schema_names():  # asked first: the right to create is needed once
        with engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    dsn = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return PostgresHuey(_NAME, dsn=dsn, options=f"-c search_path={SCHEMA}", **common)


def wire(
    huey: Huey,
    runner: Runner,
    pulse: Callable[[], Any],
    *,
    look_seconds: float = LOOK_SECONDS,
    pulse_seconds: float = PULSE_SECONDS,
) -> None:
    """Give a queue its three tasks: look for what is due, do one job, and the pulse.

    Looking and the pulse do not queue behind jobs: a dead worker's job would wait, and mail, for all that was told.
    """

    @huey.task(name="run_job")
    def run_job(job_id: int) -> None:
        runner.run(job_id)

    @huey.periodic_task(_every(look_seconds), name="look", expires=10, priority=1)
    def look() -> None:
        for job_id in runner.look():
            run_job(job_id)

    @huey.periodic_task(_every(pulse_seconds), name="pulse", expires=60, priority=1)
    def beat() -> None:
        pulse()


def _every(seconds: float) -> Callable[[Any], bool]:
    """Whether it is time again, by a clock that nobody sets."""
    last = float("-inf")

    def is_time(_at: Any) -> bool:
        nonlocal last
        if monotonic() - last < seconds - 0.1:
            return False
        last = monotonic()
        return True

    return is_time


class _Scheduler(Scheduler):
    periodic_task_seconds = 1


class JobConsumer(Consumer):
    """Threads that do jobs, and between them look, and send mail."""

    scheduler_class = _Scheduler


class EmbeddedConsumer(JobConsumer):
    """The same inside the server of `python app.py`, whose signals are its own."""

    def _set_signal_handlers(self) -> None:
        pass


def make_consumer(huey: Huey, *, threads: int, is_embedded: bool) -> JobConsumer:
    """Not started yet. A separate worker ends gently on SIGTERM: it waits 20 s for what runs."""
    logging.getLogger("huey").setLevel(logging.WARNING)
    kind = EmbeddedConsumer if is_embedded else JobConsumer
    return kind(huey, workers=threads, worker_type="thread", max_delay=1.0, graceful_signal="TERM", shutdown_timeout=20)
