"""Messages that wait for their time, then go out once."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from models.base import Row, evidence_check, foreign_key, json_column, status_check, status_column, time_column
from vocabulary.lifecycles import OUTBOX, OutboxStatus


class OutboxMessage(Row, table=True):
    """One e-mail, composed when sent: `template` names the text, `values` fill it; never a confidential figure."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        status_check(OutboxStatus),
        evidence_check("sent_has_time", (OutboxStatus.SENT,), "sent_at"),
        Index("ix_outbox_message_due", "status", "send_after"),
    )

    recipient: str = Field(max_length=254)
    language: str = Field(default="zh", max_length=8)
    template: str = Field(max_length=60)
    values: dict[str, Any] = json_column(dict)
    pairing_id: int | None = foreign_key("pairing.id")
    send_after: datetime = time_column(default_now=True)
    sent_at: datetime | None = time_column()
    attempts: int = 0
    last_error: str | None = Field(default=None, max_length=500)
    status: OutboxStatus = status_column(OUTBOX.initial)
    status_changed_at: datetime = time_column(default_now=True)
