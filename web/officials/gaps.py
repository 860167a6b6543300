"""What the office's chains lack: the list, each gap with its evidence, leads, upgrade tasks and projects."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from access.lists import gaps as lists
from access.lists.gaps import GapFilters, GapPage
from access.lists.profiles import chain_choices
from access.permissions import Permission
from vocabulary.gaps import GAP_TASK, GapKind, GapStatus, GapTaskKind, GapTaskStatus
from web.common.database import db
from web.common.fields import Form, MoneyField
from web.common.funding_paper import made_facts
from web.common.gap_words import gap_name, help_words, lack_words, market_of, quantity_words, show_problems
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.pagination import SIZE, Page, requested_page
from web.common.papers import attachment
from web.common.profile_values import named
from web.common.spreadsheets import XLSX, spreadsheet
from web.officials.gap_paper import gaps_paper
from workflows import gaps
from workflows.calendar import today
from workflows.errors import NotComplete

blueprint = Blueprint("officials_gaps", __name__, url_prefix="/gaps")
_REQUIRED = _l("请填写。")
_USUAL_DAYS = 60
"""Days that a lead or task is usually given."""
_WORDS = {
    "gap_name": gap_name, "quantity_words": quantity_words, "lack_words": lack_words, "help_words": help_words,
    "market_of": market_of,
}  # fmt: skip


class TaskForm(Form):
    title = StringField(_l("要做什么"), [DataRequired(_REQUIRED), Length(max=120)])
    owner_id = SelectField(_l("责任人"), coerce=int)
    due_on = DateField(_l("期限"), [InputRequired(_REQUIRED)])
    note = TextAreaField(
        _l("说明"), [Length(max=1000)], filters=[lambda text: (text or "").strip()], render_kw={"rows": 2}
    )


class UpgradeForm(TaskForm):
    near_miss = SelectField(_l("哪家企业"))


class ProjectOfTaskForm(Form):
    name = StringField(_l("项目名称"), [DataRequired(_REQUIRED), Length(max=120)])
    investor = StringField(_l("投资方"), [Length(max=120)], filters=[lambda text: (text or "").strip()])
    investment_fen = MoneyField(_l("总投资"), [Optional()])


class EndForm(Form):
    end_note = StringField(_l("结果"), [DataRequired(_REQUIRED), Length(max=500)])


@blueprint.get("/")
@requires(Permission.HANDLE_GAPS)
def index() -> ResponseReturnValue:
    """Gaps of the office's chains, the one worth most first; every count opens its rows."""
    actor, number, filters = current_actor(), requested_page(), _filters()
    found = lists.gaps(db(), actor, filters, on=today(), page=number, size=SIZE)
    return render_template(
        "officials/gaps/index.html",
        found=found,
        page=Page(found.lines, number, found.total),
        filters=filters,
        asked=_asked(filters),
        statuses=list(GapStatus),
        kinds=list(GapKind),
        chains=chain_choices(db()) if actor.chain_id is None else [],
        **_WORDS,
    )


@blueprint.get("/xlsx")
@requires(Permission.HANDLE_GAPS)
def as_spreadsheet() -> ResponseReturnValue:
    """All rows of the list that is on the page."""
    actor, filters = current_actor(), _filters()
    chain_name = named(chain_choices(db())).get(filters.chain_id or actor.chain_id or 0, "")
    facts = [
        *made_facts(f"{actor.organization_name} {actor.name}", datetime.now(UTC)),
        (_("产业链"), chain_name or _("全部")),
    ]
    lines = lists.gaps(db(), actor, filters, on=today()).lines
    paper = gaps_paper(
        lines, facts=facts, on=today(), url_of=lambda line: url_for(".show", public_id=line.gap.public_id)
    )
    return attachment(spreadsheet(paper), f"{paper.file_name}.xlsx", XLSX)


@blueprint.get("/<public_id>")
@requires(Permission.HANDLE_GAPS)
def show(public_id: str) -> ResponseReturnValue:
    return _page(public_id)


@blueprint.post("/<public_id>/leads")
@requires(Permission.HANDLE_GAPS)
def add_lead(public_id: str) -> ResponseReturnValue:
    """Give somebody the task to find an investor."""
    page = lists.gap_page(db(), current_actor(), public_id, on=today())
    form = _offered(TaskForm(), page)
    if form.validate():
        try:
            gaps.add_lead(db(), current_actor(), page.line.gap, **form.values())
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            flash(_("已下达招商线索。"), "success")
            return redirect(url_for(".show", public_id=public_id), 303)
    return _page(public_id, lead=form)


