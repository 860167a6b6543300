"""Recommendations for own postings: the same rows, parts, rules and bands that the pages show."""

from datetime import datetime
from typing import Any

from flask import Response
from pydantic import Field

from access.lists import recommendations as lists
from access.permissions import Permission
from access.rules import may
from vocabulary.classifications import Market, Side
from vocabulary.integrations import ApiScope
from vocabulary.reasons import PairState
from web.api.blueprint import blueprint, listed, needs, shown
from web.api.shapes import ID, IdPath, ListQuery, Shown
from web.common.database import db
from web.common.identity import current_actor


class RecommendationQuery(ListQuery):
    """Of which posting, and which of its recommendations."""

    posting: str = Field(pattern=ID, description="Id of an own posting.")
    state: PairState | None = None


class RecommendationLine(Shown):
    """One pair. `counterpart` is null while a buyer keeps its name back."""

    id: str
    rank: int
    score: float = Field(description="0 to 1.")
    state: PairState
    counterpart: str | None
    demand_id: str
    demand_title: str
    supply_id: str
    supply_title: str
    region_code: str | None
    industry_code: str | None
    bands: dict[str, int | None] = Field(description="Levels of the firm's published bands, 0 to 7, by scale.")
    is_interested: bool
    is_mutual: bool
    case_id: str | None
    recommended_at: datetime


class RecommendationList(Shown):
    items: list[RecommendationLine]
    total: int
    next: str | None


class Recommendation(RecommendationLine):
    """One pair with its explanation: the points of the contributions add up to the score."""

    market: Market
    side: Side = Field(description="The reader's side of the pair.")
    contributions: list[dict[str, Any]]
    gates: list[dict[str, Any]]
    changes: list[dict[str, Any]] = Field(description="The fewest changes that would open every closed gate.")


@blueprint.get("/recommendations", operation_id="list_recommendations", responses={"200": RecommendationList})
@needs(ApiScope.RECOMMENDATIONS_READ)
def list_recommendations(query: RecommendationQuery) -> Response:
    """Recommendations of one own posting, best first; those dismissed are left out."""
    actor, filters = current_actor(), lists.Filters(state=query.state)
    listing = lists.for_firm if may(actor, Permission.SEE_OWN_RECOMMENDATIONS) else lists.for_counterpart
    found = listing(db(), actor, query.posting, filters=filters, page=query.page, size=query.size)
    rows = [RecommendationLine.model_construct(**_line(line)) for line in found.lines]
    return listed(rows, found.total, query)


@blueprint.get("/recommendations/<id>", operation_id="get_recommendation", responses={"200": Recommendation})
@needs(ApiScope.RECOMMENDATIONS_READ)
def one_recommendation(path: IdPath) -> Response:
    """One recommendation with every contribution, rule and change, as on its page."""
    found = lists.detail(db(), current_actor(), path.id)
    answer = Recommendation.model_construct(
        **_line(found.line), market=found.market, side=found.side, contributions=list(found.contributions),
        gates=list(found.gates), changes=list(found.changes),
    )  # fmt: skip
    return shown(answer)


def _line(line: lists.Line) -> dict[str, Any]:
    return {
        "id": line.public_id, "rank": line.rank, "score": line.score, "state": line.state,
        "counterpart": line.counterpart, "demand_id": line.demand_public_id, "demand_title": line.demand_title,
        "supply_id": line.supply_public_id, "supply_title": line.supply_title, "region_code": line.region_code,
        "industry_code": line.industry_code, "bands": line.bands, "is_interested": line.is_interested,
        "is_mutual": line.is_mutual, "case_id": line.pairing_public_id, "recommended_at": line.recommended_at,
    }  # fmt: skip
