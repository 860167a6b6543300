"""The problem list: what firms and projects get stuck on, whom it was handed to, and what came of it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from models.base import (
    Row,
    code_column,
    evidence_check,
    foreign_key,
    public_id_column,
    required_code,
    status_check,
    status_column,
    time_column,
)
from vocabulary.lifecycles import PROBLEM, ProblemStatus
from vocabulary.problems import ClosingGround, EscalationLevel, ProblemEntryKind, ProblemKind

_S = ProblemStatus


class Problem(Row, table=True):
    """One problem of a firm, of a project or of both. It closes with the firm's word or the office's written reason."""

    __tablename__ = "problem"
    __table_args__ = (
        status_check(ProblemStatus),
        evidence_check("handed_over_has_bureau", (_S.HANDED_OVER,), "bureau", "due_on"),
        evidence_check("answered_has_answer", (_S.ANSWERED,), "answer", "answered_at"),
        evidence_check("closed_has_ground", (_S.CLOSED,), "closing_ground", "closed_at"),
        CheckConstraint(
            "closing_ground IS NULL OR closing_ground <> 'office_decided' OR closing_note IS NOT NULL",
            name="office_says_why",
        ),
        CheckConstraint("organization_id IS NOT NULL OR project_id IS NOT NULL", name="somebodys"),
        Index("ix_problem_queue", "chain_id", "status", "due_on"),
    )

    public_id: str = public_id_column()
    chain_id: int = foreign_key("chain.id", nullable=False, index=False)
    organization_id: int | None = foreign_key("organization.id")
    project_id: int | None = foreign_key("project.id")
    kind: ProblemKind = required_code(ProblemKind)
    title: str = Field(max_length=120)
    text: str = Field(default="", max_length=2000)
    raised_by_id: int = foreign_key("user.id", nullable=False, index=False)
    bureau: str | None = Field(default=None, max_length=60)
    """The bureau it was handed to."""
    due_on: date | None = None
    """Last day for the bureau's answer."""
    escalation: EscalationLevel = code_column(EscalationLevel, default=EscalationLevel.NONE)
    answer: str | None = Field(default=None, max_length=2000)
    answered_at: datetime | None = time_column()
    closing_ground: ClosingGround | None = code_column(ClosingGround)
    closing_note: str | None = Field(default=None, max_length=1000)
    closed_at: datetime | None = time_column()
    status: ProblemStatus = status_column(PROBLEM.initial)
    status_changed_at: datetime = time_column(default_now=True)
    is_demo: bool = False


class ProblemEntry(Row, table=True):
    """One line of a problem's history, never changed."""

    __tablename__ = "problem_entry"

    problem_id: int = foreign_key("problem.id", nullable=False)
    kind: ProblemEntryKind = required_code(ProblemEntryKind)
    text: str = Field(default="", max_length=2000)
    bureau: str = Field(default="", max_length=60)
    due_on: date | None = None
    by_name: str = Field(default="", max_length=80)
    by_organization: str = Field(default="", max_length=120)
