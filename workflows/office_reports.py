"""Reports of offices: asked for or due by schedule, claimed by one process, kept for good; and their schedules."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from access.actor import SYSTEM, Actor
from access.permissions import Permission
from access.rules import require
from access.scopes import OFFICES, in_chain
from models.base import now
from models.chain import Chain
from models.office_report import OfficeReport, OfficeReportFile, ReportSchedule
from models.organization import Organization
from models.session import open_session, unit_of_work
from vocabulary import bands
from vocabulary.classifications import Market
from vocabulary.jobs import JobKind
from vocabulary.lifecycles import OFFICE_REPORT
from vocabulary.office_reports import (
    LAST_DAY_OF_SCHEDULE,
    MAX_ATTEMPTS,
    OfficeReportKind,
    OfficeReportStatus,
    ReportFailure,
    ReportForm,
    ReportStep,
)
from vocabulary.roles import OrganizationKind, Role
from workflows import jobs
from workflows.audit import record
from workflows.errors import NotComplete
from workflows.notifications import queue_to_members
from workflows.transitions import advance

_S = OfficeReportStatus
LONGEST_PERIOD_DAYS = 366 * 5


@dataclass(frozen=True)
class Made:
    """What was drawn up: content as JSON, the two files, and the versions of the reference data."""

    content: bytes
    files: dict[ReportForm, bytes]
    reference: dict[str, Any]


def ask(
    session: Session,
    actor: Actor,
    *,
    kind: OfficeReportKind,
    chain_id: int | None,
    starts_on: date,
    ends_on: date,
    filters: dict[str, Any],
    language: str,
    on: date,
) -> OfficeReport:
    """Put a report into the queue. A chain's office makes those of its own chain, the joint office any and the city's.

    Rows written: the report and its event. Raises NotAllowed, and NotComplete by field.
    """
    require(actor, Permission.MAKE_REPORTS)
    problems = _period_problems(starts_on, ends_on, on)
    if actor.organization_kind is OrganizationKind.CHAIN_OFFICE:
        chain_id = actor.chain_id
        if chain_id is None:
            problems["chain_id"] = "no_chain"
    elif chain_id is not None:
        found = session.exec(select(Chain.id).where(in_chain(actor, Chain.id), Chain.id == chain_id)).first()
        if found is None:
            problems["chain_id"] = "unknown"
    if problems:
        raise NotComplete(problems)
    report = OfficeReport(
        kind=kind, organization_id=actor.organization_id or 0, chain_id=chain_id, starts_on=starts_on, ends_on=ends_on,
        filters=filters, language=language, asked_by_id=actor.user_id, asked_by_name=actor.name,
    )  # fmt: skip
    session.add(report)
    session.flush()
    _record(session, actor, report, "office_report_asked")
    _let_draw_up(session, actor, report)
    return report


def try_again(session: Session, actor: Actor, report: OfficeReport) -> None:
    """Put a report that failed back into the queue, with all its attempts."""
    require(actor, Permission.MAKE_REPORTS)
    advance(
        session, actor, OFFICE_REPORT, report, _S.QUEUED, chain_id=report.chain_id, attempts=0, n_done=0, step=None,
        failure=None,
    )  # fmt: skip
    _let_draw_up(session, actor, report)


def set_schedule(session: Session, actor: Actor, *, kind: OfficeReportKind, day: int, is_on: bool) -> ReportSchedule:
    """Let the actor's office get a report each month, from a day on. NotComplete for a day not every month has."""
    require(actor, Permission.MAKE_REPORTS)
    if not 1 <= day <= LAST_DAY_OF_SCHEDULE:
        raise NotComplete({"day": "not_a_day"})
    row = session.exec(
        select(ReportSchedule).where(
            ReportSchedule.organization_id == actor.organization_id, ReportSchedule.kind == kind
        )
    ).first()
    row = row or ReportSchedule(organization_id=actor.organization_id or 0, kind=kind)
    old = {"day": row.day, "is_on": row.is_on} if row.id else None
    row.day, row.is_on, row.set_by_id, row.set_by_name = day, is_on, actor.user_id, actor.name
    session.add(row)
    session.flush()
    record(
        session, actor, "report_schedule_set", subject_kind="report_schedule", subject_id=row.id or 0, old=old,
        new={"kind": kind.value, "day": day, "is_on": is_on}, chain_id=actor.chain_id,
    )  # fmt: skip
    return row


