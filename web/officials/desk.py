"""What waits for the office today."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from access.lists import approvals, chains, pairings
from access.permissions import Permission
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.outcome_bars import outcome_bars
from workflows import clocks
from workflows.calendar import today
from workflows.reference_data import working_days

blueprint = Blueprint("officials_desk", __name__, url_prefix="/desk")
_TOP = 8


@blueprint.get("/")
@requires(Permission.DECIDE_PAIRINGS)
def index() -> ResponseReturnValue:
    actor = current_actor()
    return render_template(
        "officials/desk/index.html",
        counts=pairings.desk_counts(db(), actor, on=today()),
        top=pairings.queue(db(), actor, status=None, on=today(), size=_TOP).items,
        approvals=approvals.waiting(db(), actor),
        outcomes=outcome_bars(chains.own_outcomes(db(), actor)),
        years_guessed=clocks.years_guessed(working_days(db()), today()),
    )
