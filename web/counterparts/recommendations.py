"""Firms recommended to a bank's product or a buyer's need: read, compare, shortlist, dismiss."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from access.lists import recommendation_terms, recommendations
from access.lists.recommendations import PostingSummary
from access.permissions import Permission
from vocabulary.classifications import Market, decline_reasons
from vocabulary.reasons import PairState
from vocabulary.roles import OrganizationKind
from web.common import explanations, opinions, recommended
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.languages import safe_next
from web.counterparts.comparison import comparison
from workflows.calendar import today
from workflows.reference_data import offered

blueprint = Blueprint("counterparts_recommendations", __name__, url_prefix="/recommended-firms")
_LEAST, _MOST = 2, 3


@blueprint.get("/")
@requires(Permission.REVIEW_RECOMMENDED_FIRMS)
def index() -> str:
    """The firms for the first own posting, or what to do where there is none."""
    postings = recommendations.overview(db(), current_actor())
    if postings:
        return _listing(postings[0].public_id, postings)
    is_bank = current_actor().organization_kind is OrganizationKind.BANK
    endpoint = "banks_products.index" if is_bank else "buyers_needs.index"
    return render_template("counterparts/recommendations/nothing_posted.html", is_bank=is_bank, url=url_for(endpoint))


@blueprint.get("/for/<posting_id>")
@requires(Permission.REVIEW_RECOMMENDED_FIRMS)
def listing(posting_id: str) -> str:
    """The firms for one product or need."""
    return _listing(posting_id, recommendations.overview(db(), current_actor()))


def _listing(posting_id: str, postings: list[PostingSummary]) -> str:
    filters = recommended.requested_filters()
    found = recommendations.for_counterpart(
        db(), current_actor(), posting_id, filters=filters, page=recommended.requested_page(), size=recommended.SIZE
    )
    return render_template(
        "counterparts/recommendations/listing.html",
        postings=postings,
        listing=found,
        page=recommended.page_of(found),
        filters=filters,
        has_filters=recommended.has_filters(filters),
        states=list(PairState),
        show=request.args.get("show", ""),
        sort=request.args.get("sort", "fit"),
    )


@blueprint.get("/compare")
@requires(Permission.REVIEW_RECOMMENDED_FIRMS)
def compare() -> str | Response:
    """Two or three firms side by side; another number leads back with a word about it."""
    ids = list(dict.fromkeys(request.args.getlist("ids")))
    if not _LEAST <= len(ids) <= _MOST:
        flash(_("请勾选 2 至 3 家企业再比较，现在选了 %(n)s 家。", n=len(ids)), "warning")
        return redirect(safe_next(request.args.get("back"), url_for(".index")))
    found = [recommendations.detail(db(), current_actor(), public_id) for public_id in ids]
    terms = [recommendation_terms.for_pair(db(), current_actor(), public_id, on=today()) for public_id in ids]
    return render_template(
        "counterparts/recommendations/compare.html",
        found=found,
        sections=comparison(found, terms),
        back=safe_next(request.args.get("back"), url_for(".index")),
    )


@blueprint.get("/<public_id>")
@requires(Permission.REVIEW_RECOMMENDED_FIRMS)
def detail(public_id: str) -> str:
    """One recommended firm: its public part and bands, the gates, the parts of the fit."""
    actor = current_actor()
    found = recommendations.detail(db(), actor, public_id)
    terms = recommendation_terms.for_pair(db(), actor, public_id, on=today())
    is_finance = found.market is Market.FINANCE
    return render_template(
        "counterparts/recommendations/detail.html",
        found=found,
        row=recommended.row(found.line, found.market, found.side),
        firm=found.demand_party if is_finance else found.supply_party,
        firm_rows=recommended.party_rows(found.demand_party if is_finance else found.supply_party),
        demand_rows=recommended.demand_rows(terms.demand, found.market),
        supply_rows=recommended.supply_rows(terms.supply, found.market),
        gates=explanations.ordered_gates(found.gates, found.market),
        n_open=explanations.n_open(found.gates),
        bars=explanations.bars(found.contributions),
        posting_id=found.line.supply_public_id if is_finance else found.line.demand_public_id,
        case_url=recommended.case_url(found.line),
        reasons=offered(db(), decline_reasons(found.market, found.side)),
    )


@blueprint.post("/<public_id>/interest")
@requires(Permission.REVIEW_RECOMMENDED_FIRMS)
def interest(public_id: str) -> Response:
    return opinions.show_interest(public_id, url_for(".detail", public_id=public_id))


@blueprint.post("/<public_id>/shortlist")
@requires(Permission.REVIEW_RECOMMENDED_FIRMS)
def shortlist(public_id: str) -> Response:
    return opinions.shortlist(public_id, url_for(".detail", public_id=public_id), is_listed=True)


@blueprint.post("/<public_id>/unshortlist")
@requires(Permission.REVIEW_RECOMMENDED_FIRMS)
def unshortlist(public_id: str) -> Response:
    return opinions.shortlist(public_id, url_for(".detail", public_id=public_id), is_listed=False)


@blueprint.post("/<public_id>/dismiss")
@requires(Permission.REVIEW_RECOMMENDED_FIRMS)
def dismiss(public_id: str) -> Response | tuple[str, int]:
    return opinions.dismiss(public_id, url_for(".detail", public_id=public_id), detail)


@blueprint.post("/<public_id>/restore")
@requires(Permission.REVIEW_RECOMMENDED_FIRMS)
def restore(public_id: str) -> Response:
    return opinions.restore(public_id, url_for(".detail", public_id=public_id))
