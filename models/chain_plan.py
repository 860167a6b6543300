"""The plan of a chain in three phases (三阶段行动计划) and its dated tasks."""

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
from vocabulary.lifecycles import PLAN_TASK
from vocabulary.plans import PlanPhase, PlanTaskKind, PlanTaskStatus
from vocabulary.projects import TargetKind


class ChainPlan(Row, table=True):
    """The one plan of a chain. Its phases are the three years from `starts_on`."""

    __tablename__ = "chain_plan"

    chain_id: int = foreign_key("chain.id", nullable=False, index=False)
    starts_on: date
    begun_by_id: int | None = foreign_key("user.id", index=False)

    __table_args__ = (Index("uq_chain_plan_chain", "chain_id", unique=True),)


class PlanTask(Row, table=True):
    """One task of a plan. With a measure its progress is counted, without one it is what a person says."""

    __tablename__ = "plan_task"
    __table_args__ = (
        status_check(PlanTaskStatus),
        evidence_check("done_has_date", (PlanTaskStatus.DONE,), "done_on"),
        evidence_check("dropped_has_reason", (PlanTaskStatus.DROPPED,), "dropped_reason"),
        CheckConstraint("due_on >= starts_on", name="due_after_start"),
        CheckConstraint("(measure IS NULL) = (target IS NULL)", name="measure_has_target"),
        CheckConstraint("target IS NULL OR target > 0", name="target_positive"),
        CheckConstraint("kind IS NOT NULL OR name <> ''", name="has_name"),
        Index("ix_plan_task_chain_due", "chain_id", "due_on"),
    )

    public_id: str = public_id_column()
    chain_id: int = foreign_key("chain.id", nullable=False, index=False)
    phase: PlanPhase = required_code(PlanPhase)
    kind: PlanTaskKind | None = code_column(PlanTaskKind)
    """One of the usual nine; the office's own tasks have a name instead."""
    name: str = Field(default="", max_length=80)
    starts_on: date
    due_on: date
    owner_id: int | None = foreign_key("user.id", index=False)
    measure: TargetKind | None = code_column(TargetKind)
    target: int | None = None
    note: str = Field(default="", max_length=500)
    """Progress by a person's word."""
    done_on: date | None = None
    dropped_reason: str | None = Field(default=None, max_length=500)
    reminded_due_on: date | None = None
    """The due day the office was last reminded of."""
    version: int = 1
    status: PlanTaskStatus = status_column(PLAN_TASK.initial)
    status_changed_at: datetime = time_column(default_now=True)
