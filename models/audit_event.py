"""Who did what, when: written in the same transaction as the deed, never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from models.base import Row, foreign_key, json_column, time_column


class AuditEvent(Row, table=True):
    """One act. `old` and `new` hold statuses and field names, never a confidential value.

    `visible_to_organization_id` names the firm whose ledger shows it (accesses to its own data).
    `previous_hash`, `hash` and `hash_algorithm` are filled by `models.audit_chain` when the row is written: each row
    names its predecessor, and no two rows can name the same one. Ids count without gaps.
    """

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_subject", "subject_kind", "subject_id"),)

    action: str = Field(max_length=64, index=True)
    subject_kind: str = Field(max_length=32)
    subject_id: int
    actor_user_id: int | None = foreign_key("user.id")
    actor_organization_id: int | None = foreign_key("organization.id")
    actor_name: str = Field(default="", max_length=80)
    chain_id: int | None = foreign_key("chain.id")
    visible_to_organization_id: int | None = foreign_key("organization.id")
    old: dict[str, Any] | None = json_column()
    new: dict[str, Any] | None = json_column()
    reason: str = Field(default="", max_length=500)
    occurred_at: datetime = time_column(default_now=True)
    previous_hash: str = Field(default="", max_length=64, unique=True)
    hash: str = Field(default="", max_length=64, unique=True)
    hash_algorithm: str = Field(default="sha256", max_length=16)


class AuditCheckpoint(Row, table=True):
    """Up to which row the ledger was emptied after the time it must be kept; what remains follows `hash`.

    `mac` is made with the ledger's key, so that a row written here by hand does not pass for ours.
    """

    __tablename__ = "audit_checkpoint"

    through_id: int = Field(unique=True)
    hash: str = Field(max_length=64)
    n_removed: int
    mac: str = Field(max_length=64)
