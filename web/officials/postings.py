"""A need or product as the office of its chain reads it: its terms, and what came of it."""

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l

from access.lists.office_postings import office_posting
from access.lists.postings import PostingNoun
from access.permissions import Permission
from vocabulary.classifications import Side
from web.common import recommended
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from workflows.calendar import today

blueprint = Blueprint("officials_postings", __name__, url_prefix="/postings")
_NOUNS = {
    PostingNoun.FINANCING_NEED: _l("融资需求"),
    PostingNoun.LOAN_PRODUCT: _l("贷款产品"),
    PostingNoun.PURCHASE_NEED: _l("采购需求"),
    PostingNoun.PRODUCT_LINE: _l("产品与产能"),
}


@blueprint.get("/<public_id>")
@requires(Permission.DECIDE_PAIRINGS)
def show(public_id: str) -> str:
    found = office_posting(db(), current_actor(), public_id, on=today())
    rows_of = recommended.demand_rows if found.noun.side is Side.DEMAND else recommended.supply_rows
    return render_template(
        "officials/postings/show.html",
        found=found,
        noun=_NOUNS[found.noun],
        terms=rows_of(found.terms, found.noun.market),
    )
