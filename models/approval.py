"""A deed that needs a second person: who asked, who agreed or refused, and until when."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.base import (
    Row,
    code_type,
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
from vocabulary.roles import Role

_WAITING = text("status = 'requested'")


class Approval(Row, table=True):
    """One person's part of a deed that needs a second and different one: the confirmation of a pairing, or a role in an
    office or the administration for whoever has the address `invitee`. Exactly one of the two is named.
    """

    __tablename__ = "approval"
    __table_args__ = (
        status_check(ApprovalStatus),
        evidence_check(
            "decided_has_decider", (ApprovalStatus.APPROVED, ApprovalStatus.REFUSED), "decided_by_id", "decided_at"
        ),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> requested_by_id", name="two_people"),
        CheckConstraint("(pairing_id IS NULL) <> (organization_id IS NULL)", name="pairing_or_grant"),
        CheckConstraint("organization_id IS NULL OR (invitee <> '' AND role IS NOT NULL)", name="grant_names_somebody"),
        Index("uq_approval_waiting", "pairing_id", unique=True, sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index(
            "uq_approval_grant_waiting",
            "organization_id",
            "invitee",
            unique=True,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    public_id: str = public_id_column()
    pairing_id: int | None = foreign_key("pairing.id")
    organization_id: int | None = foreign_key("organization.id")
    invitee: str = Field(default="", max_length=254)
    """Lower case address of who is to have the role."""
    role: Role | None = Field(default=None, sa_type=code_type(Role))
    ends_on: date | None = None
    """Last day of the role."""
    chain_id: int | None = foreign_key("chain.id")
    why: ApprovalReason = required_code(ApprovalReason)
    note: str = Field(default="", max_length=1000)
    requested_by_id: int = foreign_key("user.id", nullable=False)
    expires_at: datetime = time_column(default_now=True)
    status: ApprovalStatus = status_column(APPROVAL.initial)
    status_changed_at: datetime = time_column(default_now=True)
    decided_by_id: int | None = foreign_key("user.id")
    decided_at: datetime | None = time_column()
