"""What one person is told inside the product, how often by mail, and what was gathered into a daily mail."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from models.base import Row, foreign_key, json_column, public_id_column, required_code, status_check, time_column
from vocabulary.events import EventCategory, Frequency


class Notice(Row, table=True):
    """One line of a person's inbox, composed when shown from `event` and `values`: names and codes, never a figure.

    It belongs to the person as a member of `organization_id`: whoever leaves does not see it any more.
    """

    __tablename__ = "notice"
    __table_args__ = (
        status_check(Frequency, "frequency"),
        Index("ix_notice_inbox", "user_id", "read_at", "visible_from"),
        Index("ix_notice_digest", "frequency", "digested_on"),
    )

    public_id: str = public_id_column()
    user_id: int = foreign_key("user.id", nullable=False, index=False)
    organization_id: int | None = foreign_key("organization.id", index=False)
    event: str = Field(max_length=60)
    values: dict[str, Any] = json_column(dict)
    pairing_id: int | None = foreign_key("pairing.id")
    visible_from: datetime = time_column(default_now=True)
    read_at: datetime | None = time_column()
    frequency: Frequency = required_code(Frequency)
    """How the mail about it goes, by the person's choice when it happened."""
    digested_on: date | None = None
    """Day of the daily mail that dealt with it."""


class NoticePreference(Row, table=True):
    """One person's choice for one category; without a row the default of the event counts."""

    __tablename__ = "notice_preference"
    __table_args__ = (
        UniqueConstraint("user_id", "category"),
        status_check(Frequency, "frequency"),
    )

    user_id: int = foreign_key("user.id", nullable=False, index=False)
    category: EventCategory = required_code(EventCategory)
    frequency: Frequency = required_code(Frequency)


class NoticeDigest(Row, table=True):
    """That a person's daily mail of a day was dealt with: of two processes one writes the row."""

    __tablename__ = "notice_digest"
    __table_args__ = (UniqueConstraint("user_id", "day"),)

    user_id: int = foreign_key("user.id", nullable=False, index=False)
    day: date
    outbox_message_id: int | None = foreign_key("outbox_message.id", index=False)
    """None if nothing was new and still true."""
