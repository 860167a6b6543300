"""Jobs: asked for or due by schedule, claimed by one worker, begun again when it dies, ended once."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from access.actor import SYSTEM, Actor
from access.permissions import Permission
from access.rules import require
from models.base import now
from models.job import Job, JobWorker
from models.session import unit_of_work
from vocabulary.audit_actions import AuditAction
from vocabulary.jobs import JOB, LANE, LIVE_JOB, TRIES, JobFailure, JobKind, JobPhase, JobStatus
from workflows.audit import record
from workflows.transitions import advance

_S = JobStatus
_FIRST_WAIT = timedelta(minutes=1)
KEPT_DAYS = 90
"""Jobs that ended are kept for so long; what they did stays in the ledger."""


def ask(
    session: Session,
    actor: Actor,
    kind: JobKind,
    *,
    subject: str | None = None,
    arguments: dict[str, Any] | None = None,
) -> Job:
    """Let something be done soon, in the caller's transaction: a rolled back request leaves no job.

    A live job of the same kind about the same subject is given instead of a second one. Rows written: the job and its
    event.
    """
    if subject is not None and (present := live(session, kind, subject)) is not None:
        return present
    job = Job(
        kind=kind, arguments=arguments or {}, subject=subject, lane=LANE.get(kind), last_attempt=TRIES,
        asked_by_id=actor.user_id, asked_by_name="" if actor is SYSTEM else actor.name,
        organization_id=actor.organization_id,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(job)
    except IntegrityError:  # asked for by somebody else at this moment
        found = live(session, kind, subject or "")
        if found is None:
            raise
        return found
    record(
        session, actor, AuditAction.JOB_ASKED, subject_kind="job", subject_id=job.id or 0, new={"kind": kind.value},
        chain_id=actor.chain_id,
    )  # fmt: skip
    return job


def live(session: Session, kind: JobKind, subject: str) -> Job | None:
    """The job about a subject that waits or runs."""
    return session.exec(
        select(Job).where(Job.kind == kind, Job.subject == subject, col(Job.status).in_(LIVE_JOB))
    ).first()


def schedule(engine: Engine, kind: JobKind, day: date, due_at: datetime) -> bool:
    """Write the job of a kind and day; False if there is one, however it ended. Of two processes one succeeds."""
    try:
        with unit_of_work(engine) as session:
            session.add(
                Job(
                    kind=kind, schedule_key=schedule_key(kind, day), lane=LANE.get(kind), due_at=due_at,
                    last_attempt=TRIES,
                )
            )  # fmt: skip
    except IntegrityError:
        return False
    return True


def schedule_key(kind: JobKind, day: date) -> str:
    return f"{kind.value}:{day.isoformat()}"


def claim(session: Session, job: Job, worker: str) -> None:
    """Begin an attempt. Raises StepNotAllowed if another worker has begun, IntegrityError while its lane is taken."""
    at = now()
    advance(
        session, SYSTEM, JOB, job, _S.RUNNING, only_if={"attempts": job.attempts}, attempts=job.attempts + 1,
        started_at=at, heartbeat_at=at, worker=worker, phase=None, n_done=0, n_total=0, finished_at=None,
    )  # fmt: skip


def beat(session: Session, job_id: int, attempt: int, **progress: Any) -> bool:
    """Say that an attempt lives, and how far it is; False if the job is no longer its own."""
    done = session.connection().execute(
        update(Job)
        .where(col(Job.id) == job_id, col(Job.status) == _S.RUNNING, col(Job.attempts) == attempt)
        .values(heartbeat_at=now(), **progress)
    )
    return done.rowcount == 1


def finish(session: Session, job_id: int, attempt: int, *, result: str = "") -> None:
    """End an attempt well, in the transaction of its effect. Raises StepNotAllowed if the job is no longer its own."""
    job = session.get_one(Job, job_id)
    advance(
        session, SYSTEM, JOB, job, _S.DONE, only_if={"attempts": attempt}, finished_at=now(), phase=None,
        failure=None, error="", result=result, n_done=job.n_total,
    )  # fmt: skip


def fail(
    session: Session, job: Job, attempt: int, failure: JobFailure, *, error: str = "", is_final: bool = False
) -> None:
    """End an attempt without result: tried again with growing waits, or FAILED after the last one. As `finish`."""
    common: dict[str, Any] = {"failure": failure, "error": error[:200], "phase": None, "n_done": 0}
    if is_final or attempt >= job.last_attempt:
        advance(
            session, SYSTEM, JOB, job, _S.FAILED, reason=failure, only_if={"attempts": attempt}, finished_at=now(),
            **common,
        )  # fmt: skip
        return
    waits = _FIRST_WAIT * 2 ** min(attempt - 1, 6) if failure is JobFailure.ERROR else timedelta()
    advance(
        session, SYSTEM, JOB, job, _S.WAITING, reason=failure, only_if={"attempts": attempt}, due_at=now() + waits,
        enqueued_at=None, **common,
    )  # fmt: skip


def take_up(session: Session, job: Job, heartbeat: datetime) -> None:
    """Take a job from a worker that was last heard at `heartbeat`. Raises StepNotAllowed if it was heard since."""
    attempt = job.attempts
    common: dict[str, Any] = {"failure": JobFailure.INTERRUPTED, "error": "", "phase": None, "n_done": 0}
    target = _S.FAILED if attempt >= job.last_attempt else _S.WAITING
    times = {"finished_at": now()} if target is _S.FAILED else {"due_at": now(), "enqueued_at": None}
    advance(
        session, SYSTEM, JOB, job, target, reason=JobFailure.INTERRUPTED,
        only_if={"attempts": attempt, "heartbeat_at": heartbeat}, **common, **times,
    )  # fmt: skip


def run_again(session: Session, actor: Actor, job: Job) -> None:
    """failed or cancelled -> waiting, due at once and with all its tries again. Raises StepNotAllowed otherwise."""
    require(actor, Permission.FOLLOW_JOBS)
    advance(
        session, actor, JOB, job, _S.WAITING, reason="run_again", due_at=now(), enqueued_at=None,
        last_attempt=job.attempts + TRIES,
    )  # fmt: skip


def cancel(session: Session, actor: Actor, job: Job) -> None:
    """waiting -> cancelled: it is not done. What runs is not stopped. Raises StepNotAllowed otherwise."""
    require(actor, Permission.FOLLOW_JOBS)
    advance(session, actor, JOB, job, _S.CANCELLED, reason="cancelled", finished_at=now())


def run_now(session: Session, actor: Actor, kind: JobKind) -> Job:
    """Do a scheduled kind now, beside the one of the day; one at a time."""
    require(actor, Permission.FOLLOW_JOBS)
    return ask(session, actor, kind, subject="now")


def show_up(session: Session, name: str) -> None:
    """Say that a worker lives."""
    at = now()
    if (
        not session.connection()
        .execute(update(JobWorker).where(col(JobWorker.name) == name).values(seen_at=at))
        .rowcount
    ):
        session.add(JobWorker(name=name, started_at=at, seen_at=at))


def leave(session: Session, name: str) -> None:
    """Say that a worker goes."""
    session.connection().execute(delete(JobWorker).where(col(JobWorker.name) == name))


def clean(session: Session, at: datetime) -> int:
    """Delete jobs that ended long ago and workers that have not been seen for a day; returns how many jobs."""
    before = at - timedelta(days=KEPT_DAYS)
    session.connection().execute(delete(JobWorker).where(col(JobWorker.seen_at) < at - timedelta(days=1)))
    gone = session.connection().execute(
        delete(Job).where(col(Job.status).not_in(LIVE_JOB), col(Job.finished_at) < before)
    )
    return gone.rowcount


def phase_values(phase: JobPhase, n_done: int, n_total: int) -> dict[str, Any]:
    return {"phase": phase, "n_done": n_done, "n_total": n_total}
