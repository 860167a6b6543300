"""Reports that offices file: asked for or due by schedule, drawn up in steps, then kept as they were."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint
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
from vocabulary.lifecycles import OFFICE_REPORT
from vocabulary.office_reports import OfficeReportKind, OfficeReportStatus, ReportFailure, ReportForm, ReportStep

_S = OfficeReportStatus


class OfficeReport(Row, table=True):
    """One report of one office, for one chain or for the city (no chain), over a period. It is never deleted.

    A later report of the same kind, chain, period and filters names the one it supersedes.
    """

    __tablename__ = "office_report"
    __table_args__ = (
        status_check(OfficeReportStatus),
        evidence_check("running_has_start", (_S.RUNNING,), "started_at", "seen_at"),
        evidence_check("done_has_content", (_S.DONE,), "made_at", "sha256"),
        evidence_check("failed_has_reason", (_S.FAILED,), "failure"),
        CheckConstraint("ends_on >= starts_on", name="period_in_order"),
        CheckConstraint("attempts >= 0 AND n_done >= 0", name="counts_not_negative"),
        Index("ix_office_report_office", "organization_id", "created_at"),
    )

    public_id: str = public_id_column()
    kind: OfficeReportKind = required_code(OfficeReportKind)
    organization_id: int = foreign_key("organization.id", nullable=False, index=False)
    """The office it is made for."""
    chain_id: int | None = foreign_key("chain.id")
    starts_on: date
    ends_on: date
    filters: dict[str, Any] = json_column(dict)
    reference: dict[str, Any] = json_column(dict)
    """Versions of the reference data it was made with: chains by code, bands, industry codes."""
    language: str = Field(default="zh", max_length=2)
    """Of its two files; the page is kept in both languages."""
    asked_by_id: int | None = foreign_key("user.id", index=False)
    asked_by_name: str = Field(default="", max_length=80)
    """Empty for a report by schedule."""
    schedule_key: str | None = Field(default=None, max_length=60, unique=True)
    """Office, kind and month of a report by schedule: there is never a second one."""
    step: ReportStep | None = code_column(ReportStep)
    n_done: int = 0
    """Steps that are done."""
    attempts: int = 0
    started_at: datetime | None = time_column()
    seen_at: datetime | None = time_column()
    """When whoever draws it up was last alive."""
    made_at: datetime | None = time_column()
    sha256: str | None = Field(default=None, max_length=64)
    """Of its content."""
    failure: ReportFailure | None = code_column(ReportFailure)
    supersedes_id: int | None = foreign_key("office_report.id")
    status: OfficeReportStatus = status_column(OFFICE_REPORT.initial)
    status_changed_at: datetime = time_column(default_now=True)
    is_demo: bool = False


class OfficeReportFile(Row, table=True):
    """The content or a file of a finished report, never changed. Content is compressed JSON (zlib)."""

    __tablename__ = "office_report_file"
    __table_args__ = (UniqueConstraint("report_id", "form"),)

    report_id: int = foreign_key("office_report.id", nullable=False)
    form: ReportForm = required_code(ReportForm)
    sha256: str = Field(max_length=64)
    """Of `content` as stored."""
    content: bytes = Field(sa_type=LargeBinary)


class ReportSchedule(Row, table=True):
    """An office gets a kind of report by itself, from a day of each month on, about the month before."""

    __tablename__ = "report_schedule"
    __table_args__ = (
        UniqueConstraint("organization_id", "kind"),
        CheckConstraint("day BETWEEN 1 AND 28", name="every_month_has_the_day"),
    )

    organization_id: int = foreign_key("organization.id", nullable=False)
    kind: OfficeReportKind = required_code(OfficeReportKind)
    day: int = 5
    is_on: bool = True
    set_by_id: int | None = foreign_key("user.id", index=False)
    set_by_name: str = Field(default="", max_length=80)
