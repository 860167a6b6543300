"""Lenders, buyers and suppliers recommended to an enterprise, and why others do not fit yet."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from access.lists import recommendation_terms, recommendations
from access.permissions import Permission
from vocabulary.classifications import FIRM_SIDE, DeclineReason
from vocabulary.reasons import PairState
from web.common import explanations, recommended
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.languages import safe_next
from workflows import signals
from workflows.calendar import today
from workflows.errors import NotComplete

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
    filters = recommended.requested_filters()
    found = recommendations.for_firm(
        db(), current_actor(), posting_id, filters=filters, page=recommended.requested_page(), size=recommended.SIZE
    )
    return render_template(
        "firms/recommendations/listing.html",
        listing=found,
        page=recommended.page_of(found),
        filters=filters,
        has_filters=recommended.has_filters(filters),
        states=list(PairState),
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
        demand_rows=recommended.demand_rows(terms, found.market),
        supply_rows=recommended.supply_rows(terms, found.market),
        demand_party=recommended.party_rows(found.demand_party),
        supply_party=recommended.party_rows(found.supply_party),
        terms=terms,
        is_firm_side=FIRM_SIDE[found.market] is found.side,
        is_own_demand=found.side.value == "demand",
        consents_url=url_for("firms_consents.index", counterpart=terms.counterpart_public_id),
        case_url=recommended.case_url(found.line),
        reasons=list(DeclineReason),
    )


@blueprint.post("/<public_id>/interest")
@requires(Permission.SEE_OWN_RECOMMENDATIONS)
def interest(public_id: str) -> Response:
    """Say yes; the chain office then considers the pair."""
    try:
        pairing = signals.express_interest(db(), current_actor(), recommendation_public_id=public_id)
    except NotComplete:
        flash(_("现在还不符合条件，不能表达意向。请先看“怎样才能符合”。"), "warning")
        return _back(public_id)
    mutual = _("双方都有意向，已提交链办审定。")
    flash(
        mutual if pairing.is_mutual else _("意向已记录，并提交链办审定。对方看不到您的意向，除非对方也有意向。"),
        "success",
    )
    return _back(public_id)


@blueprint.post("/<public_id>/dismiss")
@requires(Permission.SEE_OWN_RECOMMENDATIONS)
def dismiss(public_id: str) -> Response:
    """Hide the pair from the own lists, with a reason the other side never sees."""
    reason = request.form.get("reason", "")
    if reason not in set(DeclineReason):
        flash(_("请选择不考虑的原因。"), "warning")
        return _back(public_id)
    note = request.form.get("note", "")[:500]
    signals.dismiss(db(), current_actor(), recommendation_public_id=public_id, reason=DeclineReason(reason), note=note)
    flash(_("已移到“不考虑”，可随时恢复。"), "success")
    return _back(public_id)


@blueprint.post("/<public_id>/restore")
@requires(Permission.SEE_OWN_RECOMMENDATIONS)
def restore(public_id: str) -> Response:
    """Take a dismissal back."""
    signals.restore(db(), current_actor(), recommendation_public_id=public_id)
    flash(_("已恢复到推荐列表。"), "success")
    return _back(public_id)


def _back(public_id: str) -> Response:
    target = safe_next(request.form.get("next"), url_for(".detail", public_id=public_id))
    return redirect(target, 303)
