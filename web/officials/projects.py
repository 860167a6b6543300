"""The library of key projects."""

from enum import StrEnum
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from access.lists import gaps, profiles
from access.lists import projects as lists
from access.permissions import Permission
from access.rules import may
from vocabulary.lifecycles import PROJECT, ProjectStatus, ReportStatus
from vocabulary.projects import RED_ABOVE, YELLOW_FROM, Light, TargetKind
from web.common.conflicts import Conflicts, conflicts
from web.common.database import db
from web.common.gap_words import gap_name
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.languages import language
from web.common.pagination import SIZE, Page, requested_page
from web.officials.project_forms import MoveForm, ProjectForm, ReportForm, TargetForm, show_problems
from workflows import projects
from workflows.calendar import today
from workflows.errors import ChangedMeanwhile, NotComplete

blueprint = Blueprint("officials_projects", __name__, url_prefix="/projects")

MOVES = {
    ProjectStatus.STARTED: _l("开工"),
    ProjectStatus.UNDER_CONSTRUCTION: _l("转入在建"),
    ProjectStatus.IN_PRODUCTION: _l("投产"),
    ProjectStatus.DROPPED: _l("终止项目"),
    ProjectStatus.RESERVE: _l("恢复为储备"),
}


@blueprint.get("/")
@requires(Permission.READ_PROJECTS)
def index() -> ResponseReturnValue:
    """The library, by chain; every count opens its rows."""
    return _library(TargetForm(formdata=None))


@blueprint.post("/targets")
@requires(Permission.RUN_PROJECTS)
def set_target() -> ResponseReturnValue:
    form = _offered_targets(TargetForm())
    if form.validate():
        try:
            projects.set_target(
                db(), current_actor(), chain_id=form.chain_id.data, year=today().year,
                kind=TargetKind.LARGE_PROJECTS, at_least=form.at_least.data, at_most=form.at_most.data,
            )  # fmt: skip
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            flash(_("目标已保存。"), "success")
            return redirect(url_for(".index"), 303)
    return _library(form)


def _library(target_form: TargetForm) -> ResponseReturnValue:
    actor, number = current_actor(), requested_page()
    filters = lists.Filters(
        chain_id=request.args.get("chain", type=int),
        status=_code(ProjectStatus, "status"),
        light=_code(Light, "light"),
        is_large="large" in request.args,
        is_due="due" in request.args,
        link_id=request.args.get("link", type=int),
    )
    found = lists.library(db(), actor, filters, on=today())
    page = render_template(
        "officials/projects/index.html",
        found=found,
        page=Page(found.lines[(number - 1) * SIZE : number * SIZE], number, len(found.lines)),
        filters=filters,
        statuses=list(ProjectStatus),
        lights=[Light.GREEN, Light.YELLOW, Light.RED, Light.NO_REPORT, Light.NO_AMOUNT],
        chains=profiles.chain_choices(db()) if actor.chain_id is None else [],
        targets=lists.targets(db(), actor, year=today().year),
        year=today().year,
        target_form=_offered_targets(target_form),
        may_run=may(actor, Permission.RUN_PROJECTS),
        rule={"yellow": YELLOW_FROM, "red": RED_ABOVE},
    )
    return page, 422 if target_form.errors else 200


def _code(codes: type[StrEnum], name: str) -> Any:
    """A code asked for in the address; anything else asks for all."""
    wanted = request.args.get(name, "")
    return codes(wanted) if wanted in set(codes) else None


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.RUN_PROJECTS)
def new() -> ResponseReturnValue:
    actor = current_actor()
    form = _offered(ProjectForm(chain_link_id=request.args.get("link", type=int), chain_id=actor.chain_id))
    if form.validate_on_submit():
        try:
            project = projects.add(db(), actor, form.facts(), chain_id=form.chain_id.data)
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            flash(_("项目已入库，状态为储备。"), "success")
            return redirect(url_for(".show", public_id=project.public_id), 303)
    return _edit_page(form, None)


@blueprint.get("/<public_id>")
@requires(Permission.READ_PROJECTS)
def show(public_id: str) -> ResponseReturnValue:
    """One project; `month` puts what was saved for that month into the form."""
    wanted = request.args.get("month", f"{today():%Y-%m}")
    form = ReportForm(formdata=None, month=wanted)
    project = lists.project_to_read(db(), current_actor(), public_id)
    month = form.month_day()
    saved = projects.report_of(db(), project, month) if month else None
    if saved is not None:
        form = ReportForm(formdata=None, obj=saved, month=wanted)
        form.month.data = wanted
    return _page(public_id, form, MoveForm(formdata=None))


@blueprint.route("/<public_id>/edit", methods=["GET", "POST"])
@requires(Permission.RUN_PROJECTS)
def edit(public_id: str) -> ResponseReturnValue:
    """Change what was filed; of two people at once the second sees both versions."""
    project = lists.project_to_read(db(), current_actor(), public_id)
    form = _offered(ProjectForm(obj=project))
    version = request.form.get("version", project.version, type=int)
    if form.validate_on_submit():
        try:
            projects.change(
                db(), current_actor(), project, form.facts(), version=version, reason=form.reason.data or ""
            )
        except NotComplete as refused:
            show_problems(form, refused)
        except ChangedMeanwhile as newer:
            different = conflicts(form, newer.current, lambda **values: _offered(ProjectForm(**values)))
            return _edit_page(form, project, version=newer.version, different=different)
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for(".show", public_id=public_id), 303)
    return _edit_page(form, project, version=version)


