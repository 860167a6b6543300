"""What a chain lacks, what was seen of it each month, and the leads and tasks that are to fill it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from models.base import (
    Row,
    code_column,
    evidence_check,
    foreign_key,
    json_column,
    public_id_column,
    required_code,
    status_check,
    status_column,
    time_column,
)
from vocabulary.gaps import (
    GAP,
    GAP_TASK,
    GapCause,
    GapEventKind,
    GapKind,
    GapStatus,
    GapTaskEnding,
    GapTaskKind,
    GapTaskStatus,
)
from vocabulary.reasons import GateCode

_T = GapTaskStatus


class Gap(Row, table=True):
    """One gap (断点缺口). Its figures are those of the last run that found it; `key` tells it from others of its kind.

    `quantities` maps a unit to thousandths of it: units that do not convert stay apart.
    """

    __tablename__ = "gap"
    __table_args__ = (
        status_check(GapStatus),
        evidence_check("closed_has_cause", (GapStatus.CLOSED,), "cause", "closed_on"),
        UniqueConstraint("chain_id", "kind", "key"),
        CheckConstraint("value_fen >= 0", name="value_not_negative"),
        Index("ix_gap_rank", "status", "value_fen"),
    )

    public_id: str = public_id_column()
    chain_id: int = foreign_key("chain.id", nullable=False)
    chain_link_id: int | None = foreign_key("chain_link.id")
    kind: GapKind = required_code(GapKind)
    key: str = Field(max_length=700)
    product: str = Field(max_length=200)
    """The good that is missing; of a financing gap the code of the loan's purpose."""
    specification: str = Field(default="", max_length=500)
    quantities: dict[str, int] = json_column(dict)
    value_fen: int = Field(sa_type=BigInteger)
    n_needs: int = 0
    n_unpriced: int = 0
    """Needs without an amount, which the value therefore leaves out."""
    n_buyers: int = 0
    gate: GateCode | None = code_column(GateCode)
    """Of a financing gap: the condition that closes most of the products nearest to fitting."""
    n_gate: int = 0
    first_seen_on: date
    last_seen_on: date
    cause: GapCause | None = code_column(GapCause)
    cause_note: str = Field(default="", max_length=500)
    closed_on: date | None = None
    closed_by_project_id: int | None = foreign_key("project.id")
    status: GapStatus = status_column(GAP.initial)
    status_changed_at: datetime = time_column(default_now=True)


class GapNeed(Row, table=True):
    """A need that a gap counts, since when; one that left the gap has its day."""

    __tablename__ = "gap_need"
    __table_args__ = (UniqueConstraint("gap_id", "demand_id"),)

    gap_id: int = foreign_key("gap.id", nullable=False, index=False)
    demand_id: int = foreign_key("demand.id", nullable=False)
    since: date
    left_on: date | None = None


class GapMonth(Row, table=True):
    """What the last run of a month said of a gap."""

    __tablename__ = "gap_month"
    __table_args__ = (UniqueConstraint("gap_id", "month"),)

    gap_id: int = foreign_key("gap.id", nullable=False, index=False)
    month: date
    """First day of the month."""
    value_fen: int = Field(sa_type=BigInteger)
    quantities: dict[str, int] = json_column(dict)
    n_needs: int = 0
    n_buyers: int = 0


class GapEvent(Row, table=True):
    """One line of a gap's history, never changed."""

    __tablename__ = "gap_event"

    gap_id: int = foreign_key("gap.id", nullable=False)
    kind: GapEventKind = required_code(GapEventKind)
    on: date
    cause: GapCause | None = code_column(GapCause)
    note: str = Field(default="", max_length=500)
    project_id: int | None = foreign_key("project.id", index=False)


class GapTask(Row, table=True):
    """An investment lead, or an upgrade task for one firm, with who answers for it and until when."""

    __tablename__ = "gap_task"
    __table_args__ = (
        status_check(GapTaskStatus),
        evidence_check("in_project_has_project", (_T.IN_PROJECT,), "project_id"),
        evidence_check("ended_has_ending", (_T.DONE, _T.DROPPED), "ending"),
        CheckConstraint("kind <> 'upgrade' OR organization_id IS NOT NULL", name="upgrade_has_firm"),
        Index("ix_gap_task_due", "status", "due_on"),
    )

    public_id: str = public_id_column()
    gap_id: int = foreign_key("gap.id", nullable=False)
    chain_id: int = foreign_key("chain.id", nullable=False)
    kind: GapTaskKind = required_code(GapTaskKind)
    title: str = Field(max_length=120)
    note: str = Field(default="", max_length=1000)
    organization_id: int | None = foreign_key("organization.id")
    lacks: list[dict[str, Any]] = json_column(list)
    """Closed gates of an upgrade task as the run kept them, frozen when it was set."""
    changes: list[dict[str, Any]] = json_column(list)
    owner_id: int = foreign_key("user.id", nullable=False)
    due_on: date
    project_id: int | None = foreign_key("project.id")
    ending: GapTaskEnding | None = code_column(GapTaskEnding)
    end_note: str = Field(default="", max_length=500)
    ended_on: date | None = None
    status: GapTaskStatus = status_column(GAP_TASK.initial)
    status_changed_at: datetime = time_column(default_now=True)
