"""A deed that needs a second person: who asked, who agreed or refused, and until when."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.base import (
    Row,
    evidence_check,
    foreign_key,
    public_id_column,
    required_code,
    status_check,
    status_column,
    time_column,
)
from vocabulary.approvals import ApprovalReason, ApprovalStatus
from vocabulary.lifecycles import APPROVAL

_WAITING = text("status = 'requested'")


class Approval(Row, table=True):
    """One official's confirmation of a pairing, waiting for a second and different one."""

    __tablename__ = "approval"
    __table_args__ = (
        status_check(ApprovalStatus),
        evidence_check(
            "decided_has_decider", (ApprovalStatus.APPROVED, ApprovalStatus.REFUSED), "decided_by_id", "decided_at"
        ),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> requested_by_id", name="two_people"),
        Index("uq_approval_waiting", "pairing_id", unique=True, sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    public_id: str = public_id_column()
    pairing_id: int = foreign_key("pairing.id", nullable=False)
    chain_id: int | None = foreign_key("chain.id")
    why: ApprovalReason = required_code(ApprovalReason)
    note: str = Field(default="", max_length=1000)
    requested_by_id: int = foreign_key("user.id", nullable=False)
    expires_at: datetime = time_column(default_now=True)
    status: ApprovalStatus = status_column(APPROVAL.initial)
    status_changed_at: datetime = time_column(default_now=True)
    decided_by_id: int | None = foreign_key("user.id")
    decided_at: datetime | None = time_column()
