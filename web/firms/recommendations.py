"""Lenders, buyers and suppliers recommended to an enterprise, and why others do not fit yet."""

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from access.lists import recommendation_terms, recommendations
from access.permissions import Permission
from vocabulary.classifications import FIRM_SIDE, Side, decline_reasons
from vocabulary.reasons import PairState
from web.common import explanations, opinions, recommended
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from workflows.calendar import today
from workflows.reference_data import offered

blueprint = Blueprint("firms_recommendations", __name__, url_prefix="/recommendations")


@blueprint.get("/")
@requires(Permission.SEE_OWN_RECOMMENDATIONS)
def index() -> str:
    """Own open needs and product lines, each with its counts."""
    postings = recommendations.overview(db(), current_actor())
    return render_template(
        "firms/recommendations/index.html",
        postings=postings,
        states=list(PairState),
        needs_url=url_for("firms_needs.index"),
        lines_url=url_for("firms_lines.index"),
    )


@blueprint.get("/for/<posting_id>")
@requires(Permission.SEE_OWN_RECOMMENDATIONS)
def listing(posting_id: str) -> str:
    """Who is recommended for one need or product line."""
    actor, filters = current_actor(), recommended.requested_filters()
    found = recommendations.for_firm(
        db(), actor, posting_id, filters=filters, page=recommended.requested_page(), size=recommended.SIZE
    )
    return render_template(
        "firms/recommendations/listing.html",
        listing=found,
        page=recommended.page_of(found),
        filters=filters,
        has_filters=recommended.has_filters(filters),
        states=list(PairState),
        counts=recommendations.counts(db(), actor, posting_id),
    )


@blueprint.get("/<public_id>")
@requires(Permission.SEE_OWN_RECOMMENDATIONS)
def detail(public_id: str) -> str:
    """One recommendation: both sides, the gates, the parts of the fit, and what would have to change."""
    actor = current_actor()
    found = recommendations.detail(db(), actor, public_id)
    terms = recommendation_terms.for_pair(db(), actor, public_id, on=today())
    return render_template(
        "firms/recommendations/detail.html",
        found=found,
        row=recommended.row(found.line, found.market, found.side),
        gates=explanations.ordered_gates(found.gates, found.market),
        n_open=explanations.n_open(found.gates),
        bars=explanations.bars(found.contributions),
        demand_rows=recommended.demand_rows(terms.demand, found.market),
        supply_rows=recommended.supply_rows(terms.supply, found.market),
        demand_party=recommended.party_rows(found.demand_party),
        supply_party=recommended.party_rows(found.supply_party),
        terms=terms,
        is_firm_side=FIRM_SIDE[found.market] is found.side,
        is_own_demand=found.side is Side.DEMAND,
        own_id=found.line.demand_public_id if found.side is Side.DEMAND else found.line.supply_public_id,
        own_title=found.line.demand_title if found.side is Side.DEMAND else found.line.supply_title,
        consents_url=url_for("firms_consents.index", counterpart=terms.counterpart_public_id),
        case_url=recommended.case_url(found.line),
        reasons=offered(db(), decline_reasons(found.market, found.side)),
    )


@blueprint.post("/<public_id>/interest")
@requires(Permission.SEE_OWN_RECOMMENDATIONS)
def interest(public_id: str) -> Response:
    return opinions.show_interest(public_id, url_for(".detail", public_id=public_id))


@blueprint.post("/<public_id>/dismiss")
@requires(Permission.SEE_OWN_RECOMMENDATIONS)
def dismiss(public_id: str) -> Response | tuple[str, int]:
    return opinions.dismiss(public_id, url_for(".detail", public_id=public_id), detail)


@blueprint.post("/<public_id>/restore")
@requires(Permission.SEE_OWN_RECOMMENDATIONS)
def restore(public_id: str) -> Response:
    return opinions.restore(public_id, url_for(".detail", public_id=public_id))
