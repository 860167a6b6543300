"""Why banks and buyers declined, counted for the office."""

from enum import StrEnum
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from access.lists import refusals as lists
from access.permissions import Permission
from vocabulary.classifications import DeclineReason, Market
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.pagination import SIZE, Page, requested_page
from workflows.calendar import today

blueprint = Blueprint("officials_refusals", __name__, url_prefix="/refusals")
PERIODS = ((30, _l("近 30 天")), (90, _l("近 90 天")), (365, _l("近一年")))


@blueprint.get("/")
@requires(Permission.DECIDE_PAIRINGS)
def index() -> ResponseReturnValue:
    """By reason and by organization; every number opens the cases it counts."""
    days = request.args.get("days", type=int)
    filters = lists.Filters(
        market=_code(Market, "market"),
        reason=_code(DeclineReason, "reason"),
        counterpart=request.args.get("counterpart", ""),
        days=days if days in {number for number, _words in PERIODS} else None,
        at_odds=request.args.get("at_odds", ""),
    )
    number = requested_page()
    found = lists.refusals(db(), current_actor(), filters, on=today())
    return render_template(
        "officials/refusals/index.html",
        found=found,
        filters=filters,
        page=Page(found.lines[(number - 1) * SIZE : number * SIZE], number, len(found.lines)),
        markets=list(Market),
        periods=PERIODS,
        chosen={name: value for name, value in request.args.items() if name != "page" and value},
        odds=((lists.UNSTATED, _l("条件没有写明")), (lists.MET, _l("条件写明且符合"))),
    )


def _code(codes: type[StrEnum], name: str) -> Any:
    """A code asked for in the address; anything else asks for all."""
    wanted = request.args.get(name, "")
    return codes(wanted) if wanted in set(codes) else None
