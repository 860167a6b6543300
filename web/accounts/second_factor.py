"""The own second factor: set up, spare codes, taken away."""

import segno
from flask import current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.permissions import Permission
from web.accounts.blueprint import blueprint
from web.accounts.forms import CodeForm
from web.common.database import db
from web.common.fresh import fresh
from web.common.guards import requires
from web.common.identity import current_account, current_actor, current_session_id
from workflows import second_factor as factors
from workflows.accounts import end_all_own_sessions, own_user
from workflows.second_factor import TooManyCodes, WrongCode

_ISSUER = "Lianrong"


def _key() -> str:
    return str(current_app.config["SETTINGS"].key)


@blueprint.get("/account/second-factor")
@requires(Permission.HAVE_ACCOUNT)
def second_factor() -> ResponseReturnValue:
    return _page(CodeForm(formdata=None))


def _page(form: CodeForm, status: int = 200) -> ResponseReturnValue:
    actor, account = current_actor(), current_account()
    assert account is not None
    enrolment = factors.begun(db(), actor, key=_key(), account=account.email, issuer=_ISSUER)
    page = render_template(
        "accounts/second_factor.html",
        form=form,
        standing=factors.standing(db(), actor.user_id),
        is_needed=current_app.config["SETTINGS"].needs_second_factor and actor.role in factors.NEEDING_ROLES,
        secret=_in_fours(enrolment.secret) if enrolment else "",
        picture=segno.make(enrolment.uri, error="m").svg_data_uri(scale=5, border=2) if enrolment else "",
    )
    return page, status


def _in_fours(secret: str) -> str:
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


@blueprint.post("/account/second-factor/begin")
@requires(Permission.HAVE_ACCOUNT)
@fresh
def begin_factor() -> ResponseReturnValue:
    factors.begin(db(), current_actor(), key=_key(), account=own_user(db(), current_actor()).email, issuer=_ISSUER)
    return redirect(url_for("accounts.second_factor"), 303)


@blueprint.post("/account/second-factor/confirm")
@requires(Permission.HAVE_ACCOUNT)
@fresh
def confirm_factor() -> ResponseReturnValue:
    """The first code; the spare codes are on the answer itself, and nowhere afterwards."""
    form = CodeForm()
    if not form.validate():
        return _page(form, 422)
    try:
        codes = factors.confirm(db(), current_actor(), key=_key(), code=form.code.data or "")
    except WrongCode:
        form.code.errors = [_("验证码不正确，请核对手机时间后重试。")]
        return _page(form, 422)
    except TooManyCodes as error:
        form.code.errors = [_("尝试次数太多，请 %(n)s 秒后再试。", n=error.seconds)]
        return _page(form, 429)
    return render_template("accounts/recovery_codes.html", codes=codes)


@blueprint.post("/account/second-factor/codes")
@requires(Permission.HAVE_ACCOUNT)
@fresh
def renew_codes() -> ResponseReturnValue:
    if not factors.has_factor(db(), current_actor().user_id):
        return redirect(url_for("accounts.second_factor"), 303)
    return render_template("accounts/recovery_codes.html", codes=factors.renew_codes(db(), current_actor()))


@blueprint.post("/account/second-factor/remove")
@requires(Permission.HAVE_ACCOUNT)
@fresh
def remove_factor() -> ResponseReturnValue:
    factors.remove(db(), current_actor())
    flash(_("两步验证已关闭。"), "success")
    return redirect(url_for("accounts.second_factor"), 303)


@blueprint.post("/account/sessions/end-others")
@requires(Permission.HAVE_ACCOUNT)
def end_other_sessions() -> ResponseReturnValue:
    end_all_own_sessions(db(), current_actor(), except_id=current_session_id())
    flash(_("其他设备已全部退出。"), "success")
    return redirect(url_for("accounts.account"), 303)