@blueprint.post("/<public_id>/upgrades")
@requires(Permission.HANDLE_GAPS)
def add_upgrade(public_id: str) -> ResponseReturnValue:
    """Help a firm that nearly fits; it is told."""
    actor = current_actor()
    page = lists.gap_page(db(), actor, public_id, on=today())
    form = _offered(UpgradeForm(), page)
    if form.validate():
        values = form.values()
        miss = lists.near_miss(db(), actor, page.line.gap, values.pop("near_miss"))
        try:
            gaps.add_upgrade(
                db(), actor, page.line.gap, near_miss=miss.recommendation if miss else None,
                firm_id=miss.firm_id if miss else 0, **values,
            )  # fmt: skip
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            flash(_("已下达升级任务，企业会收到消息。"), "success")
            return redirect(url_for(".show", public_id=public_id), 303)
    return _page(public_id, upgrade=form)


@blueprint.route("/tasks/<task_id>", methods=["GET", "POST"])
@requires(Permission.HANDLE_GAPS)
def task(task_id: str) -> ResponseReturnValue:
    """A lead or task: make it a key project, or end it with what came of it."""
    actor = current_actor()
    row, gap = lists.task(db(), actor, task_id)
    is_ending = request.form.get("action") in ("done", "dropped")
    project_form = ProjectOfTaskForm() if request.method == "POST" and not is_ending else _blank_project(row)
    end_form = EndForm() if is_ending else EndForm(formdata=None)
    sent = end_form if is_ending else project_form
    if request.method == "POST" and sent.validate():
        try:
            if is_ending:
                gaps.end_task(
                    db(), actor, row, GapTaskStatus(request.form["action"]), note=end_form.end_note.data or ""
                )
            else:
                project = gaps.make_project(db(), actor, row, gap, **project_form.values())
                flash(_("项目已入库，状态为储备。"), "success")
                return redirect(url_for("officials_projects.show", public_id=project.public_id), 303)
        except NotComplete as refused:
            show_problems(sent, refused)
        else:
            flash(_("已记录。"), "success")
            return redirect(url_for(".show", public_id=gap.public_id), 303)
    line = next(
        line
        for line in lists.gap_page(db(), actor, gap.public_id, on=today()).tasks
        if line.task.public_id == row.public_id
    )
    page = render_template(
        "officials/gaps/task.html", line=line, gap=gap, project_form=project_form, end_form=end_form,
        may_act=row.status is GapTaskStatus.OPEN and bool(GAP_TASK.next_steps(row.status)), **_WORDS,
    )  # fmt: skip
    return page, 422 if sent.errors else 200


def _blank_project(row: Any) -> ProjectOfTaskForm:
    return ProjectOfTaskForm(formdata=None, data={"name": row.title})


def _page(public_id: str, **sent: Form) -> ResponseReturnValue:
    found = lists.gap_page(db(), current_actor(), public_id, on=today())
    usual = {"due_on": today() + timedelta(days=_USUAL_DAYS), "owner_id": current_actor().user_id}
    page = render_template(
        "officials/gaps/show.html",
        found=found,
        line=found.line,
        gap=found.line.gap,
        is_open=found.line.gap.status is GapStatus.OPEN,
        lead_form=sent.get("lead") or _offered(TaskForm(formdata=None, data=usual, prefix=""), found),
        upgrade_form=sent.get("upgrade") or _offered(UpgradeForm(formdata=None, data=usual), found),
        kinds=GapTaskKind,
        **_WORDS,
    )
    return page, 422 if sent else 200


def _offered(form: Any, page: GapPage) -> Any:
    form.owner_id.choices = lists.owners(db(), page.line.gap.chain_id, today())
    if isinstance(form, UpgradeForm):
        form.near_miss.choices = [
            (miss.recommendation.public_id, f"{miss.firm} · {miss.other}") for miss in page.near_misses
        ]
    return form


def _filters() -> GapFilters:
    chain_id = request.args.get("chain", type=int)
    status = request.args.get("status", GapStatus.OPEN.value)
    return GapFilters(
        chain_id=chain_id if chain_id is None or 0 < chain_id < 10**9 else 0,
        kind=_code(GapKind, request.args.get("kind", "")),
        status=_code(GapStatus, status),
        is_overdue="overdue" in request.args,
        is_idle="idle" in request.args,
    )


def _code(codes: type[StrEnum], wanted: str) -> Any:
    """A code asked for in the address; anything else asks for all."""
    return codes(wanted) if wanted in set(codes) else None


def _asked(filters: GapFilters) -> dict[str, Any]:
    """The present filters as an address has them."""
    return {
        "chain": filters.chain_id, "kind": filters.kind.value if filters.kind else None,
        "status": filters.status.value if filters.status else "all",
        "overdue": "" if filters.is_overdue else None, "idle": "" if filters.is_idle else None,
    }  # fmt: skip
