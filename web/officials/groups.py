"""Several suppliers for one need, as the office sees them: what could be proposed, what was asked, what came of it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import supplier_groups as lists
from access.permissions import Permission
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.supplier_groups import ask_group, proposal_lines
from workflows import supplier_groups, supplier_shares
from workflows.calendar import today

blueprint = Blueprint("officials_groups", __name__, url_prefix="/supplier-groups")


@blueprint.get("/")
@requires(Permission.DECIDE_PAIRINGS)
def index() -> ResponseReturnValue:
    """Needs that several suppliers could serve together, and the groups that were asked."""
    actor = current_actor()
    return render_template(
        "officials/groups/index.html",
        needs=lists.needs_to_pool(db(), actor),
        groups=lists.groups_for_office(db(), actor),
    )


@blueprint.get("/<need_id>")
@requires(Permission.DECIDE_PAIRINGS)
def show(need_id: str) -> ResponseReturnValue:
    """One need: the group that would cover it now, with reasons, and those that were asked."""
    need = lists.need_for_office(db(), current_actor(), need_id)
    proposal = supplier_groups.proposal(db(), need, today=today())
    return render_template(
        "officials/groups/show.html",
        need=need,
        proposal=proposal,
        proposal_lines=proposal_lines(proposal),
        groups=lists.groups_of_need(db(), need),
    )


@blueprint.post("/<need_id>/ask")
@requires(Permission.DECIDE_PAIRINGS)
def ask(need_id: str) -> ResponseReturnValue:
    """Ask the members of the proposed group on the buyer's behalf."""
    ask_group(lists.need_for_office(db(), current_actor(), need_id), request.form.get("fingerprint", ""))
    return redirect(url_for(".show", need_id=need_id), 303)


@blueprint.post("/<need_id>/groups/<group_id>/take-back")
@requires(Permission.DECIDE_PAIRINGS)
def take_back(need_id: str, group_id: str) -> ResponseReturnValue:
    """No longer ask; the buyer and the members are told."""
    need = lists.need_for_office(db(), current_actor(), need_id)
    supplier_shares.take_back(db(), current_actor(), lists.own_group(db(), need, group_id))
    flash(_("已取消征询，各方会得知。"), "success")
    return redirect(url_for(".show", need_id=need_id), 303)
