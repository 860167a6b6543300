"""Problems of the own enterprise: raised, followed, judged."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from access.lists import problems as lists
from access.permissions import Permission
from vocabulary.lifecycles import ProblemStatus
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

blueprint = Blueprint("firms_problems", __name__, url_prefix="/my-problems")
_REQUIRED = _l("请填写。")


class ProblemForm(Form):
    kind = CodeField(_l("类别"), ProblemKind, blank=False)
    title = StringField(_l("一句话说明"), [DataRequired(_REQUIRED), Length(max=120)])
    text = TextAreaField(_l("具体情况"), [DataRequired(_REQUIRED), Length(max=2000)], render_kw={"rows": 5})


@blueprint.get("/")
@requires(Permission.RAISE_PROBLEMS)
def index() -> ResponseReturnValue:
    number = requested_page()
    found = lists.problems(db(), current_actor(), on=today(), page=number, size=SIZE)
    return render_template("firms/problems/index.html", found=found, page=Page(found.lines, number, found.total))


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.RAISE_PROBLEMS)
def new() -> ResponseReturnValue:
    form = ProblemForm()
    if form.validate_on_submit():
        try:
            row = problems.raise_by_firm(
                db(), current_actor(), kind=ProblemKind(form.kind.data), title=form.title.data or "",
                text=form.text.data or "",
            )  # fmt: skip
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            flash(_("已提交，链办会收到消息。"), "success")
            return redirect(url_for(".show", public_id=row.public_id), 303)
    return render_template("firms/problems/new.html", form=form), 422 if form.errors else 200


@blueprint.get("/<public_id>")
@requires(Permission.RAISE_PROBLEMS)
def show(public_id: str) -> ResponseReturnValue:
    line = lists.problem(db(), current_actor(), public_id, on=today())
    return render_template(
        "firms/problems/show.html",
        line=line,
        history=lists.history(db(), line.problem),
        is_open=line.problem.status is not ProblemStatus.CLOSED,
        is_answered=line.problem.status is ProblemStatus.ANSWERED,
    )


@blueprint.post("/<public_id>/agree")
@requires(Permission.RAISE_PROBLEMS)
def agree(public_id: str) -> ResponseReturnValue:
    """The firm is helped: the problem is closed."""
    line = lists.problem(db(), current_actor(), public_id, on=today())
    problems.agree(db(), current_actor(), line.problem)
    flash(_("已办结。"), "success")
    return redirect(url_for(".show", public_id=public_id), 303)


@blueprint.post("/<public_id>/not-solved")
@requires(Permission.RAISE_PROBLEMS)
def not_solved(public_id: str) -> ResponseReturnValue:
    """The firm is not helped: the office hands it over again."""
    line = lists.problem(db(), current_actor(), public_id, on=today())
    try:
        problems.not_solved(db(), current_actor(), line.problem, note=request.form.get("note", "")[:1000])
    except NotComplete:
        flash(_("请写明还差什么。"), "warning")
    else:
        flash(_("已退回链办，会重新交办。"), "success")
    return redirect(url_for(".show", public_id=public_id), 303)
