"""Accounts as the administrator sees them."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import accounts as lists
from access.lookups import NotVisible
from access.permissions import Permission
from vocabulary.lifecycles import UserStatus
from vocabulary.roles import OrganizationKind, Role
from web.accounts.blueprint import blueprint
from web.common.database import db
from web.common.fresh import fresh
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.pagination import SIZE, Page, requested_page
from workflows import accounts, clocks, second_factor
from workflows.calendar import today
from workflows.reference_data import working_days


@blueprint.get("/users")
@requires(Permission.MANAGE_ACCOUNTS)
def users() -> ResponseReturnValue:
    """Everybody with an account, by organization, role and status."""
    actor, wanted, number = current_actor(), _wanted(), requested_page()
    rows, total = lists.accounts(db(), actor, wanted, on=today(), page=number, size=SIZE)
    return render_template(
        "accounts/users.html",
        page=Page(rows, number, total),
        wanted=wanted,
        organization=lists.organization_name(db(), actor, wanted.organization) if wanted.organization else "",
        kinds=list(OrganizationKind),
        roles=list(Role),
        statuses=list(UserStatus),
        years_guessed=clocks.years_guessed(working_days(db()), today()),
    )


def _wanted() -> lists.AccountFilter:
    kind, role, status = (request.args.get(name, "") for name in ("kind", "role", "status"))
    return lists.AccountFilter(
        q=request.args.get("q", "").strip()[:80],
        kind=OrganizationKind(kind) if kind in set(OrganizationKind) else None,
        role=Role(role) if role in set(Role) else None,
        status=UserStatus(status) if status in set(UserStatus) else None,
        organization=request.args.get("organization", "")[:12],
    )


@blueprint.post("/users/<public_id>/<step>")
@requires(Permission.MANAGE_ACCOUNTS)
@fresh
def change_user(public_id: str, step: str) -> ResponseReturnValue:
    """Disable or enable an account, sign it out everywhere, or take its second factor away."""
    actor = current_actor()
    user = accounts.user_to_manage(db(), actor, public_id)
    if user is None:
        raise NotVisible
    if step == "disable":
        accounts.disable_user(db(), actor, user, reason="")
    elif step == "take-factor":
        second_factor.take_away(db(), actor, user)
    elif step == "end-sessions":
        accounts.sign_out(db(), actor, user)
    elif step == "enable":
        accounts.enable_user(db(), actor, user)
    else:
        raise NotVisible
    flash(_("已更改。"), "success")
    return redirect(url_for("accounts.users"), 303)
