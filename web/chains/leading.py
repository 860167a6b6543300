"""The leading and backbone firms of a chain, now and before, and the year's target."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from access.lists import chain_leaders, chain_map
from access.permissions import Permission
from access.rules import keeps_chain, may
from vocabulary.chains import FirmStanding
from vocabulary.projects import TargetKind
from web.chains.words import target_words
from web.common.chain_map_words import named
from web.common.database import db
from web.common.fields import Form
from web.common.guards import requires
from web.common.identity import current_actor
from workflows import projects
from workflows.calendar import today
from workflows.errors import NotComplete

blueprint = Blueprint("chains_leading", __name__, url_prefix="/chains")
_RANGE = NumberRange(0, 99, _l("请填写 0 到 99 的整数。"))


class BackboneTargetForm(Form):
    at_least = IntegerField(_l("至少（家）"), [InputRequired(_l("请填写。")), _RANGE])
    at_most = IntegerField(_l("至多（家）"), [Optional(), _RANGE])


@blueprint.get("/<code>/leaders")
@requires(Permission.READ_CHAIN_PAGE)
def index(code: str) -> ResponseReturnValue:
    return _page(code, None)


@blueprint.post("/<code>/leaders/target")
@requires(Permission.RUN_PROJECTS)
def set_target(code: str) -> ResponseReturnValue:
    """How many backbone firms the chain wants this year."""
    form = BackboneTargetForm()
    if form.validate_on_submit():
        chain = chain_map.visible_chain(db(), code)
        try:
            projects.set_target(
                db(), current_actor(), chain_id=chain.id or 0, year=today().year, kind=TargetKind.BACKBONE_FIRMS,
                at_least=form.at_least.data or 0, at_most=form.at_most.data,
            )  # fmt: skip
        except NotComplete:
            form.at_most.errors = [_("不能少于“至少”。")]
        else:
            flash(_("已设定今年的目标。"), "success")
            return redirect(url_for(".index", code=code), 303)
    return _page(code, form)


def _page(code: str, form: BackboneTargetForm | None) -> ResponseReturnValue:
    actor, chain = current_actor(), chain_map.visible_chain(db(), code)
    may_keep = may(actor, Permission.KEEP_CHAINS) and keeps_chain(actor, chain)
    found = chain_leaders.leaders(db(), actor, chain, year=today().year)
    backbone = next(count for count in found.counts if count.standing is FirmStanding.BACKBONE)
    form = form or BackboneTargetForm(formdata=None, at_least=backbone.at_least, at_most=backbone.at_most)
    page = render_template(
        "chains/leaders.html",
        chain=chain,
        name=named(chain),
        found=found,
        target_words=target_words,
        year=today().year,
        form=form if may_keep else None,
    )
    return page, 422 if form.errors else 200
