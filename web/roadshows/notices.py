"""The public notice of a roadshow: published facts, no sign-in."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from access.lists import organizations
from access.lists import roadshow_visits as lists
from vocabulary.lifecycles import RoadshowStatus
from web.common.database import db
from web.common.guards import public
from workflows.calendar import today

blueprint = Blueprint("roadshows_notices", __name__, url_prefix="/notices")


@blueprint.get("/")
@public
def index() -> ResponseReturnValue:
    """Roadshows to come."""
    return render_template("roadshows/notices.html", rows=lists.notices(db(), since=today()))


@blueprint.get("/<public_id>")
@public
def show(public_id: str) -> ResponseReturnValue:
    found = lists.notice(db(), public_id)
    facts = found.version.facts
    return render_template(
        "roadshows/notice.html",
        found=found,
        facts=facts,
        chains=[chain for chain in organizations.chains(db()) if chain.code in facts["chain_codes"]],
        is_open=found.status is RoadshowStatus.ANNOUNCED,
    )