def queue_due(engine: Engine, on: date) -> int:
    """Queue what offices get by schedule about the month before, once each; returns how many were new.

    A day on which nothing ran is made good: what was due earlier in the month is queued now. Of two processes at once
    the database lets one succeed.
    """
    with open_session(engine, read_only=True) as session:
        ids = session.exec(
            select(ReportSchedule.id).where(col(ReportSchedule.is_on), col(ReportSchedule.day) <= on.day)
        ).all()
    return sum(_queue_one(engine, schedule_id or 0, on) for schedule_id in ids)


def _queue_one(engine: Engine, schedule_id: int, on: date) -> bool:
    ends_on = on.replace(day=1) - timedelta(days=1)
    starts_on = ends_on.replace(day=1)
    try:
        with unit_of_work(engine) as session:
            schedule = session.get_one(ReportSchedule, schedule_id)
            office = session.get_one(Organization, schedule.organization_id)
            key = f"{office.id}:{schedule.kind.value}:{starts_on:%Y-%m}"
            if session.exec(select(OfficeReport.id).where(OfficeReport.schedule_key == key)).first() is not None:
                return False
            report = OfficeReport(
                kind=schedule.kind, organization_id=office.id or 0, chain_id=office.chain_id, starts_on=starts_on,
                ends_on=ends_on, schedule_key=key,
            )  # fmt: skip
            session.add(report)
            session.flush()
            _record(session, SYSTEM, report, "office_report_due")
            _let_draw_up(session, SYSTEM, report)
    except IntegrityError:  # another process was faster
        return False
    return True


def office_actor(session: Session, report: OfficeReport) -> Actor:
    """The office as the reader of its report: it finds in it what its own people may see, nobody's private view."""
    office = session.get_one(Organization, report.organization_id)
    assert office.kind in OFFICES
    role = Role.COORDINATOR if office.kind is OrganizationKind.JOINT_OFFICE else Role.OFFICIAL
    return Actor(None, report.asked_by_name, office.id, office.kind, office.legal_name, True, role, office.chain_id)


def claim(session: Session, report: OfficeReport) -> None:
    """Begin to draw it up. Raises StepNotAllowed if another process has begun."""
    at = now()
    advance(
        session, SYSTEM, OFFICE_REPORT, report, _S.RUNNING, chain_id=report.chain_id, started_at=at, seen_at=at,
        attempts=report.attempts + 1, n_done=0, step=None,
    )  # fmt: skip


def say_step(session: Session, report_id: int, attempt: int, step: ReportStep, n_done: int) -> bool:
    """Note what is being done; False if the report is no longer this attempt's, so that it may stop."""
    done = session.connection().execute(
        update(OfficeReport)
        .where(
            col(OfficeReport.id) == report_id,
            col(OfficeReport.status) == _S.RUNNING,
            col(OfficeReport.attempts) == attempt,
        )
        .values(step=step, n_done=n_done, seen_at=now())
    )
    return done.rowcount == 1


def finish(session: Session, report: OfficeReport, attempt: int, made: Made) -> None:
    """Keep what was drawn up; from now on nothing of it changes.

    Rows written: the report, its content and two files, an event; queued: a notice to the office, where the report came
    by schedule. Raises StepNotAllowed if the report was given to another process meanwhile.
    """
    older = _superseded(session, report)
    advance(
        session, SYSTEM, OFFICE_REPORT, report, _S.DONE, chain_id=report.chain_id, only_if={"attempts": attempt},
        made_at=now(), sha256=hashlib.sha256(made.content).hexdigest(), reference=made.reference, step=None,
        supersedes_id=older.id if older else None,
    )  # fmt: skip
    packed = {ReportForm.CONTENT: zlib.compress(made.content, 6), **made.files}
    for form, content in packed.items():
        session.add(
            OfficeReportFile(
                report_id=report.id or 0, form=form, sha256=hashlib.sha256(content).hexdigest(), content=content
            )
        )
    _tell(session, report, "office_report_done")


