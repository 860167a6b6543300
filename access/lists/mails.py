"""The outbox as the administrator sees it: whether mail arrives, never what it says and hardly to whom."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from models.outbox import OutboxMessage
from vocabulary.lifecycles import OutboxStatus

_ADDRESS = re.compile(r"([^\s@<>\"'(]+)@([^\s@<>\"'),;:]+)")


@dataclass(frozen=True)
class MailLine:
    id: int
    recipient: str
    """Masked."""
    event: str
    language: str
    status: OutboxStatus
    attempts: int
    last_error: str
    """Without whole addresses."""
    created_at: datetime
    due_at: datetime
    """When it may go out, or is tried again."""
    sent_at: datetime | None


def masked(text: str) -> str:
    """`w***@example.org` for every address in a text: enough to tell a slip of the domain, not who it is."""
    return _ADDRESS.sub(lambda found: f"{found[1][:1]}***@{found[2]}", text)


def mails(
    session: Session, actor: Actor, *, status: OutboxStatus | None = None, page: int = 1, size: int = 50
) -> tuple[list[MailLine], dict[OutboxStatus, int]]:
    """One page of the outbox, newest first, and how many messages there are of each status."""
    require(actor, Permission.FOLLOW_MAIL)
    counted = session.exec(select(OutboxMessage.status, func.count()).group_by(col(OutboxMessage.status))).all()
    counts = {OutboxStatus(each): n for each, n in counted}
    statement = select(OutboxMessage)
    if status is not None:
        statement = statement.where(OutboxMessage.status == status)
    rows = session.exec(statement.order_by(col(OutboxMessage.id).desc()).offset((page - 1) * size).limit(size)).all()
    return _lines(rows), counts


def mail(session: Session, actor: Actor, message_id: str) -> OutboxMessage:
    """One message of the outbox. Raises NotVisible."""
    require(actor, Permission.FOLLOW_MAIL)
    row = session.get(OutboxMessage, int(message_id)) if message_id.isdecimal() and len(message_id) < 10 else None
    if row is None:
        raise NotVisible
    return row


def _lines(rows: Sequence[OutboxMessage]) -> list[MailLine]:
    return [
        MailLine(
            id=row.id or 0,
            recipient=masked(row.recipient),
            event=row.template,
            language=row.language,
            status=row.status,
            attempts=row.attempts,
            last_error=masked(row.last_error or ""),
            created_at=row.created_at,
            due_at=row.send_after,
            sent_at=row.sent_at,
        )
        for row in rows
    ]