@blueprint.post("/<public_id>/steps/<step>")
@requires(Permission.RUN_PROJECTS)
def move(public_id: str, step: str) -> ResponseReturnValue:
    """Take the next step of the project's life."""
    project = lists.project_to_read(db(), current_actor(), public_id)
    form = MoveForm()
    if step in set(ProjectStatus) and form.validate():
        try:
            projects.move(
                db(), current_actor(), project, ProjectStatus(step), on=form.on.data or today(),
                reason=form.reason.data or "",
            )  # fmt: skip
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            flash(_("项目状态已更新。"), "success")
            return redirect(url_for(".show", public_id=public_id), 303)
    return _page(public_id, ReportForm(formdata=None, month=f"{today():%Y-%m}"), form)


@blueprint.post("/<public_id>/reports")
@requires(Permission.RUN_PROJECTS)
def save_report(public_id: str) -> ResponseReturnValue:
    """Keep a month, and report it if asked: then it is locked."""
    project = lists.project_to_read(db(), current_actor(), public_id)
    form = ReportForm()
    month = form.month_day()
    if form.validate() and month is not None:
        try:
            row = projects.save_report(
                db(), current_actor(), project, month=month, invested_fen=form.invested_fen.data,
                progress=form.progress.data or "", problems=form.problems.data or "",
                version=request.form.get("version", 0, type=int),
            )  # fmt: skip
            if request.form.get("action") == "report":
                projects.report(db(), current_actor(), project, row)
        except NotComplete as refused:
            show_problems(form, refused)
        except ChangedMeanwhile as newer:
            different = conflicts(form, newer.current, ReportForm)
            return _page(public_id, form, MoveForm(formdata=None), different)
        else:
            flash(_("已上报并锁定。") if request.form.get("action") == "report" else _("已存为草稿。"), "success")
            return redirect(url_for(".show", public_id=public_id), 303)
    return _page(public_id, form, MoveForm(formdata=None))


@blueprint.post("/<public_id>/reports/<report_id>/return")
@requires(Permission.RUN_PROJECTS)
def return_report(public_id: str, report_id: str) -> ResponseReturnValue:
    """Open a locked month again, with a reason."""
    project = lists.project_to_read(db(), current_actor(), public_id)
    try:
        projects.return_report(
            db(), current_actor(), project, lists.report_of(db(), project, report_id),
            note=request.form.get("note", "")[:500],
        )  # fmt: skip
    except NotComplete:
        flash(_("请写明退回的原因。"), "warning")
    else:
        flash(_("已退回，可以修改后重新上报。"), "success")
    return redirect(url_for(".show", public_id=public_id), 303)


def _page(
    public_id: str, report_form: ReportForm, move_form: MoveForm, different: Conflicts | None = None
) -> ResponseReturnValue:
    actor = current_actor()
    found = lists.page(db(), actor, public_id, on=today())
    status = found.line.project.status
    month = report_form.month_day()
    saved = next((row for row, _who in found.reports if row.month == month), None)
    page = render_template(
        "officials/projects/show.html",
        found=found,
        gap_lines=gaps.of_project(db(), actor, found.line.project, on=today()),
        gap_name=gap_name,
        line=found.line,
        project=found.line.project,
        moves=[(step.value, words) for step, words in MOVES.items() if step in PROJECT.next_steps(status)],
        may_run=may(actor, Permission.RUN_PROJECTS),
        may_report=status in projects.REPORTING,
        report_form=report_form,
        returnable=next((row.public_id for row, _who in found.reports if row.status is ReportStatus.REPORTED), None),
        report_version=saved.version if saved else None,
        conflict=different,
        move_form=move_form,
        rule={"yellow": YELLOW_FROM, "red": RED_ABOVE},
    )
    return page, 409 if different else 422 if report_form.errors or move_form.errors else 200


def _edit_page(
    form: ProjectForm, project: Any, *, version: int = 1, different: Conflicts | None = None
) -> ResponseReturnValue:
    page = render_template(
        "officials/projects/edit.html", form=form, project=project, version=version, conflict=different
    )
    return page, 409 if different else 422 if form.errors else 200


def _offered(form: ProjectForm) -> ProjectForm:
    actor = current_actor()
    chains = [row for row in profiles.chain_choices(db()) if actor.chain_id in (None, row.id)]
    return form.offer(chains, profiles.link_choices(db()))


def _offered_targets(form: TargetForm) -> TargetForm:
    rows = lists.targets(db(), current_actor(), year=today().year)
    form.chain_id.choices = [(row.chain_id, row.chain_en if language() == "en" else row.chain_zh) for row in rows]
    return form
