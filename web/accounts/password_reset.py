"""A forgotten password: a link by mail, used once."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from web.accounts.blueprint import blueprint
from web.accounts.forms import ForgotForm, NewPasswordForm
from web.common.crowding import few_at_once
from web.common.database import db
from web.common.guards import public
from workflows import accounts, reset_requests
from workflows.accounts import LinkNotValid, Throttled


@blueprint.route("/forgot-password", methods=["GET", "POST"])
@public
def forgot() -> ResponseReturnValue:
    """Ask for a link; the answer does not tell whether the address is known."""
    form = ForgotForm()
    if form.validate_on_submit():
        link = url_for("accounts.reset", key=reset_requests.RESET_KEY, _external=True)
        try:
            reset_requests.ask(db(), email=form.email.data or "", link=link, address=request.remote_addr or "")
        except Throttled as error:
            form.email.errors = [_("尝试次数太多，请 %(n)s 秒后再试。", n=error.seconds)]
            return render_template("accounts/forgot.html", form=form), 429, {"Retry-After": str(error.seconds)}
        return render_template("accounts/forgot_sent.html", email=form.email.data)
    return render_template("accounts/forgot.html", form=form), 422 if form.errors else 200


@blueprint.route("/reset-password/<key>", methods=["GET", "POST"])
@public
@few_at_once
def reset(key: str) -> ResponseReturnValue:
    """Set a new password by link."""
    form = NewPasswordForm()
    try:
        accounts.reset_of(db(), key)
        if form.validate_on_submit():
            accounts.reset_password(db(), token=key, new=form.password.data or "")
            flash(_("密码已更改，请登录。"), "success")
            return redirect(url_for("accounts.sign_in"), 303)
    except LinkNotValid:
        return render_template("accounts/reset_closed.html"), 410
    return render_template("accounts/reset.html", form=form), 422 if form.errors else 200
