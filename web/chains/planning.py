"""The plan of a chain in three phases."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from access.lists import chain_plans as lists
from access.lists.plan_measures import measured
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import keeps_chain, may
from vocabulary.lifecycles import PLAN_TASK
from vocabulary.plans import PlanTaskStatus
from vocabulary.projects import TargetKind
from web.chains.plan_forms import BeginForm, StepForm, TaskForm, YearTargetForm, show_problems, zero_words
from web.chains.plan_paper import plan_paper
from web.chains.timeline import timeline
from web.common import spreadsheets
from web.common.chain_map_words import named
from web.common.conflicts import Conflicts, conflicts
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.papers import attachment
from workflows import chain_plans, projects
from workflows.calendar import today
from workflows.errors import AlreadyExists, ChangedMeanwhile, NotComplete
from workflows.reference_data import working_days

blueprint = Blueprint("chains_planning", __name__, url_prefix="/plans")
STEPS = {
    PlanTaskStatus.UNDER_WAY: _l("开始推进"),
    PlanTaskStatus.DONE: _l("完成"),
    PlanTaskStatus.DROPPED: _l("终止任务"),
    PlanTaskStatus.PLANNED: _l("恢复为计划中"),
}


@blueprint.get("/")
@requires(Permission.READ_PROJECTS)
def index() -> ResponseReturnValue:
    """The plans of all chains the reader may see."""
    lines = lists.index(db(), current_actor(), on=today())
    return render_template("chains/plans.html", lines=lines, named=named)


@blueprint.get("/<code>")
@requires(Permission.READ_PROJECTS)
def show(code: str) -> ResponseReturnValue:
    return _page(code, BeginForm(formdata=None), YearTargetForm(formdata=None))


@blueprint.post("/<code>")
@requires(Permission.RUN_PROJECTS)
def begin(code: str) -> ResponseReturnValue:
    """A plan of the usual nine tasks."""
    form = BeginForm()
    chain = lists.chain_to_plan(db(), current_actor(), code)
    if form.validate() and form.starts_on.data is not None:
        try:
            chain_plans.begin(db(), current_actor(), chain_id=chain.id or 0, starts_on=form.starts_on.data)
        except AlreadyExists:
            flash(_("这条链刚刚已有人启动计划。"), "warning")
        else:
            flash(_("计划已按九项任务建立，请逐项明确责任人和指标。"), "success")
        return redirect(url_for(".show", code=code), 303)
    return _page(code, form, YearTargetForm(formdata=None))


@blueprint.post("/<code>/targets")
@requires(Permission.RUN_PROJECTS)
def set_target(code: str) -> ResponseReturnValue:
    """What the chain wants by the end of a year; zero is refused."""
    form = YearTargetForm()
    found = lists.page(db(), current_actor(), code, on=today())
    form.year.choices = _years(found)
    if form.validate():
        if form.at_least.data == 0:
            form.at_least.errors = [zero_words()]
        else:
            projects.set_target(
                db(), current_actor(), chain_id=found.chain.id or 0, year=form.year.data,
                kind=TargetKind(form.kind.data), at_least=form.at_least.data, at_most=None,
            )  # fmt: skip
            flash(_("年度目标已保存。"), "success")
            return redirect(url_for(".show", code=code), 303)
    return _page(code, BeginForm(formdata=None), form)


@blueprint.route("/<code>/tasks/new", methods=["GET", "POST"])
@requires(Permission.RUN_PROJECTS)
def add(code: str) -> ResponseReturnValue:
    """A task of the office's own."""
    actor = current_actor()
    chain = lists.chain_to_plan(db(), actor, code)
    form = _offered(TaskForm(), chain.id or 0)
    if form.validate_on_submit():
        try:
            chain_plans.add_task(db(), actor, form.facts(), chain_id=chain.id or 0)
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            flash(_("已增加任务。"), "success")
            return redirect(url_for(".show", code=code), 303)
    return _task_page(chain, None, form, StepForm(formdata=None))


