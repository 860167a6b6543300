"""Every route says who may use it; the tests read the mark that the guard leaves on the view."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import redirect, request, url_for

from access.permissions import Permission
from access.rules import require
from web.common.identity import current_actor

View = Callable[..., Any]


def requires(permission: Permission) -> Callable[[View], View]:
    """Allow a view to signed-in people whose role has the permission; others are sent to sign in, or refused."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            actor = current_actor()
            if not actor.is_signed_in:
                wanted = request.full_path.rstrip("?") if request.method == "GET" else None
                return redirect(url_for("accounts.sign_in", next=wanted))
            require(actor, permission)
            return view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return guard


def public(view: View) -> View:
    """Allow a view to everybody."""
    view.permission = None  # type: ignore[attr-defined]
    return view
