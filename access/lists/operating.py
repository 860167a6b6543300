"""How much waits and failed, for whoever watches the machine: numbers only."""

from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from models.job import Job
from models.outbox import OutboxMessage
from vocabulary.jobs import JobStatus
from vocabulary.lifecycles import OutboxStatus

Counted = tuple[str, str, dict[str, int]]
"""A gauge's name, its meaning, and the number by status."""


def counts(session: Session) -> list[Counted]:
    """Rows by status, the statuses without a row among them, so that an alarm can tell none from unknown."""
    return [
        ("outbox_messages", "Mails by status", _by_status(session, OutboxMessage.status, OutboxStatus)),
        ("jobs", "Jobs by status", _by_status(session, Job.status, JobStatus)),
    ]


def _by_status(session: Session, column: Any, statuses: type[StrEnum]) -> dict[str, int]:
    found = {status.value: number for status, number in session.execute(select(column, func.count()).group_by(column))}
    return {status.value: found.get(status.value, 0) for status in statuses}
