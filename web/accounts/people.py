"""The people of the own organization."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import organizations as lists
from access.lists.grants import is_granted
from access.lists.handovers import running_cases_of
from access.permissions import Permission
from vocabulary.roles import ROLES_OF_KIND, OrganizationKind, Role
from web.accounts.blueprint import blueprint
from web.accounts.forms import InviteForm
from web.common.database import db
from web.common.fresh import fresh
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from web.common.languages import language
from workflows import colleagues, grants
from workflows.calendar import today
from workflows.colleagues import LastManager
from workflows.errors import AlreadyExists, NotComplete


@blueprint.route("/people", methods=["GET", "POST"])
@requires(Permission.MANAGE_COLLEAGUES)
@fresh
def people() -> ResponseReturnValue:
    """Members, open invitations, and a form to invite."""
    actor = current_actor()
    assert actor.organization_kind is not None
    form = InviteForm()
    form.role.choices = [(role.value, label(role)) for role in ROLES_OF_KIND[actor.organization_kind]]
    if form.validate_on_submit():
        try:
            done = _let_in(form)
        except AlreadyExists:
            form.email.errors = [_("此人已是成员，或已有一份申请等待决定。")]
        except NotComplete:
            form.ends_on.errors = [_("不能早于今天。")]
        else:
            flash(done, "success")
            return redirect(url_for("accounts.people"), 303)
    page = render_template(
        "accounts/people.html",
        form=form,
        needs_second=is_granted(actor.organization_kind),
        has_branches=actor.organization_kind is OrganizationKind.BANK,
        colleagues=lists.colleagues(db(), actor),
        invitations=lists.invitations(db(), actor),
    )
    return page, 422 if form.errors else 200


def _let_in(form: InviteForm) -> str:
    """Invite, or where a role is granted by two, ask; gives what to say."""
    actor = current_actor()
    email, ends_on = form.email.data or "", form.ends_on.data
    if is_granted(actor.organization_kind):
        office = lists.own_organization(db(), actor)
        assert office is not None
        grants.ask(db(), actor, office, email=email, ends_on=ends_on)
        return _("已提请，须由另一人同意；同意后才发出邀请。")
    colleagues.invite(
        db(),
        actor,
        email=email,
        role=Role(form.role.data),
        branch=(form.branch.data or "").strip(),
        ends_on=ends_on,
        language=language(),
        link_of=lambda key: url_for("accounts.accept", key=key, _external=True),
    )
    return _("邀请已发出，7 天内有效。")


@blueprint.post("/people/invitations/<public_id>/cancel")
@requires(Permission.MANAGE_COLLEAGUES)
def cancel_invitation(public_id: str) -> ResponseReturnValue:
    colleagues.cancel_invitation(db(), current_actor(), public_id)
    flash(_("邀请已取消。"), "success")
    return redirect(url_for("accounts.people"), 303)


@blueprint.post("/people/<public_id>/end")
@requires(Permission.MANAGE_COLLEAGUES)
@fresh
def end_membership(public_id: str) -> ResponseReturnValue:
    """Whoever leaves with running cases leads on to the page that hands them over."""
    try:
        colleagues.end_membership(db(), current_actor(), public_id)
    except LastManager:
        flash(_("这是本单位最后一位负责人，不能移除。请先邀请另一位。"), "warning")
    else:
        flash(_("已移除，权限立即失效。"), "success")
        if n := running_cases_of(db(), current_actor(), public_id, on=today()):
            flash(_("其名下还有 %(n)s 条进行中的对接，请交给同事。", n=n), "warning")
            return redirect(url_for("cases_handover.caseload", person_id=public_id), 303)
    return redirect(url_for("accounts.people"), 303)
