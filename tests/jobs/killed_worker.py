"""The worker that the tests kill: real runner and queue, with jobs that take a moment and leave a notice and a mail.

`python -m tests.jobs.killed_worker URL FOLDER VARIANT STEP_SECONDS` loads the program, and at each line it reads forks
a worker and writes its number; what happened is appended to FOLDER/log.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from jobs.attempts import Attempt
from jobs.outbox import send_due
from jobs.queue import make_consumer, make_huey, wire
from jobs.runner import Runner
from models.base import now
from models.job import Job
from models.notice import Notice
from models.outbox import OutboxMessage
from models.session import make_engine, unit_of_work
from vocabulary.events import Frequency
from vocabulary.jobs import JobKind, JobPhase, JobStatus

SILENCE_S = 2.0
STEPS = 5


class ToldTwice(Runner):
    """The real runner, behind a queue that says everything twice."""

    def look(self) -> list[int]:
        ids = super().look()
        return [*ids, *ids]


class Unconditional(ToldTwice):
    """Broken on purpose: a job is claimed whatever its status."""

    def _claim(self, job_id: int) -> Attempt | None:
        claimed = {"status": JobStatus.RUNNING, "attempts": Job.attempts + 1, "worker": self.name}
        at = now()
        try:
            with unit_of_work(self.engine) as session:
                session.connection().execute(
                    update(Job).where(col(Job.id) == job_id).values(started_at=at, heartbeat_at=at, **claimed)
                )
                job = session.get_one(Job, job_id)
                return Attempt(self.engine, job_id, job.attempts, job.kind, job.arguments, None)
        except IntegrityError:  # its lane is taken
            return super()._claim(job_id)


class QueueAlone(ToldTwice):
    """Broken on purpose: what the queue was told once is its own affair."""

    def _take_up(self) -> None:
        pass


VARIANTS = {"plain": ToldTwice, "unconditional": Unconditional, "queue alone": QueueAlone}


def logger(folder: Path) -> Callable[[str], None]:
    """Appends whole lines, whoever else does."""
    file = os.open(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    return lambda line: void(os.write(file, f"{time.time():.3f} {line}\n".encode()))


def void(_value: object) -> None:
    pass


def main(url: str, folder: Path, variant: str, step_s: float) -> None:
    """Fork a worker at each line; the end of the input is the end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead leave nothing behind
    child = 0
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            serve(url, folder, variant, step_s)
            os._exit(0)
        print(child, flush=True)  # noqa: T201 -- what the test reads
    if child:
        with suppress(ProcessLookupError):  # whoever asked is gone
            os.kill(child, signal.SIGKILL)


def serve(url: str, folder: Path, variant: str, step_s: float) -> None:
    """A worker, until it is told to stop."""
    engine, log = make_engine(url), logger(folder)

    def work(attempt: Attempt) -> None:
        log(f"begin {attempt.job_id} {attempt.number}")
        for n in range(STEPS):
            attempt.say(JobPhase.COMPUTING, n, STEPS)
            time.sleep(step_s)
        with attempt.finishing() as end:
            values = {"job": attempt.job_id}
            user_id = attempt.arguments["user_id"]
            end.session.add(
                Notice(user_id=user_id, event="profile_returned", frequency=Frequency.AT_ONCE, values=values)
            )
            end.session.add(OutboxMessage(recipient="a@example.org", template="profile_returned", values=values))

    def deliver(_recipient: str, _language: str, _template: str, values: dict[str, int]) -> None:
        time.sleep(step_s / 5)
        log(f"mail {values['job']} 0")

    runner = VARIANTS[variant](engine, dict.fromkeys(JobKind, work), {}, silence=SILENCE_S)
    huey = make_huey(engine, folder, "secret")
    wire(huey, runner, lambda: send_due(engine, deliver, now()), look_seconds=1, pulse_seconds=2)
    log("up 0 0")
    make_consumer(huey, threads=3, is_embedded=False).run()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], float(sys.argv[4]))