@blueprint.route("/<code>/tasks/<public_id>", methods=["GET", "POST"])
@requires(Permission.RUN_PROJECTS)
def edit(code: str, public_id: str) -> ResponseReturnValue:
    """Change a task; of two people at once the second sees both versions."""
    actor = current_actor()
    chain = lists.chain_to_plan(db(), actor, code)
    task = lists.task_of(db(), chain, public_id)
    form = _offered(TaskForm(obj=task), chain.id or 0)
    version = request.form.get("version", task.version, type=int)
    if form.validate_on_submit():
        try:
            chain_plans.change_task(db(), actor, task, form.facts(), version=version)
        except NotComplete as refused:
            show_problems(form, refused)
        except ChangedMeanwhile as newer:
            different = conflicts(form, newer.current, lambda **values: _offered(TaskForm(**values), chain.id or 0))
            return _task_page(chain, task, form, StepForm(formdata=None), newer.version, different)
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for(".show", code=code), 303)
    return _task_page(chain, task, form, StepForm(formdata=None), version)


@blueprint.post("/<code>/tasks/<public_id>/steps/<step>")
@requires(Permission.RUN_PROJECTS)
def move(code: str, public_id: str, step: str) -> ResponseReturnValue:
    """Take the next step of a task."""
    actor = current_actor()
    chain = lists.chain_to_plan(db(), actor, code)
    task = lists.task_of(db(), chain, public_id)
    if step not in set(PlanTaskStatus):
        raise NotVisible
    form = StepForm()
    if form.validate():
        try:
            chain_plans.move_task(db(), actor, task, PlanTaskStatus(step), reason=form.reason.data or "")
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            flash(_("任务状态已更新。"), "success")
            return redirect(url_for(".show", code=code), 303)
    return _task_page(chain, task, _offered(TaskForm(formdata=None, obj=task), chain.id or 0), form, task.version)


@blueprint.get("/<code>/measures/<kind>")
@requires(Permission.READ_PROJECTS)
def measure(code: str, kind: str) -> ResponseReturnValue:
    """The rows a figure of the plan counts."""
    chain = lists.chain_to_plan(db(), current_actor(), code)
    if kind not in set(TargetKind):
        raise NotVisible
    rows = measured(db(), current_actor(), chain.id or 0, TargetKind(kind))
    return render_template("chains/plan_measure.html", chain=chain, name=named(chain), kind=TargetKind(kind), rows=rows)


@blueprint.get("/<code>/xlsx")
@requires(Permission.READ_PROJECTS)
def spreadsheet(code: str) -> ResponseReturnValue:
    paper = plan_paper(lists.page(db(), current_actor(), code, on=today()), today())
    return attachment(spreadsheets.spreadsheet(paper), f"{paper.file_name}.xlsx", spreadsheets.XLSX)


def _page(code: str, begin_form: BeginForm, target_form: YearTargetForm) -> ResponseReturnValue:
    actor = current_actor()
    found, calendar = lists.page(db(), actor, code, on=today()), working_days(db())
    target_form.year.choices = _years(found)
    page = render_template(
        "chains/plan.html",
        found=found,
        chain=found.chain,
        name=named(found.chain),
        drawing=timeline(found.phases, today()),
        days_late=lambda task: calendar.between(task.due_on, today()),
        may_run=may(actor, Permission.RUN_PROJECTS) and keeps_chain(actor, found.chain),
        begin_form=begin_form,
        target_form=target_form,
    )
    return page, 422 if begin_form.errors or target_form.errors else 200


def _years(found: lists.PlanPage) -> list[tuple[int, str]]:
    first = found.plan.starts_on.year if found.plan else today().year
    return [(year, str(year)) for year in range(first, first + 4)]


def _offered(form: TaskForm, chain_id: int) -> TaskForm:
    return form.offer(lists.owners(db(), chain_id, on=today()))


def _task_page(
    chain: Any,
    task: Any,
    form: TaskForm,
    step_form: StepForm,
    version: int = 1,
    different: Conflicts | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "chains/plan_task.html",
        chain=chain,
        name=named(chain),
        task=task,
        form=form,
        step_form=step_form,
        version=version,
        conflict=different,
        steps=[(step.value, words) for step, words in STEPS.items() if step in PLAN_TASK.next_steps(task.status)]
        if task
        else [],
    )
    return page, 409 if different else 422 if form.errors or step_form.errors else 200
