"""Jobs as the administrator sees them, and as whoever asked for one follows it; never what they are about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlmodel import Session, col, func, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from models.job import Job, JobWorker
from models.organization import Organization
from vocabulary.jobs import JobKind, JobStatus

NIGHT_LIMIT = timedelta(hours=26)
"""A night's work that ended longer ago is missing: a day, and time for a long run."""
ALIVE = timedelta(seconds=60)
"""A worker shows up every ten seconds; one that was not seen for so long is gone."""


@dataclass(frozen=True)
class DailyLine:
    """One kind of daily job: the hour (China Standard Time) and its newest run, if any."""

    kind: JobKind
    hour: time
    last: Job | None


def jobs(
    session: Session,
    actor: Actor,
    *,
    status: JobStatus | None = None,
    kind: JobKind | None = None,
    page: int = 1,
    size: int = 50,
) -> tuple[list[Job], dict[JobStatus, int]]:
    """One page of the jobs, newest first, and how many there are of each status (of the kind)."""
    require(actor, Permission.FOLLOW_JOBS)
    conditions = [] if kind is None else [Job.kind == kind]
    counted = session.exec(select(Job.status, func.count()).where(*conditions).group_by(col(Job.status))).all()
    if status is not None:
        conditions.append(Job.status == status)
    rows = session.exec(
        select(Job).where(*conditions).order_by(col(Job.id).desc()).offset((page - 1) * size).limit(size)
    ).all()
    return list(rows), {JobStatus(each): n for each, n in counted}


def job(session: Session, actor: Actor, public_id: str) -> Job:
    """One job, for the administrator. Raises NotVisible."""
    require(actor, Permission.FOLLOW_JOBS)
    found = session.exec(select(Job).where(Job.public_id == public_id)).first()
    if found is None:
        raise NotVisible
    return found


def own_job(session: Session, actor: Actor, public_id: str) -> Job:
    """A job that somebody of the actor's organization asked for. Raises NotVisible."""
    found = session.exec(
        select(Job).where(
            Job.public_id == public_id,
            col(Job.organization_id).is_not(None),
            Job.organization_id == actor.organization_id,
        )
    ).first()
    if found is None:
        raise NotVisible
    return found


def latest_about(session: Session, kind: JobKind, subject: str) -> Job | None:
    """The newest job of a kind about something that the caller may see."""
    return session.exec(
        select(Job).where(Job.kind == kind, Job.subject == subject).order_by(col(Job.id).desc()).limit(1)
    ).first()


def daily(session: Session, actor: Actor, hours: Mapping[JobKind, time]) -> list[DailyLine]:
    """What comes by itself each day, by hour, each with its newest run by schedule or by hand."""
    require(actor, Permission.FOLLOW_JOBS)
    newest = select(func.max(Job.id)).where(col(Job.kind).in_(hours)).group_by(col(Job.kind))
    last = {row.kind: row for row in session.exec(select(Job).where(col(Job.id).in_(newest))).all()}
    return [DailyLine(kind, hour, last.get(kind)) for kind, hour in sorted(hours.items(), key=lambda item: item[1])]


def workers(session: Session, actor: Actor, at: datetime) -> list[JobWorker]:
    """Workers that were seen just now, by name."""
    require(actor, Permission.FOLLOW_JOBS)
    return list(
        session.exec(select(JobWorker).where(col(JobWorker.seen_at) > at - ALIVE).order_by(col(JobWorker.name))).all()
    )


def night_is_late(session: Session, at: datetime) -> bool:
    """Whether no night's work has ended for longer than `NIGHT_LIMIT`; in a new installation, since it began."""
    ended = session.exec(
        select(func.max(Job.finished_at)).where(Job.kind == JobKind.NIGHT, Job.status == JobStatus.DONE)
    ).one()
    since = ended or session.exec(select(func.min(Organization.created_at))).one()
    return since is not None and since < at - NIGHT_LIMIT
