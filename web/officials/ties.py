"""Ties of officials to organizations: declared by themselves, recorded and ended by the joint office."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, Length

from access.lists import chain_offices as lists
from access.permissions import Permission
from access.rules import is_city_level
from vocabulary.chains import TieKind
from web.common.database import db
from web.common.fields import CodeField, Form
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.numbers import row_number
from workflows import recusals
from workflows.errors import AlreadyExists, NotComplete

blueprint = Blueprint("officials_ties", __name__, url_prefix="/ties")


class TieForm(Form):
    user_id = SelectField(_l("谁的关联"), choices=[], validate_choice=False)
    organization_id = StringField(
        _l("单位"), [Length(max=120)], description=_l("企业、银行或采购单位的全称、简称或统一社会信用代码。")
    )
    kind = CodeField(_l("关联"), TieKind, validators=[DataRequired(_l("请从列表中选择。"))])
    note = StringField(_l("说明"), [Length(max=500)], description=_l("选“其他”时必填。"))


@blueprint.route("/", methods=["GET", "POST"])
@requires(Permission.DECLARE_TIES)
def index() -> ResponseReturnValue:
    """One's own ties, for the joint office those of all officials; and a form for another."""
    actor = current_actor()
    form = TieForm()
    form.user_id.choices = [("", _("本人")), *((str(row.id), row.text) for row in lists.official_choices(db(), actor))]
    if form.validate_on_submit():
        try:
            recusals.declare_tie(
                db(), actor,
                user_id=row_number(str(form.user_id.data or "")),
                organization_id=lists.organization_named(db(), actor, form.organization_id.data or "") or 0,
                kind=TieKind(form.kind.data), note=form.note.data or "",
            )  # fmt: skip
        except NotComplete as refused:
            _show(form, refused.problems)
        except AlreadyExists:
            form.organization_id.errors = [_("已经申报过。")]
        else:
            flash(_("已登记。与该单位有关的核验和审定，由其他人办理。"), "success")
            return redirect(url_for(".index"), 303)
    page = render_template(
        "officials/ties/index.html",
        form=form,
        rows=lists.ties(db(), actor),
        is_joint=is_city_level(actor, None),
    )
    return page, 422 if form.errors else 200


@blueprint.post("/<public_id>/end")
@requires(Permission.DECLARE_TIES)
def end(public_id: str) -> ResponseReturnValue:
    tie = lists.tie_to_end(db(), current_actor(), public_id)
    try:
        recusals.end_tie(db(), current_actor(), tie, note=request.form.get("note", ""))
    except NotComplete:
        flash(_("请写明为什么解除。"), "danger")
    else:
        flash(_("已解除。"), "success")
    return redirect(url_for(".index"), 303)


def _show(form: Any, problems: dict[str, str]) -> None:
    words = {
        "organization_id": _("没有找到，或有多家同名，请填全称或统一社会信用代码。"),
        "user_id": _("请从列表中选择。"),
        "note": _("请填写。"),
    }
    for name in problems:
        form[name].errors = [words[name]]
