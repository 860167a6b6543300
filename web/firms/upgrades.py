"""What the chain's office wants to help the own enterprise with."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from access.lists import gaps as lists
from access.permissions import Permission
from web.common.database import db
from web.common.gap_words import gap_name, help_words, lack_words, market_of
from web.common.guards import requires
from web.common.identity import current_actor
from workflows.calendar import today

blueprint = Blueprint("firms_upgrades", __name__, url_prefix="/my-upgrades")


@blueprint.get("/")
@requires(Permission.SEE_OWN_RECOMMENDATIONS)
def index() -> ResponseReturnValue:
    """The firm's upgrade tasks; whose needs they would serve is not told."""
    return render_template(
        "firms/upgrades/index.html",
        lines=lists.upgrades(db(), current_actor(), on=today()),
        gap_name=gap_name, lack_words=lack_words, help_words=help_words, market_of=market_of,
    )  # fmt: skip
