"""One attempt at a job, as whoever does it sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from access.actor import ANONYMOUS, Actor
from access.people import actor_of
from models.organization import User
from models.session import unit_of_work
from vocabulary.jobs import JobKind, JobPhase
from vocabulary.lifecycles import UserStatus
from workflows import jobs
from workflows.errors import StepNotAllowed


class NoLongerOurs(Exception):
    """The job was given to another worker, since this one had been silent for long."""


class GivesUp(Exception):
    """A job that would fail in the same way again is not tried again by itself."""


@dataclass
class Attempt:
    """What is to be done, and the ways to say how far it is and that it is done.

    Whatever runs may die at any line and begin anew, so its effects are written once: in the transaction that
    `finishing` gives, or so that a second run finds them done.
    """

    engine: Engine
    job_id: int
    number: int
    kind: JobKind
    arguments: dict[str, Any]
    asked_by_id: int | None
    is_finished: bool = field(default=False)

    def say(self, phase: JobPhase, n_done: int, n_total: int) -> None:
        """Note what is being done. Raises NoLongerOurs, so that a worker taken for dead stops."""
        with unit_of_work(self.engine) as session:
            if not jobs.beat(session, self.job_id, self.number, **jobs.phase_values(phase, n_done, n_total)):
                raise NoLongerOurs

    @contextmanager
    def finishing(self) -> Iterator["Finish"]:
        """A transaction for the effect of the job that also ends it: both happen, or neither.

        Raises NoLongerOurs, and then nothing was written.
        """
        try:
            with unit_of_work(self.engine) as session:
                end = Finish(session)
                yield end
                jobs.finish(session, self.job_id, self.number, result=end.result)
        except StepNotAllowed as refused:
            if refused.noun == "job":
                raise NoLongerOurs from None
            raise
        self.is_finished = True

    def asker(self, session: Session) -> Actor:
        """Who asked, with the rights of this moment; nobody if the account is gone or disabled."""
        user = session.get(User, self.asked_by_id) if self.asked_by_id else None
        return ANONYMOUS if user is None or user.status is not UserStatus.ACTIVE else actor_of(session, user)


@dataclass
class Finish:
    """The last transaction of a job; `result` is the public id of what came of it."""

    session: Session
    result: str = ""
