"""Proposals of who is sent to which lender, and what came of each line when one was adopted."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.base import (
    Row,
    code_column,
    evidence_check,
    foreign_key,
    json_column,
    public_id_column,
    status_check,
    status_column,
    time_column,
)
from vocabulary.lifecycles import ASSIGNMENT, AssignmentStatus
from vocabulary.planning import AdoptionOutcome, UnservedCause


class AssignmentProposal(Row, table=True):
    """One run of the assignment: what it was asked, what it found, and who adopted or dropped it."""

    __tablename__ = "assignment_proposal"
    __table_args__ = (
        status_check(AssignmentStatus),
        evidence_check(
            "decided_has_decider",
            (AssignmentStatus.ADOPTED, AssignmentStatus.DROPPED),
            "decided_by_id",
            "decided_at",
        ),
    )

    public_id: str = public_id_column()
    chain_id: int | None = foreign_key("chain.id")
    """The chain whose firms it is about; None for all of the city."""
    made_by_id: int = foreign_key("user.id", nullable=False, index=False)
    settings: dict[str, Any] = json_column(dict)
    figures: dict[str, Any] = json_column(dict)
    """Plan, lists by score and first-come in numbers; load by bank; prices of limits."""
    n_pairs: int = 0
    n_unserved: int = 0
    duration_ms: int = 0
    status: AssignmentStatus = status_column(ASSIGNMENT.initial)
    status_changed_at: datetime = time_column(default_now=True)
    decided_by_id: int | None = foreign_key("user.id", index=False)
    decided_at: datetime | None = time_column()
    note: str = Field(default="", max_length=500)


class AssignmentRow(Row, table=True):
    """One need: the product it is sent to, or the cause why it is sent to none."""

    __tablename__ = "assignment_row"
    __table_args__ = (
        UniqueConstraint("proposal_id", "demand_id", "supply_id"),
        CheckConstraint("(supply_id IS NULL) = (cause IS NOT NULL)", name="product_or_cause"),
    )

    public_id: str = public_id_column()
    proposal_id: int = foreign_key("assignment_proposal.id", nullable=False, cascade=True)
    demand_id: int = foreign_key("demand.id", nullable=False)
    supply_id: int | None = foreign_key("supply.id", index=False)
    recommendation_id: int | None = foreign_key("recommendation.id", index=False)
    score: float | None = None
    cause: UnservedCause | None = code_column(UnservedCause)
    closed_gate: str | None = Field(default=None, max_length=40)
    """Of a need without any eligible product: the gate that closes most."""
    outcome: AdoptionOutcome | None = code_column(AdoptionOutcome)
    pairing_id: int | None = foreign_key("pairing.id", index=False)
