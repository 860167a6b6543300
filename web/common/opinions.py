"""What one side says of a recommendation by one click: the same for firms, banks and buyers."""

from collections.abc import Callable

from flask import flash, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from web.common.database import db
from web.common.identity import current_actor
from web.common.languages import safe_next
from workflows import signals
from workflows.errors import NotComplete


def show_interest(public_id: str, page: str) -> Response:
    """Say yes; the chain office then considers the pair."""
    try:
        pairing = signals.express_interest(db(), current_actor(), recommendation_public_id=public_id)
    except NotComplete:
        flash(_("现在还不符合条件，不能表达意向。请先看“怎样才能符合”。"), "warning")
        return _back(page)
    if pairing.is_mutual:
        flash(_("双方都有意向，已提交链办审定。"), "success")
    else:
        flash(_("意向已记录，并提交链办审定。对方看不到您的意向，除非对方也有意向。"), "success")
    return _back(page)


def dismiss(public_id: str, page: str, render: Callable[[str], str]) -> Response | tuple[str, int]:
    """Hide the pair from the own lists, with a reason the other side never sees; `render` shows the page again."""
    reason, note = request.form.get("reason", ""), request.form.get("note", "")[:500]
    try:
        signals.dismiss(db(), current_actor(), recommendation_public_id=public_id, reason=reason, note=note)
    except NotComplete:
        return render(public_id), 422
    flash(_("已移到“不考虑”，可随时恢复。"), "success")
    return _back(page)


def restore(public_id: str, page: str) -> Response:
    """Take a dismissal back."""
    signals.restore(db(), current_actor(), recommendation_public_id=public_id)
    flash(_("已恢复到推荐列表。"), "success")
    return _back(page)


def shortlist(public_id: str, page: str, *, is_listed: bool) -> Response:
    """Add to the own shortlist, or take off it."""
    act = signals.shortlist if is_listed else signals.unshortlist
    act(db(), current_actor(), recommendation_public_id=public_id)
    flash(_("已加入候选。") if is_listed else _("已移出候选。"), "success")
    return _back(page)


def _back(page: str) -> Response:
    """To the list the click came from, else to the recommendation's page."""
    return redirect(safe_next(request.form.get("next"), page), 303)
