"""The first page, and everybody's own account."""

from flask import current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import organizations as lists
from access.permissions import Permission
from access.rules import may
from vocabulary.lifecycles import OrganizationStatus
from web.accounts.blueprint import blueprint
from web.accounts.forms import ChangePasswordForm, DetailsForm, ReturnedOrganizationForm
from web.common.database import db
from web.common.guards import public, requires
from web.common.identity import current_account, current_actor, current_session_id, has_second_factor
from web.common.languages import keep_language, language
from web.common.navigation import home_url
from workflows import accounts, organizations
from workflows.accounts import WrongCredentials
from workflows.errors import AlreadyExists
from workflows.organizations import Registration


@blueprint.get("/")
@public
def home() -> ResponseReturnValue:
    """What this is, for strangers; the own desk for those who are signed in."""
    actor = current_actor()
    if actor.is_signed_in:
        return redirect(home_url(actor))
    is_demo = current_app.config["SETTINGS"].demo_world
    return render_template(
        "accounts/home.html",
        demo_accounts=accounts.demo_accounts(db()) if is_demo else [],
        demo_password=accounts.DEMO_PASSWORD,
    )


@blueprint.route("/account", methods=["GET", "POST"])
@requires(Permission.HAVE_ACCOUNT)
def account() -> ResponseReturnValue:
    """Own details, own sessions, own password."""
    actor = current_actor()
    form = ChangePasswordForm()
    if form.validate_on_submit():
        try:
            accounts.change_password(
                db(),
                actor,
                old=form.current.data or "",
                new=form.password.data or "",
                keep_session_id=current_session_id(),
            )
        except WrongCredentials:
            form.current.errors = [_("当前密码不正确。")]
        else:
            flash(_("密码已更改，其他设备已退出。"), "success")
            return redirect(url_for("accounts.account"), 303)
    return _account_page(form, DetailsForm(obj=current_account(), formdata=None))


def _account_page(form: ChangePasswordForm, details: DetailsForm) -> ResponseReturnValue:
    actor = current_actor()
    if not details.language.data:
        details.language.data = language()
    organization = lists.own_organization(db(), actor)
    is_returned = organization is not None and organization.status is OrganizationStatus.RETURNED
    page = render_template(
        "accounts/account.html",
        account=current_account(),
        has_factor=has_second_factor(),
        form=form,
        details=details,
        sessions=lists.open_sessions(db(), actor, current_session_id()),
        organization=organization,
        is_returned=is_returned,
        returned_form=ReturnedOrganizationForm(obj=organization, formdata=None)
        if is_returned and may(actor, Permission.MANAGE_COLLEAGUES)
        else None,
    )
    return page, 422 if form.errors or details.errors else 200


@blueprint.post("/account/details")
@requires(Permission.HAVE_ACCOUNT)
def change_details() -> ResponseReturnValue:
    details = DetailsForm()
    if not details.validate():
        return _account_page(ChangePasswordForm(formdata=None), details)
    accounts.update_details(
        db(),
        current_actor(),
        full_name=(details.full_name.data or "").strip(),
        title=(details.title.data or "").strip(),
        phone=(details.phone.data or "").strip(),
        language=details.language.data,
    )
    flash(_("已保存。"), "success")
    return keep_language(redirect(url_for("accounts.account"), 303), details.language.data)


@blueprint.post("/account/sessions/<handle>/end")
@requires(Permission.HAVE_ACCOUNT)
def end_session(handle: str) -> ResponseReturnValue:
    accounts.end_own_session(db(), current_actor(), handle)
    flash(_("该设备已退出。"), "success")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/account/organization")
@requires(Permission.MANAGE_COLLEAGUES)
def correct_organization() -> ResponseReturnValue:
    """Answer a returned registration."""
    actor = current_actor()
    organization = lists.own_organization(db(), actor)
    form = ReturnedOrganizationForm()
    if organization is None or not form.validate():
        flash(_("请填写单位名称和正确的信用代码。"), "warning")
        return redirect(url_for("accounts.account"), 303)
    corrected = Registration(
        uscc=form.uscc.data or "",
        legal_name=(form.legal_name.data or "").strip(),
        phone=organization.phone,
        region_code=organization.region_code,
        chain_code=lists.chain_code(db(), organization),
    )
    try:
        organizations.correct(db(), actor, corrected)
    except AlreadyExists:
        flash(_("该统一社会信用代码已注册。请联系本单位负责人邀请您加入。"), "warning")
    else:
        flash(_("已重新提交，等待核验。"), "success")
    return redirect(url_for("accounts.account"), 303)
