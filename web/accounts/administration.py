"""Accounts as the administrator sees them."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import accounts as lists
from access.lists.grants import is_granted
from access.lookups import NotVisible
from access.permissions import Permission
from vocabulary.lifecycles import UserStatus
from vocabulary.roles import OrganizationKind, Role
from web.accounts.blueprint import blueprint
from web.accounts.forms import EndMembershipForm
from web.common.database import db
from web.common.fresh import fresh
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.pagination import SIZE, Page, requested_page
from workflows import accounts, clocks, memberships, second_factor
from workflows.calendar import today
from workflows.colleagues import LastManager
from workflows.errors import AlreadyExists
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


@blueprint.route("/users/<public_id>/end-membership", methods=["GET", "POST"])
@requires(Permission.MANAGE_ACCOUNTS)
@fresh
def end_users_membership(public_id: str) -> ResponseReturnValue:
    """Take somebody out of an organization, with a reason; in offices and the administration a second person agrees."""
    actor = current_actor()
    member = lists.member(db(), actor, public_id, on=today())
    form = EndMembershipForm()
    if form.validate_on_submit():
        try:
            is_done = memberships.end(db(), actor, member, reason=form.reason.data or "")
        except LastManager:
            form.reason.errors = [_("这是该单位最后一位负责人，不能终止。请先授予另一人角色。")]
        except AlreadyExists:
            form.reason.errors = [_("已有一份关于此人的申请等待决定。")]
        else:
            asked = _("已提请，须由另一人同意；同意后成员身份终止。")
            flash(_("已终止，其登录已全部退出。") if is_done else asked, "success")
            return redirect(url_for("accounts.users"), 303)
    page = render_template(
        "accounts/end_membership.html", form=form, member=member, needs_second=is_granted(member.kind)
    )
    return page, 422 if form.errors else 200


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
