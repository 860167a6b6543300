"""Cases that are due or late, and who was told: the office's list."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access import lookups
from access.lists import follow_up as lists
from access.permissions import Permission
from vocabulary.case_clocks import ReminderLevel
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.pagination import SIZE, Page, requested_page
from workflows import clocks, handovers
from workflows.calendar import today
from workflows.reference_data import working_days

blueprint = Blueprint("officials_follow_up", __name__, url_prefix="/follow-up")


@blueprint.get("/")
@requires(Permission.DECIDE_PAIRINGS)
def index() -> ResponseReturnValue:
    """The longest late first; filtered by who was told, who follows and which bank or buyer."""
    asked, number = request.args.get("level", ""), requested_page()
    level = ReminderLevel(asked) if asked in set(ReminderLevel) else None
    follower, counterpart = request.args.get("follower", "")[:12], request.args.get("counterpart", "")[:12]
    found = lists.follow_up(
        db(),
        current_actor(),
        on=today(),
        level=level,
        follower=follower,
        counterpart=counterpart,
        page=number,
        size=SIZE,
    )
    calendar = working_days(db())
    lines = [(row, calendar.between(row.due_on, today())) for row in found.items]
    return render_template(
        "officials/follow_up/index.html",
        found=found,
        page=Page(lines, number, found.total),
        levels=list(ReminderLevel),
        level=level,
        follower=follower,
        counterpart=counterpart,
        limits=clocks.dated_limits(db()).at(today()),
        years_guessed=clocks.years_guessed(calendar, today()),
    )


@blueprint.post("/<public_id>/follow")
@requires(Permission.DECIDE_PAIRINGS)
def follow(public_id: str) -> ResponseReturnValue:
    """The reader follows the case from now on."""
    pairing = lookups.pairing_to_decide(db(), current_actor(), public_id)
    handovers.follow(db(), current_actor(), pairing)
    flash(_("由您跟进。"), "success")
    return redirect(url_for("officials_pairings.show", public_id=public_id), 303)
