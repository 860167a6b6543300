"""The library of key projects: each with its schedule, its monthly reports and what its chain aims at."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from models.base import (
    Row,
    evidence_check,
    fen_column,
    foreign_key,
    public_id_column,
    required_code,
    status_check,
    status_column,
    time_column,
)
from vocabulary.lifecycles import PROJECT, PROJECT_REPORT, ProjectStatus, ReportStatus
from vocabulary.projects import ProjectKind, TargetKind

_S = ProjectStatus
_BEGUN = (_S.STARTED, _S.UNDER_CONSTRUCTION, _S.IN_PRODUCTION)


class Project(Row, table=True):
    """One key project (重点项目) of a chain. `investment_fen` is the planned total; what is spent stands in reports."""

    __tablename__ = "project"
    __table_args__ = (
        status_check(ProjectStatus),
        evidence_check("begun_has_dates", _BEGUN, "started_on", "planned_start_on", "planned_finish_on"),
        evidence_check("building_has_date", (_S.UNDER_CONSTRUCTION, _S.IN_PRODUCTION), "construction_on"),
        evidence_check("in_production_has_date", (_S.IN_PRODUCTION,), "in_production_on"),
        evidence_check("dropped_has_reason", (_S.DROPPED,), "dropped_reason"),
        CheckConstraint("investment_fen IS NULL OR investment_fen > 0", name="investment_positive"),
        CheckConstraint("planned_finish_on >= planned_start_on", name="finish_after_start"),
        Index("ix_project_chain_status", "chain_id", "status"),
    )

    public_id: str = public_id_column()
    chain_id: int = foreign_key("chain.id", nullable=False, index=False)
    chain_link_id: int | None = foreign_key("chain_link.id")
    """The link it fills or strengthens."""
    name: str = Field(max_length=120)
    kind: ProjectKind = required_code(ProjectKind)
    summary: str = Field(default="", max_length=2000)
    investor: str = Field(default="", max_length=120)
    organization_id: int | None = foreign_key("organization.id")
    """The firm behind it, where it is registered here."""
    region_code: str | None = Field(default=None, max_length=12)
    land: str = Field(default="", max_length=300)
    investment_fen: int | None = fen_column()
    planned_start_on: date | None = None
    planned_finish_on: date | None = None
    started_on: date | None = None
    construction_on: date | None = None
    in_production_on: date | None = None
    dropped_reason: str | None = Field(default=None, max_length=500)
    owner_id: int | None = foreign_key("user.id", index=False)
    """The official who answers for it."""
    version: int = 1
    status: ProjectStatus = status_column(PROJECT.initial)
    status_changed_at: datetime = time_column(default_now=True)
    is_demo: bool = False


class ProjectSchedule(Row, table=True):
    """Dates a project was once planned with, and why they were moved: its history of slippage."""

    __tablename__ = "project_schedule"

    project_id: int = foreign_key("project.id", nullable=False)
    planned_start_on: date
    planned_finish_on: date
    reason: str = Field(default="", max_length=500)
    set_by_id: int | None = foreign_key("user.id", index=False)


class ProjectReport(Row, table=True):
    """What a project reports for one month (月度调度). Both percentages are frozen when it is reported."""

    __tablename__ = "project_report"
    __table_args__ = (
        status_check(ReportStatus),
        UniqueConstraint("project_id", "month"),
        evidence_check("reported_has_reporter", (ReportStatus.REPORTED,), "reported_by_id", "reported_at"),
        evidence_check("returned_has_note", (ReportStatus.RETURNED,), "returned_note"),
        CheckConstraint("invested_fen >= 0", name="invested_not_negative"),
        Index("ix_project_report_month", "month", "status"),
    )

    public_id: str = public_id_column()
    project_id: int = foreign_key("project.id", nullable=False)
    month: date
    """First day of the month."""
    invested_fen: int = Field(sa_type=BigInteger)
    """Spent since the start, up to the end of the month."""
    progress: str = Field(default="", max_length=1000)
    problems: str = Field(default="", max_length=1000)
    scheduled_percent: int | None = None
    done_percent: int | None = None
    reported_by_id: int | None = foreign_key("user.id", index=False)
    reported_at: datetime | None = time_column()
    returned_note: str | None = Field(default=None, max_length=500)
    version: int = 1
    status: ReportStatus = status_column(PROJECT_REPORT.initial)
    status_changed_at: datetime = time_column(default_now=True)


class ChainTarget(Row, table=True):
    """What a chain wants to reach in a year, such as 5 to 10 large projects. A target of 0 means "none set"."""

    __tablename__ = "chain_target"
    __table_args__ = (
        UniqueConstraint("chain_id", "year", "kind"),
        CheckConstraint("at_least >= 0 AND (at_most IS NULL OR at_most >= at_least)", name="range"),
    )

    chain_id: int = foreign_key("chain.id", nullable=False)
    year: int
    kind: TargetKind = required_code(TargetKind)
    at_least: int
    at_most: int | None = None