def fail(session: Session, report: OfficeReport, attempt: int, failure: ReportFailure) -> None:
    """Say that there is no report, and why. StepNotAllowed as for `finish`."""
    advance(
        session, SYSTEM, OFFICE_REPORT, report, _S.FAILED, chain_id=report.chain_id, only_if={"attempts": attempt},
        failure=failure, step=None,
    )  # fmt: skip
    _tell(session, report, "office_report_failed")


def make_ready(session: Session, report: OfficeReport) -> bool:
    """Put a report that an earlier worker left, or that failed, back into the queue; False if there is nothing to do.

    Whoever calls this holds the report's job, so nobody else is at work on it. After its last attempt a report that
    was left fails instead.
    """
    if report.status is _S.RUNNING and report.attempts >= MAX_ATTEMPTS:
        fail(session, report, report.attempts, ReportFailure.INTERRUPTED)
        return False
    if report.status is _S.RUNNING:
        advance(session, SYSTEM, OFFICE_REPORT, report, _S.QUEUED, chain_id=report.chain_id)
    elif report.status is _S.FAILED:
        advance(session, SYSTEM, OFFICE_REPORT, report, _S.QUEUED, chain_id=report.chain_id, attempts=0, failure=None)
    return report.status is _S.QUEUED


def reference_versions(chains: Sequence[Chain]) -> dict[str, Any]:
    """Which versions of the reference data a report was made with."""
    return {
        "chains": {chain.code: chain.version for chain in chains},
        "bands": bands.VERSION,
        "industries": "GB/T 4754-2017",
    }


def market_of(filters: dict[str, Any]) -> Market | None:
    wanted = filters.get("market")
    return Market(wanted) if wanted else None


def _superseded(session: Session, report: OfficeReport) -> OfficeReport | None:
    """The newest finished report that says the same of the same period."""
    rows = session.exec(
        select(OfficeReport)
        .where(
            OfficeReport.status == _S.DONE,
            OfficeReport.kind == report.kind,
            OfficeReport.organization_id == report.organization_id,
            col(OfficeReport.chain_id).is_(None)
            if report.chain_id is None
            else col(OfficeReport.chain_id) == report.chain_id,
            OfficeReport.starts_on == report.starts_on,
            OfficeReport.ends_on == report.ends_on,
        )
        .order_by(col(OfficeReport.made_at).desc().nulls_last(), col(OfficeReport.id).desc())
    ).all()
    return next((row for row in rows if row.filters == report.filters), None)


def _period_problems(starts_on: date, ends_on: date, on: date) -> dict[str, str]:
    if ends_on < starts_on:
        return {"ends_on": "before_start"}
    if starts_on > on:
        return {"starts_on": "in_future"}
    return {"ends_on": "too_long"} if (ends_on - starts_on).days > LONGEST_PERIOD_DAYS else {}


def _tell(session: Session, report: OfficeReport, event: str) -> None:
    """The office learns of what came by schedule; whoever asked for a report watches it being made."""
    if report.schedule_key is not None:
        office = session.get_one(Organization, report.organization_id)
        values = {
            "report": report.public_id, "kind": report.kind.value, "month": f"{report.starts_on:%Y-%m}",
            "name": office.legal_name,
        }  # fmt: skip
        queue_to_members(session, [report.organization_id], template=event, values=values)


def _let_draw_up(session: Session, actor: Actor, report: OfficeReport) -> None:
    jobs.ask(
        session, actor, JobKind.REPORT, subject=f"office_report:{report.id}", arguments={"report_id": report.id}
    )  # fmt: skip


def _record(session: Session, actor: Actor, report: OfficeReport, action: str) -> None:
    record(
        session, actor, action, subject_kind="office_report", subject_id=report.id or 0,
        new={"kind": report.kind.value, "report": report.public_id, "period": f"{report.starts_on}/{report.ends_on}"},
        chain_id=report.chain_id,
    )  # fmt: skip
