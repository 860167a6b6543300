"""How much waits and failed, for whoever watches the machine: numbers only."""

from sqlalchemy import func, select
from sqlmodel import Session, col

from models.outbox import OutboxMessage
from vocabulary.lifecycles import OutboxStatus

Counted = tuple[str, str, dict[str, int]]
"""A gauge's name, its meaning, and the number by status."""


def counts(session: Session) -> list[Counted]:
    """Rows by status, the statuses without a row among them, so that an alarm can tell none from unknown."""
    rows = session.execute(select(col(OutboxMessage.status), func.count()).group_by(col(OutboxMessage.status)))
    found = {status.value: number for status, number in rows}
    by_status = {status.value: found.get(status.value, 0) for status in OutboxStatus}
    return [("outbox_messages", "Mails by status", by_status)]
