"""A worker that is killed loses nothing and doubles nothing; and the harness that shows it can fail."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func
from sqlmodel import select

from access.actor import SYSTEM
from jobs.outbox import send_due
from models.base import now
from models.job import Job
from models.notice import Notice
from models.session import open_session, unit_of_work
from tests import factories
from tests.jobs.killed_worker import SILENCE_S, logger
from vocabulary.jobs import LIVE_JOB, JobKind, JobStatus
from workflows import jobs

ROOT = Path(__file__).parents[2]
_KINDS = (JobKind.POLICY, JobKind.REPORT, JobKind.CLEANING)
"""Training has its lane; mail and imports go side by side."""
_PICKED_UP_S = 30
_ENDS_S = 60
_STANDSTILL_S = 45
"""Without any progress for so long, nothing will come any more."""


class Void(Exception):
    """The load did not happen, so nothing was shown."""


@dataclass
class Trial:
    """What happened: times a job was killed while it ran, when, and when the dead attempt was given up."""

    kills: int = 0
    hits: int = 0
    deaths: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    """Seconds until each dead attempt was given up."""
    killed_at: dict[tuple[int, int], float] = field(default_factory=dict)
    freed_at: dict[tuple[int, int], float] = field(default_factory=dict)

    def note(self, running: set[tuple[int, int]]) -> None:
        """See which attempts of dead workers are not running any more."""
        for attempt in self.killed_at.keys() - running - self.freed_at.keys():
            self.freed_at[attempt] = time.time()


class Worker:
    """A real worker process on the test's database, forked from one that has the program: loading takes seconds."""

    def __init__(self, engine: Engine, folder: Path, variant: str, step_s: float) -> None:
        arguments = [str(engine.url), str(folder), variant, str(step_s)]
        command = [sys.executable, "-m", "tests.jobs.killed_worker", *arguments]
        pipe = subprocess.PIPE
        with (folder / "errors").open("ab") as errors:
            self.mould: Any = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=errors)
        self.start()

    def start(self) -> None:
        self.mould.stdin.write(b"start\n")
        self.mould.stdin.flush()
        self.number = int(self.mould.stdout.readline())

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)
        self.mould.stdin.close()
        self.mould.wait(_ENDS_S)
        self.mould.stdout.close()

    def _end(self, how: signal.Signals) -> None:
        """Comes back when it is gone."""
        until = time.monotonic() + _ENDS_S
        with suppress(ProcessLookupError):
            os.kill(self.number, how)
            while time.monotonic() < until:
                os.kill(self.number, 0)
                time.sleep(0.01)
            raise AssertionError("the worker does not end")


def _count(engine: Engine, *conditions) -> int:
    with open_session(engine, read_only=True) as session:
        return session.exec(select(func.count()).select_from(Job).where(*conditions)).one()


def _running(engine: Engine) -> set[tuple[int, int]]:
    with open_session(engine, read_only=True) as session:
        return set(session.exec(select(Job.id, Job.attempts).where(Job.status == JobStatus.RUNNING)).all())


def run_trial(
    engine: Engine, folder: Path, *, n_jobs: int, n_kills: int, variant: str = "plain", step_s: float = 0.05
) -> Trial:
    """Let workers do the jobs and kill them now and then, while something runs; gives what happened.

    A job takes five steps, which must be long enough that each death is made good before the jobs are at an end.

    Raises AssertionError for whatever must not happen, Void if too few kills hit a running job.
    """
    with unit_of_work(engine) as session:
        user_id = factories.make_user(session).id
        for number in range(n_jobs):
            jobs.ask(session, SYSTEM, _KINDS[number % 3], arguments={"user_id": user_id})
    trial, worker = Trial(), Worker(engine, folder, variant, step_s)
    try:
        _watch(engine, worker, trial, n_jobs=n_jobs, n_kills=n_kills)
    finally:
        worker.stop()
    _require_load(trial, n_kills)
    _check(engine, folder, trial, n_jobs)
    return trial


