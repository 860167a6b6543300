"""Before a weighty step the person shows anew who he is, unless he did so minutes ago.

For a form that was sent, the answer is a page that asks, and carries everything typed back to the same address: nothing
is lost, nothing is kept anywhere in between, and the step itself checks its form as always.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from models.base import now
from web.common.database import db
from web.common.devices import current_device
from web.common.idempotency import NOT_PART_OF_THE_FORM
from web.common.identity import current_actor, current_session_id, has_second_factor, proved_at
from workflows import accounts, second_factor
from workflows.accounts import Throttled, WrongCredentials
from workflows.second_factor import TooManyCodes, WrongCode

View = Callable[..., Any]
_PROOF, _ASKED = "identity_proof", "identity_asked"
_NOT_CARRIED = NOT_PART_OF_THE_FORM | {_PROOF, _ASKED}


def fresh(view: View) -> View:
    """Run the view only for somebody who gave the password or a code within the set minutes; else ask."""

    @wraps(view)
    def asked(*args: Any, **kwargs: Any) -> Any:
        if request.method in ("GET", "HEAD") or is_fresh():
            return view(*args, **kwargs)
        if _ASKED not in request.form:
            return _ask()
        try:
            _prove(request.form.get(_PROOF, ""))
        except (WrongCredentials, WrongCode):
            return _ask(_("不正确，请再试一次。"))
        except (Throttled, TooManyCodes) as error:
            return _ask(_("尝试次数太多，请 %(n)s 秒后再试。", n=error.seconds), 429)
        return view(*args, **kwargs)

    asked.needs_fresh = True  # type: ignore[attr-defined]
    return asked


def is_fresh() -> bool:
    """Whether this session's last proof is young enough."""
    at, minutes = proved_at(), current_app.config["SETTINGS"].fresh_minutes
    return at is not None and now() - at <= timedelta(minutes=minutes)


def _prove(given: str) -> None:
    """A six-figure number is a code, anything else the password."""
    actor = current_actor()
    plain = "".join(given.split())
    if has_second_factor() and plain.isdigit() and len(plain) == 6:
        second_factor.check(db(), actor.user_id or 0, key=current_app.config["SETTINGS"].key, code=plain)
    else:
        address = request.remote_addr or ""
        accounts.prove(db(), actor, password=given, address=address, device=current_device())
    accounts.mark_proved(db(), current_session_id())


def _ask(error: str = "", status: int = 401) -> ResponseReturnValue:
    carried = [(name, value) for name, value in request.form.items(multi=True) if name not in _NOT_CARRIED]
    page = render_template(
        "accounts/prove.html",
        carried=carried,
        error=error,
        has_factor=has_second_factor(),
        minutes=current_app.config["SETTINGS"].fresh_minutes,
        action=request.full_path.rstrip("?"),
    )
    return page, status
