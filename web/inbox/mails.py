"""Whether mail goes out, for the administrator."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import mails as lists
from access.permissions import Permission
from jobs.outbox import MAX_ATTEMPTS
from vocabulary.events import EVENTS
from vocabulary.lifecycles import OutboxStatus
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.pagination import SIZE, Page, requested_page
from workflows import outbox

blueprint = Blueprint("mails", __name__, url_prefix="/mails")
_ORDER = (
    OutboxStatus.FAILED, OutboxStatus.WAITING, OutboxStatus.SENDING, OutboxStatus.SENT, OutboxStatus.CANCELLED,
)  # fmt: skip


@blueprint.get("/")
@requires(Permission.FOLLOW_MAIL)
def index() -> ResponseReturnValue:
    """What failed first; else by status."""
    asked = request.args.get("status", OutboxStatus.FAILED.value)
    status = OutboxStatus(asked) if asked in set(OutboxStatus) else None
    number = requested_page()
    rows, counts = lists.mails(db(), current_actor(), status=status, page=number, size=SIZE)
    total = sum(counts.values()) if status is None else counts.get(status, 0)
    return render_template(
        "inbox/mails.html",
        page=Page(rows, number, total),
        counts=counts,
        statuses=_ORDER,
        status=status,
        most=MAX_ATTEMPTS,
        category_of={code: event.category for code, event in EVENTS.items()},
    )


@blueprint.post("/<message_id>/try-again")
@requires(Permission.FOLLOW_MAIL)
def try_again(message_id: str) -> ResponseReturnValue:
    outbox.try_again(db(), current_actor(), lists.mail(db(), current_actor(), message_id))
    flash(_("已重新排队，将在半分钟内发送。"), "success")
    return redirect(url_for("mails.index"), 303)


@blueprint.post("/<message_id>/give-up")
@requires(Permission.FOLLOW_MAIL)
def give_up(message_id: str) -> ResponseReturnValue:
    outbox.give_up(db(), current_actor(), lists.mail(db(), current_actor(), message_id))
    flash(_("已放弃这封邮件。"), "success")
    return redirect(url_for("mails.index"), 303)
