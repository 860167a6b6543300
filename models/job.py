"""Work that no page waits for, and the workers that do it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.base import (
    Row,
    code_column,
    evidence_check,
    foreign_key,
    json_column,
    public_id_column,
    required_code,
    status_check,
    status_column,
    time_column,
)
from vocabulary.jobs import JOB, JobFailure, JobKind, JobPhase, JobStatus

_S = JobStatus
_LIVE = text("status IN ('waiting', 'running')")
_RUNS = text("status = 'running'")


class Job(Row, table=True):
    """One piece of work, written in the transaction that needs it, so that it is neither lost nor imagined.

    The queue only wakes workers; whoever sets this row to running does the work. `attempts` numbers the tries and
    fences them: what an earlier one wants to write after a later one began is refused.
    """

    __tablename__ = "job"
    __table_args__ = (
        status_check(JobStatus),
        evidence_check("running_has_worker", (_S.RUNNING,), "started_at", "heartbeat_at", "worker"),
        evidence_check("done_has_time", (_S.DONE,), "finished_at"),
        evidence_check("failed_has_reason", (_S.FAILED,), "finished_at", "failure"),
        CheckConstraint("attempts >= 0 AND n_done >= 0 AND n_total >= 0", name="counts_not_negative"),
        Index("ix_job_due", "status", "due_at"),
        Index("uq_job_live", "kind", "subject", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("uq_job_lane", "lane", unique=True, sqlite_where=_RUNS, postgresql_where=_RUNS),
    )

    public_id: str = public_id_column()
    kind: JobKind = required_code(JobKind, index=True)
    arguments: dict[str, Any] = json_column(dict)
    """Ids and settings, never a confidential value."""
    subject: str | None = Field(default=None, max_length=60)
    """What it is about, `table:id`: of a kind there is one live job about it."""
    schedule_key: str | None = Field(default=None, max_length=60, unique=True)
    """Kind and day of a job by schedule: there is never a second one."""
    lane: str | None = Field(default=None, max_length=20)
    """Of a lane one job runs at a time."""
    due_at: datetime = time_column(default_now=True)
    enqueued_at: datetime | None = time_column()
    """When a worker was last woken for it."""
    started_at: datetime | None = time_column()
    heartbeat_at: datetime | None = time_column()
    """When its worker last said that it lives."""
    finished_at: datetime | None = time_column()
    worker: str | None = Field(default=None, max_length=80)
    attempts: int = 0
    last_attempt: int = 5
    """After this one it is not begun again by itself."""
    phase: JobPhase | None = code_column(JobPhase)
    n_done: int = 0
    n_total: int = 0
    failure: JobFailure | None = code_column(JobFailure)
    """Of the last attempt that did not succeed."""
    error: str = Field(default="", max_length=200)
    """Kind of the error and its place in the program; never its message, which may hold values of rows."""
    result: str = Field(default="", max_length=40)
    """Public id of what came of it."""
    asked_by_id: int | None = foreign_key("user.id", index=False)
    asked_by_name: str = Field(default="", max_length=80)
    """Empty for what runs by itself."""
    organization_id: int | None = foreign_key("organization.id")
    """Whose people may follow it."""
    status: JobStatus = status_column(JOB.initial)
    status_changed_at: datetime = time_column(default_now=True)


class JobWorker(Row, table=True):
    """A process that does jobs, and when it was last seen."""

    __tablename__ = "job_worker"

    name: str = Field(max_length=80, unique=True)
    """Host and process id."""
    started_at: datetime = time_column(default_now=True)
    seen_at: datetime = time_column(default_now=True)
