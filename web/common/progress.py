"""Following a job that was asked for: how far it is, and then its result."""

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import jobs as lists
from access.permissions import Permission
from models.job import Job
from vocabulary.jobs import LIVE_JOB, JobFailure, JobKind, JobStatus
from web.common.database import db
from web.common.filters import moment
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label

blueprint = Blueprint("progress", __name__, url_prefix="/in-progress")
_RESULTS = {
    JobKind.REPORT: "reports.show",
    JobKind.POLICY: "officials_policy.show",
    JobKind.ASSIGNMENT: "officials_assignments.show",
    JobKind.TRAINING: "administration_models.show",
}
"""Where the result of a job is read, by its public id."""


@blueprint.get("/<public_id>")
@requires(Permission.HAVE_ACCOUNT)
def show(public_id: str) -> ResponseReturnValue:
    """How far a job of the own organization is, looking again by itself; then its result."""
    job = lists.own_job(db(), current_actor(), public_id)
    if job.status is JobStatus.DONE and (endpoint := _RESULTS.get(job.kind)) in current_app.view_functions:
        return over() or redirect(url_for(str(endpoint), public_id=job.result), 303)
    if job.status not in LIVE_JOB and (answer := over()):
        return answer
    return make_response(render_template("components/waiting.html", job=job, is_live=job.status in LIVE_JOB))


def over() -> Response | None:
    """For a page that looked again by itself after the end: it is to be loaded anew. None for a person's request."""
    if request.headers.get("HX-Request") != "true":
        return None
    return Response("", headers={"HX-Refresh": "true", "Vary": "HX-Request"})


@blueprint.app_template_filter()
def job_words(job: Job) -> str:
    """What is happening to a job, in a sentence."""
    if job.status is JobStatus.RUNNING:
        if not job.phase:
            return _("已经开始。")
        return _(
            "第 %(n)s 步，共 %(total)s 步：%(step)s", n=job.n_done + 1, total=job.n_total, step=label(job.phase)
        )  # fmt: skip
    if job.status is JobStatus.WAITING:
        return overdue_words(job) or _("排在队里，很快开始。")
    return str(label(job.status))


def overdue_words(job: Job) -> str:
    """Why a job that was begun is not done; empty if nothing went wrong."""
    if job.failure is None or job.status is JobStatus.DONE:
        return ""
    if job.status is JobStatus.WAITING and job.failure is JobFailure.INTERRUPTED:
        return _("服务中断过，即将重新开始。")
    if job.status is JobStatus.WAITING:
        return _("运行出错，%(when)s 自动再试。", when=moment(job.due_at))
    return str(label(job.failure))
