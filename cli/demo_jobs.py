"""Jobs of the demo world in every status: nights that ran, reports that wait or were given up, one cancelled."""

from datetime import datetime, timedelta

from sqlmodel import select

from cli.demo_base import DemoBase
from jobs.registry import daily
from models.base import now
from models.job import Job
from models.office_report import OfficeReport
from vocabulary.jobs import LANE, JobFailure, JobKind, JobStatus
from vocabulary.office_reports import OfficeReportStatus
from workflows.calendar import SHANGHAI
from workflows.jobs import schedule_key

_DAYS = 3
_TOOK = {JobKind.NIGHT: 42, JobKind.LEDGER: 1, JobKind.DIGESTS: 2, JobKind.CLEANING: 1, JobKind.RETENTION: 1}
_DIGEST_HOUR = 8
_WORKER = "demo:1"


def add_jobs(base: DemoBase) -> None:
    """What ran on the last days, today's included where its hour has passed, so that the demo begins rested."""
    for back in reversed(range(_DAYS)):
        for kind, hour in daily(_DIGEST_HOUR).items():
            day = base.today - timedelta(days=back)
            due_at = datetime.combine(day, hour, SHANGHAI)
            if due_at < now():
                _add_done(base, kind, due_at)
    _add_of_reports(base)
    base.session.add(
        Job(
            kind=JobKind.ASSIGNMENT, lane=LANE[JobKind.ASSIGNMENT], status=JobStatus.CANCELLED,
            due_at=base.days_ago(2), finished_at=base.days_ago(2), asked_by_name="演示",
        )
    )  # fmt: skip
    base.session.flush()


def _add_done(base: DemoBase, kind: JobKind, due_at: datetime) -> None:
    day = due_at.date()
    base.session.add(
        Job(
            kind=kind, schedule_key=schedule_key(kind, day), lane=LANE.get(kind), status=JobStatus.DONE, attempts=1,
            created_at=due_at, due_at=due_at, started_at=due_at, heartbeat_at=due_at, worker=_WORKER,
            finished_at=due_at + timedelta(seconds=_TOOK[kind]),
        )
    )  # fmt: skip


def _add_of_reports(base: DemoBase) -> None:
    """A job for each report that waits, was left by a dead process, or was given up."""
    of_report = {OfficeReportStatus.QUEUED: JobStatus.WAITING, OfficeReportStatus.RUNNING: JobStatus.RUNNING,
                 OfficeReportStatus.FAILED: JobStatus.FAILED}  # fmt: skip
    for report in base.session.exec(select(OfficeReport)).all():
        if (status := of_report.get(report.status)) is None:
            continue
        has_begun = status is not JobStatus.WAITING
        base.session.add(
            Job(
                kind=JobKind.REPORT, subject=f"office_report:{report.id}", arguments={"report_id": report.id},
                organization_id=report.organization_id, asked_by_id=report.asked_by_id,
                asked_by_name=report.asked_by_name, status=status, attempts=report.attempts,
                started_at=now() if has_begun else None, heartbeat_at=now() if has_begun else None,
                worker=_WORKER if has_begun else None,
                failure=JobFailure.INTERRUPTED if status is JobStatus.FAILED else None,
                finished_at=now() if status is JobStatus.FAILED else None,
            )
        )  # fmt: skip
