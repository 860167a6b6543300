"""The problem list of an office: handed over, answered, closed with the firm's word or a written reason."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from access.lists import problems as lists
from access.lists import profiles
from access.lists import projects as project_lists
from access.permissions import Permission
from vocabulary.lifecycles import PROBLEM, ProblemStatus
from vocabulary.problems import ProblemKind
from web.common.database import db
from web.common.fields import CodeField, Form
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.pagination import SIZE, Page, requested_page
from web.common.problem_words import show_problems
from workflows import problems
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.reference_data import working_days

blueprint = Blueprint("officials_problems", __name__, url_prefix="/problems")
_REQUIRED = _l("请填写。")
_USUAL_DAYS = 10
"""Working days that a bureau is usually given."""


class HandOverForm(Form):
    bureau = StringField(
        _l("承办单位"), [DataRequired(_REQUIRED), Length(max=60)],
        render_kw={"list": "bureaus", "autocomplete": "off"},
    )  # fmt: skip
    due_on = DateField(_l("答复期限"), [InputRequired(_REQUIRED)])
    note = StringField(_l("交办意见"), [Length(max=1000)], filters=[lambda text: text or ""])


class AnswerForm(Form):
    answer = TextAreaField(_l("承办单位的答复"), [DataRequired(_REQUIRED), Length(max=2000)], render_kw={"rows": 4})


class ClosingForm(Form):
    closing_note = TextAreaField(
        _l("不经企业确认而办结的原因"), [DataRequired(_REQUIRED), Length(max=1000)], render_kw={"rows": 2}
    )


class ProjectProblemForm(Form):
    kind = CodeField(_l("类别"), ProblemKind, blank=False)
    title = StringField(_l("一句话说明"), [DataRequired(_REQUIRED), Length(max=120)])
    text = TextAreaField(_l("具体情况"), [DataRequired(_REQUIRED), Length(max=2000)], render_kw={"rows": 5})


@blueprint.get("/")
@requires(Permission.HANDLE_PROBLEMS)
def index() -> ResponseReturnValue:
    """Problems of the office's chains; every count opens its rows."""
    actor, number = current_actor(), requested_page()
    wanted = request.args.get("status", "")
    status = ProblemStatus(wanted) if wanted in set(ProblemStatus) else None
    chain_id, is_overdue = request.args.get("chain", type=int), "overdue" in request.args
    found = lists.problems(
        db(), actor, on=today(), status=status, is_overdue=is_overdue, chain_id=chain_id, page=number, size=SIZE
    )
    return render_template(
        "officials/problems/index.html",
        found=found,
        page=Page(found.lines, number, found.total),
        status=status,
        is_overdue=is_overdue,
        statuses=list(ProblemStatus),
        chain_id=chain_id,
        chains=profiles.chain_choices(db()) if actor.chain_id is None else [],
    )


@blueprint.route("/of-project/<project_id>", methods=["GET", "POST"])
@requires(Permission.HANDLE_PROBLEMS)
def raise_for_project(project_id: str) -> ResponseReturnValue:
    """A problem that a project is stuck on."""
    project = project_lists.project_to_read(db(), current_actor(), project_id)
    form = ProjectProblemForm()
    if form.validate_on_submit():
        try:
            row = problems.raise_for_project(
                db(), current_actor(), project, kind=ProblemKind(form.kind.data), title=form.title.data or "",
                text=form.text.data or "",
            )  # fmt: skip
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            flash(_("已列入问题清单。"), "success")
            return redirect(url_for(".show", public_id=row.public_id), 303)
    return render_template("officials/problems/new.html", form=form, project=project), 422 if form.errors else 200


@blueprint.get("/<public_id>")
@requires(Permission.HANDLE_PROBLEMS)
def show(public_id: str) -> ResponseReturnValue:
    return _page(public_id)


@blueprint.post("/<public_id>/hand-over")
@requires(Permission.HANDLE_PROBLEMS)
def hand_over(public_id: str) -> ResponseReturnValue:
    line, form = lists.problem(db(), current_actor(), public_id, on=today()), HandOverForm()
    if form.validate():
        try:
            problems.hand_over(db(), current_actor(), line.problem, **form.values())
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            flash(_("已交办。"), "success")
            return redirect(url_for(".show", public_id=public_id), 303)
    return _page(public_id, hand_over=form)


@blueprint.post("/<public_id>/answer")
@requires(Permission.HANDLE_PROBLEMS)
def answer(public_id: str) -> ResponseReturnValue:
    line, form = lists.problem(db(), current_actor(), public_id, on=today()), AnswerForm()
    if form.validate():
        try:
            problems.answer(db(), current_actor(), line.problem, text=form.answer.data or "")
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            flash(_("已记录答复，等企业确认。"), "success")
            return redirect(url_for(".show", public_id=public_id), 303)
    return _page(public_id, answer=form)


@blueprint.post("/<public_id>/close")
@requires(Permission.HANDLE_PROBLEMS)
def close(public_id: str) -> ResponseReturnValue:
    line, form = lists.problem(db(), current_actor(), public_id, on=today()), ClosingForm()
    if form.validate():
        try:
            problems.close_without_firm(db(), current_actor(), line.problem, note=form.closing_note.data or "")
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            flash(_("已办结，原因已留痕。"), "success")
            return redirect(url_for(".show", public_id=public_id), 303)
    return _page(public_id, closing=form)


def _page(public_id: str, **sent: Any) -> ResponseReturnValue:
    line = lists.problem(db(), current_actor(), public_id, on=today())
    steps = PROBLEM.next_steps(line.problem.status)
    usual = {"due_on": working_days(db()).after(today(), _USUAL_DAYS).on, "bureau": line.problem.bureau}
    page = render_template(
        "officials/problems/show.html",
        line=line,
        history=lists.history(db(), line.problem),
        bureaus=lists.known_bureaus(db()),
        may_hand_over=ProblemStatus.HANDED_OVER in steps,
        may_answer=ProblemStatus.ANSWERED in steps,
        may_close=ProblemStatus.CLOSED in steps,
        hand_over_form=sent.get("hand_over") or HandOverForm(formdata=None, data=usual),
        answer_form=sent.get("answer") or AnswerForm(formdata=None),
        closing_form=sent.get("closing") or ClosingForm(formdata=None),
    )
    return page, 422 if sent else 200
