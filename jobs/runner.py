"""Finding jobs that are due and doing them; whoever wakes a runner may do so twice, late or never."""

import logging
import os
import platform
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from time import monotonic

from sqlalchemy import Engine, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, or_, select

from access.lookups import NotVisible
from access.rules import NotAllowed
from jobs.attempts import Attempt, GivesUp, NoLongerOurs
from models.base import now
from models.job import Job
from models.session import open_session, unit_of_work
from vocabulary.jobs import JobFailure, JobKind, JobStatus
from workflows import jobs
from workflows.calendar import SHANGHAI, city_day
from workflows.errors import NotComplete, StepNotAllowed

log = logging.getLogger(__name__)

Handler = Callable[[Attempt], None]
SILENCE_SECONDS = 20.0
"""A worker that was not heard for so long is taken for dead: long enough for the longest wait for the database."""
BEATS_IN_SILENCE = 4
_SHOW_UP_SECONDS = 10.0
_AT_ONCE = 20
_HOPELESS = (GivesUp, NotAllowed, NotVisible, NotComplete, StepNotAllowed)
"""Errors that another attempt would meet again."""
_ROOT = Path(__file__).parent.parent


class Runner:
    """One worker process: schedules what the day asks for, takes up what died, and does jobs, several threads at once.

    Silence is measured by this process's own monotonic clock as the time for which a heartbeat did not change, so that
    neither a clock that is set nor two clocks that differ make a living worker dead.
    """

    def __init__(
        self,
        engine: Engine,
        handlers: Mapping[JobKind, Handler],
        daily: Mapping[JobKind, time],
        *,
        silence: float = SILENCE_SECONDS,
    ) -> None:
        self.engine, self.handlers, self.daily, self.silence = engine, handlers, daily, silence
        self.name = f"{platform.node()[:60]}:{os.getpid()}"
        self._heard: dict[int, tuple[datetime | None, float]] = {}
        self._shown_up = float("-inf")
        self._looking = threading.Lock()

    def look(self) -> list[int]:
        """Ids of jobs to do now, each told once in a while. Of several threads one looks."""
        if not self._looking.acquire(blocking=False):
            return []
        try:
            if monotonic() - self._shown_up >= _SHOW_UP_SECONDS:
                with unit_of_work(self.engine) as session:
                    jobs.show_up(session, self.name)
                self._shown_up = monotonic()
            self._schedule(now())
            self._take_up()
            return self._due(now())
        finally:
            self._looking.release()

    def run(self, job_id: int) -> bool:
        """Do a job; False if another worker has it, it is over, or its lane is taken."""
        attempt = self._claim(job_id)
        if attempt is None:
            return False
        try:
            with self._beating(attempt):
                self.handlers[attempt.kind](attempt)
                if not attempt.is_finished:
                    with attempt.finishing():
                        pass
        except NoLongerOurs:
            log.warning("job %s was taken over by another worker", job_id)
            return False
        except _HOPELESS as error:
            log.warning("job %s (%s) cannot be done", job_id, attempt.kind, exc_info=True)
            self._fail(attempt, error, is_final=True)
        except Exception as error:  # the loop of a job: log the item and go on
            log.exception("job %s (%s) failed", job_id, attempt.kind)
            self._fail(attempt, error, is_final=False)
        return True

    def run_due(self) -> int:
        """Do whatever is due, in this thread; returns how many were done."""
        n_done = 0
        while found := [job_id for job_id in self.look() if self.run(job_id)]:
            n_done += len(found)
        return n_done

    def leave(self) -> None:
        """Say good-bye, so that nobody counts on this worker."""
        with unit_of_work(self.engine) as session:
            jobs.leave(session, self.name)

    def _schedule(self, at: datetime) -> None:
        """Write the jobs of the day whose hour has come. One of a day that passed without a worker is not made good:
        the next one does its work."""
        day = city_day(at)
        wanted = {
            jobs.schedule_key(kind, day): (kind, due_at)
            for kind, hour in self.daily.items()
            if (due_at := datetime.combine(day, hour, SHANGHAI)) <= at
        }
        with open_session(self.engine, read_only=True) as session:
            present = set(session.exec(select(Job.schedule_key).where(col(Job.schedule_key).in_(wanted))).all())
        for key, (kind, due_at) in wanted.items():
            if key not in present:
                jobs.schedule(self.engine, kind, day, due_at)

    def _take_up(self) -> None:
        with open_session(self.engine, read_only=True) as session:
            running = session.exec(select(Job.id, Job.heartbeat_at).where(Job.status == JobStatus.RUNNING)).all()
        before, self._heard = self._heard, {}
        for job_id, heartbeat in running:
            if job_id is None or heartbeat is None:
                continue
            last, since = before.get(job_id, (None, 0.0))
            self._heard[job_id] = (heartbeat, since if last == heartbeat else monotonic())
            if monotonic() - self._heard[job_id][1] >= self.silence:
                self._take_up_one(job_id, heartbeat)

    def _take_up_one(self, job_id: int, heartbeat: datetime) -> None:
        try:
            with unit_of_work(self.engine) as session:
                job = session.get_one(Job, job_id)
                log.warning("job %s is taken from %s, which is silent", job_id, job.worker)
                jobs.take_up(session, job, heartbeat)
        except StepNotAllowed:  # it was finished, or heard, at this very moment
            pass

    def _due(self, at: datetime) -> list[int]:
        """The oldest jobs whose time has come; those told less than a silence ago are on their way and left out."""
        told = at - timedelta(seconds=self.silence)
        taken = select(Job.lane).where(Job.status == JobStatus.RUNNING, col(Job.lane).is_not(None))
        with open_session(self.engine, read_only=True) as session:
            found = session.exec(
                select(Job.id)
                .where(
                    Job.status == JobStatus.WAITING,
                    Job.due_at <= at,
                    or_(col(Job.lane).is_(None), col(Job.lane).not_in(taken)),
                    # A time to come is that of a clock that was set back.
                    or_(col(Job.enqueued_at).is_(None), col(Job.enqueued_at) < told, col(Job.enqueued_at) > at),
                )
                .order_by(col(Job.due_at), col(Job.id))
                .limit(_AT_ONCE)
            ).all()
        ids = [job_id for job_id in found if job_id is not None]
        if ids:
            with unit_of_work(self.engine) as session:
                session.connection().execute(update(Job).where(col(Job.id).in_(ids)).values(enqueued_at=at))
        return ids

    def _claim(self, job_id: int) -> Attempt | None:
        try:
            with unit_of_work(self.engine) as session:
                job = session.get(Job, job_id)
                if job is None or job.status is not JobStatus.WAITING or job.kind not in self.handlers:
                    return None
                jobs.claim(session, job, self.name)
                return Attempt(self.engine, job_id, job.attempts, job.kind, job.arguments, job.asked_by_id)
        except StepNotAllowed:
            return None
        except IntegrityError:  # its lane is taken: it is told again when the lane is free
            with unit_of_work(self.engine) as session:
                session.connection().execute(update(Job).where(col(Job.id) == job_id).values(enqueued_at=None))
            return None

    @contextmanager
    def _beating(self, attempt: Attempt) -> Iterator[None]:
        """Let a thread say that this attempt lives, while it does."""
        stop = threading.Event()

        def beat() -> None:
            while not stop.wait(self.silence / BEATS_IN_SILENCE):
                try:
                    with unit_of_work(self.engine) as session:
                        if not jobs.beat(session, attempt.job_id, attempt.number):
                            return
                except Exception:  # the database may be back before the silence is over
                    log.warning("job %s could not be heard", attempt.job_id, exc_info=True)

        thread = threading.Thread(target=beat, name=f"beat-{attempt.job_id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _fail(self, attempt: Attempt, error: Exception, *, is_final: bool) -> None:
        try:
            with unit_of_work(self.engine) as session:
                self._fail_in(session, attempt, error, is_final=is_final)
        except StepNotAllowed:
            log.warning("job %s was taken over by another worker", attempt.job_id)

    @staticmethod
    def _fail_in(session: Session, attempt: Attempt, error: Exception, *, is_final: bool) -> None:
        job = session.get_one(Job, attempt.job_id)
        jobs.fail(session, job, attempt.number, JobFailure.ERROR, error=place_of(error), is_final=is_final)


def place_of(error: Exception) -> str:
    """`ValueError, workflows/facts.py:120`: the kind of an error and the innermost line of ours. No message: it may
    hold what rows hold."""
    error = error.__cause__ if isinstance(error.__cause__, Exception) else error
    ours = [
        frame for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(_ROOT) and ".venv" not in frame.filename
    ]  # fmt: skip
    where = f", {Path(ours[-1].filename).relative_to(_ROOT)}:{ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{where}"
