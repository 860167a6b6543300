"""Signing in and out."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.permissions import Permission
from web.accounts.blueprint import blueprint
from web.accounts.forms import SignInForm
from web.common.database import db
from web.common.guards import public, requires
from web.common.identity import current_actor
from web.common.identity import sign_in as open_session
from web.common.identity import sign_out as close_session
from web.common.languages import keep_language, safe_next
from web.common.navigation import home_url
from workflows.accounts import Throttled, WrongCredentials, authenticate


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Sign in; the same answer whether the address or the password is wrong."""
    form = SignInForm(data={"email": request.args.get("email", "")})
    status = 200
    headers: dict[str, str] = {}
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                user = authenticate(
                    db(),
                    email=form.email.data or "",
                    password=form.password.data or "",
                    address=request.remote_addr or "",
                )
            except Throttled as error:
                form.form_errors.append(_("尝试次数太多，请 %(n)s 秒后再试。", n=error.seconds))
                status, headers = 429, {"Retry-After": str(error.seconds)}
            except WrongCredentials:
                form.form_errors.append(_("邮箱或密码不正确。"))
                status = 401
            else:
                open_session(user, user_agent=request.user_agent.string)
                wanted = safe_next(request.args.get("next"), home_url(current_actor()))
                return keep_language(redirect(wanted, 303), user.language)
    return render_template("accounts/sign_in.html", form=form), status, headers


@blueprint.post("/sign-out")
@requires(Permission.HAVE_ACCOUNT)
def leave() -> ResponseReturnValue:
    close_session()
    return redirect(url_for("accounts.home"), 303)
