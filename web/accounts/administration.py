"""Accounts as the administrator sees them."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import organizations as lists
from access.lookups import NotVisible
from access.permissions import Permission
from web.accounts.blueprint import blueprint
from web.common.database import db
from web.common.fresh import fresh
from web.common.guards import requires
from web.common.identity import current_actor
from workflows import accounts, clocks, second_factor
from workflows.calendar import today


@blueprint.get("/users")
@requires(Permission.MANAGE_ACCOUNTS)
def users() -> ResponseReturnValue:
    q = request.args.get("q", "").strip()[:80]
    return render_template(
        "accounts/users.html",
        rows=lists.users(db(), current_actor(), q=q),
        q=q,
        years_guessed=clocks.years_guessed(today()),
    )


@blueprint.post("/users/<public_id>/<step>")
@requires(Permission.MANAGE_ACCOUNTS)
@fresh
def change_user(public_id: str, step: str) -> ResponseReturnValue:
    """Disable or enable an account."""
    actor = current_actor()
    user = accounts.user_to_manage(db(), actor, public_id)
    if user is None:
        raise NotVisible
    if step == "disable":
        accounts.disable_user(db(), actor, user, reason="")
    elif step == "take-factor":
        second_factor.take_away(db(), actor, user)
    elif step == "enable":
        accounts.enable_user(db(), actor, user)
    else:
        raise NotVisible
    flash(_("已更改。"), "success")
    return redirect(url_for("accounts.users"), 303)
