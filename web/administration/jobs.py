"""Jobs for the administrator: what runs, what waits, what failed and why; run again, run now, cancel."""

from datetime import datetime, time, timedelta
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import jobs as lists
from access.lookups import NotVisible
from access.permissions import Permission
from jobs import registry
from vocabulary.jobs import LIVE_JOB, JobKind, JobStatus
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from web.common.pagination import SIZE, Page, requested_page
from web.common.progress import overdue_words
from workflows import jobs
from workflows.calendar import SHANGHAI, city_now

blueprint = Blueprint("administration_jobs", __name__, url_prefix="/jobs")
_ORDER = (JobStatus.RUNNING, JobStatus.WAITING, JobStatus.FAILED, JobStatus.DONE, JobStatus.CANCELLED)


@blueprint.get("/")
@requires(Permission.FOLLOW_JOBS)
def index() -> ResponseReturnValue:
    """What comes each day, then every job by status; never what a job is about."""
    status, kind = _filter()
    actor, number, at = current_actor(), requested_page(), city_now()
    rows, counts = lists.jobs(db(), actor, status=status, kind=kind, page=number, size=SIZE)
    total = sum(counts.values()) if status is None else counts.get(status, 0)
    return render_template(
        "administration/jobs.html",
        page=Page(rows, number, total),
        counts=counts,
        n_all=sum(counts.values()),
        statuses=_ORDER,
        status=status,
        kinds=list(JobKind),
        kind=kind,
        daily=[(line, _next(line, at)) for line in lists.daily(db(), actor, _hours())],
        workers=lists.workers(db(), actor, at),
        is_busy=any(row.status in LIVE_JOB for row in rows),
        seconds=_seconds,
        why=overdue_words,
    )


@blueprint.post("/<public_id>/again")
@requires(Permission.FOLLOW_JOBS)
def run_again(public_id: str) -> ResponseReturnValue:
    """Let a job that failed or was cancelled be done after all."""
    jobs.run_again(db(), current_actor(), lists.job(db(), current_actor(), public_id))
    flash(_("已重新排队，几秒内开始。"), "success")
    return redirect(url_for(".index"), 303)


@blueprint.post("/<public_id>/cancel")
@requires(Permission.FOLLOW_JOBS)
def cancel(public_id: str) -> ResponseReturnValue:
    """Stop a job that has not begun."""
    jobs.cancel(db(), current_actor(), lists.job(db(), current_actor(), public_id))
    flash(_("已取消，不会运行。"), "success")
    return redirect(url_for(".index"), 303)


@blueprint.post("/now/<kind>")
@requires(Permission.FOLLOW_JOBS)
def run_now(kind: str) -> ResponseReturnValue:
    """Do a daily job now, beside the one of the day."""
    if kind not in {str(each) for each in _hours()}:
        raise NotVisible
    jobs.run_now(db(), current_actor(), JobKind(kind))
    flash(_("%(kind)s已排队，几秒内开始。", kind=label(JobKind(kind))), "success")
    return redirect(url_for(".index"), 303)


def _filter() -> tuple[JobStatus | None, JobKind | None]:
    status, kind = (request.args.get(name, "") for name in ("status", "kind"))
    return (
        JobStatus(status) if status in set(JobStatus) else None,
        JobKind(kind) if kind in set(JobKind) else None,
    )


def _hours() -> dict[JobKind, time]:
    return registry.daily(current_app.config["SETTINGS"].digest_hour)


def _next(line: lists.DailyLine, at: datetime) -> datetime:
    """When a daily job comes next: at its hour, today or tomorrow."""
    due_at = datetime.combine(at.date(), line.hour, SHANGHAI)
    return due_at if due_at > at else due_at + timedelta(days=1)


def _seconds(job: Any) -> float | None:
    """How long the last attempt took; None while there is none, and where a clock was set back meanwhile."""
    if job.started_at is None or job.finished_at is None or job.finished_at < job.started_at:
        return None
    return (job.finished_at - job.started_at).total_seconds()
