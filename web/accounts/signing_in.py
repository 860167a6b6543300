"""Signing in and out: the password, then the second factor of those who have one."""

from datetime import timedelta

from flask import current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.permissions import Permission
from web.accounts.blueprint import blueprint
from web.accounts.forms import CodeForm, SignInForm
from web.common.crowding import few_at_once
from web.common.database import db
from web.common.devices import current_device, keep_device
from web.common.guards import public, requires
from web.common.identity import current_actor
from web.common.identity import sign_in as open_session
from web.common.identity import sign_out as close_session
from web.common.languages import keep_language, safe_next
from web.common.navigation import home_url
from workflows import second_factor
from workflows.accounts import Throttled, User, WrongCredentials, authenticate, remember_device
from workflows.half_way import HalfWay, half_way, person_half_way
from workflows.second_factor import TooManyCodes, WrongCode

_HALF_WAY = "half_way"
_CODE_WITHIN = timedelta(minutes=10)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
@few_at_once
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
                    device=current_device(),
                )
            except Throttled as error:
                form.form_errors.append(_("尝试次数太多，请 %(n)s 秒后再试。", n=error.seconds))
                status, headers = 429, {"Retry-After": str(error.seconds)}
            except WrongCredentials:
                form.form_errors.append(_("邮箱或密码不正确。"))
                status = 401
            else:
                if second_factor.has_factor(db(), user.id):
                    session.clear()
                    session[_HALF_WAY] = half_way(user).as_list()
                    return redirect(url_for("accounts.sign_in_code", next=request.args.get("next")), 303)
                return _arrived(user)
    return render_template("accounts/sign_in.html", form=form), status, headers


def _arrived(user: User) -> ResponseReturnValue:
    token = remember_device(db(), user, current_device())
    open_session(user, user_agent=request.user_agent.string)
    wanted = safe_next(request.args.get("next"), home_url(current_actor()))
    return keep_device(keep_language(redirect(wanted, 303), user.language), token)


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@public
@few_at_once
def sign_in_code() -> ResponseReturnValue:
    """The second step, for ten minutes after the first; without the first there is nothing here."""
    user = person_half_way(db(), HalfWay.from_list(session.get(_HALF_WAY)), within=_CODE_WITHIN)
    if user is None or user.id is None:
        return redirect(url_for("accounts.sign_in", next=request.args.get("next")), 303)
    form = CodeForm()
    status, headers = (422, {}) if form.errors else (200, {})
    if form.validate_on_submit():
        try:
            second_factor.check(db(), user.id, key=current_app.config["SETTINGS"].key, code=form.code.data or "")
        except WrongCode:
            form.code.errors = [_("验证码不正确，或已使用过。")]
            status = 401
        except TooManyCodes as error:
            form.code.errors = [_("尝试次数太多，请 %(n)s 秒后再试。", n=error.seconds)]
            status, headers = 429, {"Retry-After": str(error.seconds)}
        else:
            return _arrived(user)
    elif form.errors:
        status = 422
    return render_template("accounts/sign_in_code.html", form=form), status, headers


@blueprint.post("/sign-out")
@requires(Permission.HAVE_ACCOUNT)
def leave() -> ResponseReturnValue:
    close_session()
    return redirect(url_for("accounts.home"), 303)
