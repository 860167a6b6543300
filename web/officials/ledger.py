"""The ledger of who did what, when."""

from datetime import datetime, time

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from access.lists import ledger
from access.permissions import Permission
from web.common.audit_words import NOUNS, action_words, noun_words
from web.common.database import db
from web.common.filters import SHANGHAI
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.pagination import SIZE, Page, requested_page

blueprint = Blueprint("officials_ledger", __name__, url_prefix="/ledger")


@blueprint.get("/")
@requires(Permission.READ_LEDGER)
def index() -> ResponseReturnValue:
    q, number = request.args.get("q", "").strip()[:80], requested_page()
    noun = request.args.get("noun", "")
    since = request.args.get("since", "")
    rows, total = ledger.events(
        db(),
        current_actor(),
        q=q,
        noun=noun if noun in NOUNS else "",
        since=_midnight(since),
        page=number,
        size=SIZE,
    )
    return render_template(
        "officials/ledger/index.html",
        page=Page(rows, number, total),
        nouns=[(code, noun_words(code)) for code in NOUNS],
        action_words=action_words,
        q=q,
        noun=noun,
        since=since,
    )


def _midnight(text: str) -> datetime | None:
    """The beginning of a day in Shanghai; None if the text is no day."""
    try:
        return datetime.combine(datetime.fromisoformat(text).date(), time.min, SHANGHAI)
    except ValueError:
        return None
