"""One field in the top bar: what its words are found in, noun by noun, each row leading to its page."""

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _l

from access import scopes
from access.lists.found import MOST_SHOWN, FoundNoun, found
from access.permissions import Permission
from vocabulary.roles import OrganizationKind
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from workflows.calendar import today

blueprint = Blueprint("search", __name__, url_prefix="/search")
_N = FoundNoun
_HEADINGS = {
    _N.ORGANIZATION: _l("企业与单位"),
    _N.FINANCING_NEED: _l("融资需求"),
    _N.LOAN_PRODUCT: _l("贷款产品"),
    _N.PURCHASE_NEED: _l("采购需求"),
    _N.PRODUCT_LINE: _l("产品与产能"),
    _N.RECOMMENDATION: _l("推荐"),
    _N.PAIRING: _l("对接审定"),
    _N.CASE: _l("对接进展"),
}
_OWN_PAGES = {
    _N.FINANCING_NEED: "firms_needs.page",
    _N.LOAN_PRODUCT: "banks_products.page",
    _N.PURCHASE_NEED: "buyers_needs.page",
    _N.PRODUCT_LINE: "firms_lines.page",
}
_PAGES = {
    _N.ORGANIZATION: "officials_organizations.show",
    _N.PAIRING: "officials_pairings.show",
    _N.CASE: "cases.detail",
}


@blueprint.get("/")
@requires(Permission.HAVE_ACCOUNT)
def index() -> str:
    """Nothing is found for those who have no rows of their own or of a chain: auditors, administrators."""
    q = request.args.get("q", "").strip()[:80]
    groups = found(db(), current_actor(), q, on=today())
    return render_template(
        "search/index.html", q=q, groups=[(group, _HEADINGS[group.noun]) for group in groups], page_of=_page_of,
        most=MOST_SHOWN,
    )  # fmt: skip


def _page_of(noun: FoundNoun) -> str:
    """The endpoint of a row's page for the reader; all take `public_id`."""
    kind = current_actor().organization_kind
    if noun in _OWN_PAGES:
        return "officials_postings.show" if kind in scopes.OFFICES else _OWN_PAGES[noun]
    if noun is _N.RECOMMENDATION:
        own = kind is OrganizationKind.ENTERPRISE
        return "firms_recommendations.detail" if own else "counterparts_recommendations.detail"
    return _PAGES[noun]
