"""A forgotten password: a link by mail, used once."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from web.accounts.blueprint import blueprint
from web.accounts.forms import ForgotForm, NewPasswordForm
from web.common.database import db
from web.common.guards import public
from workflows import accounts
from workflows.accounts import LinkNotValid


@blueprint.route("/forgot-password", methods=["GET", "POST"])
@public
def forgot() -> ResponseReturnValue:
    """Ask for a link; the answer does not tell whether the address is known."""
    form = ForgotForm()
    if form.validate_on_submit():
        accounts.request_reset(db(), email=form.email.data or "", link_of=_reset_link)
        return render_template("accounts/forgot_sent.html", email=form.email.data)
    return render_template("accounts/forgot.html", form=form), 422 if form.errors else 200


def _reset_link(key: str) -> str:
    return url_for("accounts.reset", key=key, _external=True)


@blueprint.route("/reset-password/<key>", methods=["GET", "POST"])
@public
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