def _watch(engine: Engine, worker: Worker, trial: Trial, *, n_jobs: int, n_kills: int) -> None:
    last, since = -1, time.monotonic()
    while (left := _count(engine, Job.status.in_(LIVE_JOB))) and time.monotonic() - since < _STANDSTILL_S:
        if left != last:
            last, since = left, time.monotonic()
        is_time = n_jobs - left >= trial.kills * n_jobs // (n_kills + 1)
        running = _running(engine)
        trial.note(running)
        # Nobody can tell a dead worker from a slow one before the silence is over: each death is made good first.
        if trial.kills < n_kills and is_time and running and not trial.killed_at.keys() & running:
            worker.kill()
            trial.kills += 1
            died, hit = time.time(), _running(engine)
            trial.hits += bool(hit)
            trial.deaths.update(job_id for job_id, _attempt in hit)
            trial.killed_at |= dict.fromkeys(hit, died)
            worker.start()
        time.sleep(0.05)


def _require_load(trial: Trial, n_kills: int) -> None:
    if trial.kills < n_kills or trial.hits < 0.9 * n_kills:
        raise Void(f"{trial.kills} kills of {n_kills}, {trial.hits} while a job ran")


def _check(engine: Engine, folder: Path, trial: Trial, n_jobs: int) -> None:
    with open_session(engine, read_only=True) as session:
        ended = Counter(session.exec(select(Job.status)).all())
        told = Counter(values["job"] for values in session.exec(select(Notice.values)).all())
    assert ended == {JobStatus.DONE: n_jobs}, f"jobs lost: {ended}"
    assert told == dict.fromkeys(range(1, n_jobs + 1), 1), "effects lost or doubled"
    log = logger(folder)
    for hours in (0, 1, 48):
        send_due(engine, lambda *message: log(f"mail {message[3]['job']} 0"), now() + timedelta(hours=hours))
    begun: dict[tuple[int, int], float] = {}
    mailed, ups = set(), []
    for line in (folder / "log").read_text().splitlines():
        at, what, job_id, attempt = line.split()
        if what == "mail":
            mailed.add(int(job_id))
        elif what == "up":
            ups.append(float(at))
        else:
            begun[int(job_id), int(attempt)] = float(at)
    assert mailed == set(told), "mails lost"
    times = Counter(job_id for job_id, _attempt in begun)
    surplus = {job_id: n for job_id, n in times.items() if n > 1 + trial.deaths[job_id]}
    assert surplus == {}, "a job was begun while a living worker did it"
    # A new process takes a while to load, and what is taken up may wait for its lane: neither is counted.
    trial.note(set())
    trial.waits = [
        trial.freed_at[attempt] - min(up for up in ups if up > at) for attempt, at in trial.killed_at.items()
    ]
    assert all(SILENCE_S <= wait <= _PICKED_UP_S for wait in trial.waits), trial.waits


def test_killed_workers_lose_and_double_nothing(engine, tmp_path):
    trial = run_trial(engine, tmp_path, n_jobs=20, n_kills=2, step_s=0.2)
    assert sum(trial.deaths.values()) >= 2


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_twenty_kills_in_two_hundred_jobs_lose_and_double_nothing(engine, tmp_path):
    trial = run_trial(engine, tmp_path, n_jobs=200, n_kills=20, step_s=0.3)
    print(  # noqa: T201 -- the figures of the run, shown with -s
        f"200 jobs done once, {trial.kills} kills, {trial.hits} hit, {len(trial.killed_at)} attempts died,"
        f" given up after {min(trial.waits):.1f} to {max(trial.waits):.1f} s"
    )


def test_the_harness_fails_where_a_claim_asks_for_no_status(engine, tmp_path):
    with pytest.raises(AssertionError, match=r"effects lost or doubled|begun while a living worker did it"):
        run_trial(engine, tmp_path, n_jobs=9, n_kills=0, variant="unconditional")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_harness_fails_where_the_queue_is_all_there_is(engine, tmp_path):
    with pytest.raises(AssertionError, match="jobs lost"):
        run_trial(engine, tmp_path, n_jobs=12, n_kills=1, variant="queue alone")


def test_the_harness_is_void_where_no_kill_hit_a_job(engine):
    with pytest.raises(Void):
        _require_load(Trial(kills=2, hits=1), 2)
