"""Registering an organization, and joining one by invitation."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import organizations as lists
from vocabulary.roles import OrganizationKind
from web.accounts.blueprint import blueprint
from web.accounts.forms import AcceptForm, RegisterForm
from web.common.crowding import few_at_once
from web.common.database import db
from web.common.guards import public
from web.common.identity import current_actor
from web.common.identity import sign_in as open_session
from web.common.languages import language
from web.common.navigation import home_url
from workflows import colleagues, organizations
from workflows.accounts import LinkNotValid
from workflows.errors import AlreadyExists
from workflows.organizations import Founder, Registration


@blueprint.route("/register", methods=["GET", "POST"])
@public
@few_at_once
def register() -> ResponseReturnValue:
    """A new organization; its first person is signed in at once and can begin to file."""
    is_english = language() == "en"
    chains = [(row.code, row.name_en if is_english else row.name_zh) for row in lists.chains(db())]
    form = RegisterForm(chains)
    if form.validate_on_submit():
        try:
            user = organizations.register(
                db(),
                kind=OrganizationKind(form.kind.data),
                registration=Registration(
                    uscc=form.uscc.data or "",
                    legal_name=(form.legal_name.data or "").strip(),
                    phone=(form.phone.data or "").strip(),
                    region_code=form.region_code.data,
                    chain_code=form.chain_code.data or None,
                ),
                founder=Founder(
                    full_name=(form.full_name.data or "").strip(),
                    email=form.email.data or "",
                    password=form.password.data or "",
                    language=language(),
                ),
            )
        except AlreadyExists as error:
            messages = {
                "uscc": _("该统一社会信用代码已注册。请联系本单位负责人邀请您加入。"),
                "email": _("该邮箱已有账号，请直接登录。"),
            }
            form[error.field].errors = [messages[error.field]]
        else:
            open_session(user)
            flash(_("注册成功，等待官方核验。您现在就可以开始填报。"), "success")
            return redirect(home_url(current_actor()), 303)
    return render_template("accounts/register.html", form=form), 422 if form.errors else 200


@blueprint.route("/join/<key>", methods=["GET", "POST"])
@public
@few_at_once
def accept(key: str) -> ResponseReturnValue:
    """Accept an invitation."""
    try:
        found = colleagues.invited(db(), key)
    except LinkNotValid:
        return render_template("accounts/invitation_closed.html"), 410
    form = AcceptForm()
    actor = current_actor()
    is_own = found.user is not None and actor.user_id == found.user.id
    if request.method == "POST" and is_own:
        try:
            colleagues.join(db(), actor, token=key)
        except AlreadyExists:
            form.form_errors.append(_("您仍是另一家单位的成员，请先由原单位移除。"))
        else:
            return _joined(found.organization.legal_name)
    elif found.user is None and form.validate_on_submit():
        user = colleagues.join_as_new(
            db(),
            token=key,
            full_name=(form.full_name.data or "").strip(),
            password=form.password.data or "",
            language=language(),
        )
        open_session(user)
        return _joined(found.organization.legal_name)
    page = render_template(
        "accounts/accept.html",
        form=form,
        invitation=found.invitation,
        organization=found.organization,
        is_own=is_own,
        is_known=found.user is not None,
    )
    return page, 422 if form.errors or form.form_errors else 200


def _joined(organization_name: str) -> ResponseReturnValue:
    g.pop("actor", None)
    flash(_("您已加入 %(name)s。", name=organization_name), "success")
    return redirect(url_for("accounts.home"), 303)
