"""The recommendation behind a pairing made again from what was stored, beside what was shown."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from access.lists import pairings as lists
from access.lookups import NotVisible
from access.permissions import Permission
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from workflows import replays
from workflows.calendar import today

blueprint = Blueprint("officials_replays", __name__, url_prefix="/pairings")


@blueprint.get("/<public_id>/replay")
@requires(Permission.DECIDE_PAIRINGS)
def show(public_id: str) -> ResponseReturnValue:
    """Score, parts and conditions, stored and made again; which weights they were made with."""
    found = lists.review(db(), current_actor(), public_id, on=today())
    if found.recommendation is None or found.is_blind:
        raise NotVisible
    again = replays.check(db(), found.recommendation)
    return render_template(
        "officials/pairings/replay.html",
        found=found,
        pairing=found.pairing,
        again=again,
        parts=[(label(part.code, "ComponentCode"), part) for part in again.parts],
    )
