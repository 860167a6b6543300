"""Reports of an office as its people find them: the register, one of them, what is kept of it, the schedules."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from access.scopes import own
from models.chain import Chain
from models.office_report import OfficeReport, OfficeReportFile, ReportSchedule
from vocabulary.office_reports import OfficeReportKind, OfficeReportStatus, ReportForm


class ContentChanged(Exception):
    """What is kept of a report is not what was kept when it was made."""


@dataclass(frozen=True)
class ReportLine:
    """One report with its chain (None: the city) and, where a newer one took its place, the address of that one."""

    report: OfficeReport
    chain: Chain | None
    superseded_by: str | None
    supersedes: str | None


@dataclass(frozen=True)
class Register:
    lines: list[ReportLine]
    total: int
    is_busy: bool
    """Whether one of the office's reports is waiting or being made."""


def reports(
    session: Session, actor: Actor, *, kind: OfficeReportKind | None = None, page: int = 1, size: int = 50
) -> Register:
    """One page of the office's reports, the newest first."""
    require(actor, Permission.MAKE_REPORTS)
    conditions: list[Any] = [own(actor, OfficeReport.organization_id)]
    busy = (OfficeReportStatus.QUEUED, OfficeReportStatus.RUNNING)
    is_busy = session.exec(select(OfficeReport.id).where(*conditions, col(OfficeReport.status).in_(busy))).first()
    if kind is not None:
        conditions.append(col(OfficeReport.kind) == kind)
    total = session.exec(select(func.count()).select_from(OfficeReport).where(*conditions)).one()
    return Register(_lines(session, conditions, offset=(page - 1) * size, limit=size), total, is_busy is not None)


def report(session: Session, actor: Actor, public_id: str) -> ReportLine:
    """One report of the actor's office, or NotVisible."""
    require(actor, Permission.MAKE_REPORTS)
    conditions = [own(actor, OfficeReport.organization_id), col(OfficeReport.public_id) == public_id]
    found = _lines(session, conditions, offset=0, limit=1)
    if not found:
        raise NotVisible
    return found[0]


def _lines(session: Session, conditions: list[Any], *, offset: int, limit: int) -> list[ReportLine]:
    newer, older = OfficeReport.__table__.alias("newer"), OfficeReport.__table__.alias("older")  # type: ignore[attr-defined]
    rows = session.execute(
        select_columns(OfficeReport, Chain, newer.c.public_id, older.c.public_id)
        .outerjoin(Chain, col(Chain.id) == col(OfficeReport.chain_id))
        .outerjoin(newer, newer.c.supersedes_id == col(OfficeReport.id))
        .outerjoin(older, older.c.id == col(OfficeReport.supersedes_id))
        .where(*conditions)
        .order_by(col(OfficeReport.id).desc())
        .offset(offset)
        .limit(limit)
    ).all()
    return [ReportLine(*row) for row in rows]


def kept(session: Session, report: OfficeReport, form: ReportForm) -> bytes:
    """What is kept of a finished report. Raises NotVisible if there is none, ContentChanged if its hash differs."""
    row = session.exec(
        select(OfficeReportFile).where(OfficeReportFile.report_id == report.id, OfficeReportFile.form == form)
    ).first()
    if row is None:
        raise NotVisible
    if hashlib.sha256(row.content).hexdigest() != row.sha256:
        raise ContentChanged
    if form is not ReportForm.CONTENT:
        return row.content
    content = zlib.decompress(row.content)
    if hashlib.sha256(content).hexdigest() != report.sha256:
        raise ContentChanged
    return content


def schedules(session: Session, actor: Actor) -> dict[OfficeReportKind, ReportSchedule]:
    """The office's schedules by kind."""
    require(actor, Permission.MAKE_REPORTS)
    rows: Sequence[ReportSchedule] = session.exec(
        select(ReportSchedule).where(own(actor, ReportSchedule.organization_id))
    ).all()
    return {row.kind: row for row in rows}
