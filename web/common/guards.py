"""Every route says who may use it; the tests read the mark that the guard leaves on the view."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import current_app, redirect, request, url_for

from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from web.common.idempotency import let_go
from web.common.identity import current_account, current_actor, has_second_factor
from workflows.passwords import is_too_old
from workflows.second_factor import NEEDING_ROLES

View = Callable[..., Any]


_WITHOUT_DEBT = frozenset(
    {
        "accounts.second_factor", "accounts.begin_factor", "accounts.confirm_factor", "accounts.account",
        "accounts.leave", "accounts.change_details", "accounts.end_session", "accounts.end_other_sessions",
    }
)  # fmt: skip
"""Where somebody may go who must first set up a second factor or change an old password."""


def _owed(actor: Actor) -> str:
    """The page that must be seen to before any other, or ""."""
    settings, account = current_app.config["SETTINGS"], current_account()
    if settings.needs_second_factor and actor.role in NEEDING_ROLES and not has_second_factor():
        return "accounts.second_factor"
    if account and is_too_old(account.password_set_at or account.created_at, days=settings.password_max_age_days):
        return "accounts.account"
    return ""


def requires(permission: Permission) -> Callable[[View], View]:
    """Allow a view to signed-in people whose role has the permission; others are sent to sign in, or refused."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            actor = current_actor()
            if not actor.is_signed_in:
                let_go()
                wanted = request.full_path.rstrip("?") if request.method == "GET" else None
                return redirect(url_for("accounts.sign_in", next=wanted))
            if (first := _owed(actor)) and request.endpoint not in _WITHOUT_DEBT:
                let_go()
                return redirect(url_for(first), 303)
            require(actor, permission)
            return view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return guard


def public(view: View) -> View:
    """Allow a view to everybody."""
    view.permission = None  # type: ignore[attr-defined]
    return view
