"""What the branches of the own bank can take on: visits by week, what is left of a product, pauses."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import Length

from access.lists import capacity as lists
from access.lists.postings import PostingNoun, own_posting
from access.permissions import Permission
from vocabulary.lifecycles import RunStatus
from web.common.capacity_words import visit_words
from web.common.conflicts import Conflicts, conflicts
from web.common.database import db
from web.common.fields import CountField, Form, MoneyField
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.postings import DayField
from workflows import capacity
from workflows.calendar import today
from workflows.errors import ChangedMeanwhile, NotComplete

blueprint = Blueprint("banks_capacity", __name__, url_prefix="/capacity")

_REASONS = {
    "missing": _l("请写明原因。"),
    "in_past": _l("不能早于今天。"),
    "too_large": _l("这个数太大。"),
}


class BranchForm(Form):
    visits_per_week = CountField(_l("每周可走访企业数"), description=_l("网点所有产品合计；不填表示不限"))


class ProductForm(Form):
    quota_firms = CountField(_l("还可受理企业数"), description=_l("从现在起还能受理几家；不填表示不限"))
    quota_fen = MoneyField(_l("剩余额度"), description=_l("从现在起还能投放的金额；不填表示不限"))
    paused_until = DayField(_l("暂停受理到"), description=_l("当天仍暂停；不填表示不暂停"))
    pause_reason = StringField(
        _l("暂停原因"), [Length(max=200, message=_l("最多 %(max)d 个字。"))], description=_l("审定的官员会看到")
    )


@blueprint.get("/")
@requires(Permission.POST_LOAN_PRODUCTS)
def index() -> ResponseReturnValue:
    """Every branch with its coming weeks, products and visits."""
    branches = lists.own_branches(db(), current_actor(), on=today())
    words = {line.public_id: visit_words(line.capacity, line.visit) for each in branches for line in each.products}
    return render_template("banks/capacity/index.html", branches=branches, words=words)


@blueprint.route("/branches/<public_id>", methods=["GET", "POST"])
@requires(Permission.POST_LOAN_PRODUCTS)
def branch(public_id: str) -> ResponseReturnValue:
    """How many firms the branch visits in a week."""
    found = lists.own_branch(db(), current_actor(), public_id)
    form = BranchForm(obj=found)
    version, conflict = _version(found.version), None
    if form.validate_on_submit():
        try:
            runs = capacity.set_visits(
                db(), current_actor(), found,
                visits_per_week=form.visits_per_week.data, version=version, on=today(),
            )  # fmt: skip
        except NotComplete as error:
            _complain(form, error)
        except ChangedMeanwhile as error:
            version, conflict = error.version, conflicts(form, error.current, BranchForm)
        else:
            return _saved(runs)
    title = _("%(branch)s：每周走访", branch=found.branch or current_actor().organization_name)
    return _form_page(title, form, version, conflict)


@blueprint.route("/products/<public_id>", methods=["GET", "POST"])
@requires(Permission.POST_LOAN_PRODUCTS)
def product(public_id: str) -> ResponseReturnValue:
    """What is left of a product, and until when it is paused."""
    supply = own_posting(db(), current_actor(), PostingNoun.LOAN_PRODUCT, public_id)
    present, values = lists.stated(db(), supply, on=today())
    form = ProductForm(data=values)
    version, conflict = _version(present), None
    if form.validate_on_submit():
        try:
            run = capacity.set_product(
                db(), current_actor(), supply,
                quota_firms=form.quota_firms.data, quota_fen=form.quota_fen.data,
                paused_until=form.paused_until.data, pause_reason=form.pause_reason.data or "",
                version=version, on=today(),
            )  # fmt: skip
        except NotComplete as error:
            _complain(form, error)
        except ChangedMeanwhile as error:
            version, conflict = error.version, conflicts(form, error.current, ProductForm)
        else:
            return _saved([run] if run else [])
    return _form_page(_("%(title)s：额度与暂停", title=supply.title), form, version, conflict)


def _form_page(title: str, form: Form, version: int, conflict: Conflicts | None) -> ResponseReturnValue:
    page = render_template(
        "banks/capacity/edit.html", title=title, form=form, version=version, conflict=conflict,
        fields=[field for field in form if field.name != "csrf_token"],
    )  # fmt: skip
    return page, 409 if conflict else 422 if form.errors else 200


def _saved(runs: list[Any]) -> ResponseReturnValue:
    if any(run.status is RunStatus.FAILED for run in runs):
        flash(_("推荐暂未更新，原有推荐保留。"), "warning")
    flash(_("已保存。"), "success")
    return redirect(url_for(".index"), 303)


def _version(present: int) -> int:
    """The version that the sender of a form read; the present one for who opens it."""
    return request.form.get("version", 0, type=int) if request.method == "POST" else present


def _complain(form: Form, error: NotComplete) -> None:
    for name, reason in error.problems.items():
        form[name].errors = [str(_REASONS[reason])]
