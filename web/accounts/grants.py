"""Roles in offices and in the administration: asking for one, and being the second person."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import grants as lists
from access.lookups import NotVisible
from access.permissions import Permission
from vocabulary.approvals import ApprovalReason
from web.accounts.blueprint import blueprint
from web.accounts.forms import GrantForm
from web.common.database import db
from web.common.fresh import fresh
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.languages import language
from workflows import grants as deeds
from workflows.colleagues import LastManager
from workflows.errors import AlreadyExists, NotComplete


@blueprint.route("/grants", methods=["GET", "POST"])
@requires(Permission.GRANT_ROLES)
@fresh
def grants() -> ResponseReturnValue:
    """Requests that wait and those decided, and a form to ask for a role."""
    actor = current_actor()
    form = GrantForm()
    places = lists.organizations(db(), actor)
    form.organization.choices = [("", _("请选择")), *((row.public_id, row.legal_name) for row in places)]
    if form.validate_on_submit():
        try:
            deeds.ask(
                db(),
                actor,
                lists.organization(db(), actor, form.organization.data or ""),
                email=form.email.data or "",
                ends_on=form.ends_on.data,
                note=(form.note.data or "").strip(),
            )
        except AlreadyExists:
            form.email.errors = [_("此人已是成员，或已有一份申请等待决定。")]
        except NotComplete:
            form.ends_on.errors = [_("不能早于今天。")]
        else:
            flash(_("已提请，须由另一人同意；同意后才发出邀请。"), "success")
            return redirect(url_for(".grants"), 303)
    page = render_template("accounts/grants.html", form=form, rows=lists.grants(db(), actor))
    return page, 422 if form.errors else 200


@blueprint.post("/grants/<public_id>/<step>")
@requires(Permission.GRANT_ROLES)
@fresh
def decide_grant(public_id: str, step: str) -> ResponseReturnValue:
    """Approve or refuse as the second person, or withdraw what one asked for."""
    actor = current_actor()
    try:
        if step == "approve":
            done = deeds.approve(
                db(), actor, public_id, language=language(),
                link_of=lambda key: url_for("accounts.accept", key=key, _external=True),
            )  # fmt: skip
            ends = done is ApprovalReason.ROLE_END
            flash(_("已同意，该成员身份已终止。") if ends else _("已同意，邀请已发出，7 天内有效。"), "success")
        elif step == "refuse":
            deeds.refuse(db(), actor, public_id)
            flash(_("已记录不同意，一切照旧。"), "success")
        elif step == "withdraw":
            deeds.withdraw(db(), actor, public_id)
            flash(_("申请已撤回。"), "success")
        else:
            raise NotVisible
    except AlreadyExists:
        flash(_("此人已是成员。"), "warning")
    except LastManager:
        flash(_("这是该单位最后一位负责人，不能终止。请先授予另一人角色。"), "warning")
    return redirect(url_for(".grants"), 303)
