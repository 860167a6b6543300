"""Pairings of an office with what came of them. Verdicts are for people: nothing is decided here."""

from datetime import datetime

from flask import Response
from pydantic import Field

from access.lists import pairings as lists
from vocabulary.classifications import CaseStepKind, Market
from vocabulary.integrations import ApiScope
from vocabulary.lifecycles import PairingStatus
from web.api.blueprint import blueprint, listed, needs, shown
from web.api.cases import Step, step_model
from web.api.shapes import IdPath, ListQuery, Shown
from web.common.database import db
from web.common.identity import current_actor
from workflows.calendar import today


class PairingQuery(ListQuery):
    """Without a status: those a verdict is due for."""

    status: PairingStatus | None = None
    market: Market | None = None


class PairingLine(Shown):
    """One pairing of the office's chain."""

    id: str
    market: Market
    status: PairingStatus
    is_mutual: bool
    proposed_at: datetime
    demand_title: str
    supply_title: str
    demand_name: str
    supply_name: str


class PairingList(Shown):
    items: list[PairingLine]
    total: int
    next: str | None


class Pairing(PairingLine):
    """A pairing with the steps both sides recorded."""

    introduced_at: datetime | None
    steps: list[Step]
    sums_fen: dict[CaseStepKind, int] = Field(description="By kind of step.")


@blueprint.get("/pairings", operation_id="list_pairings", responses={"200": PairingList})
@needs(ApiScope.PAIRINGS_READ)
def list_pairings(query: PairingQuery) -> Response:
    """Pairings of the own chain, or of all chains for the joint office: mutual interest first, then the oldest."""
    found = lists.queue(
        db(), current_actor(), status=query.status, market=query.market, on=today(), page=query.page, size=query.size
    )
    rows = [
        PairingLine.model_construct(
            id=row.public_id, market=row.market, status=row.status, is_mutual=row.is_mutual,
            proposed_at=row.proposed_at, demand_title=row.demand_title, supply_title=row.supply_title,
            demand_name=row.demand_name, supply_name=row.supply_name,
        )
        for row in found.items
    ]  # fmt: skip
    return listed(rows, found.total, query)


@blueprint.get("/pairings/<id>", operation_id="get_pairing", responses={"200": Pairing})
@needs(ApiScope.PAIRINGS_READ)
def one_pairing(path: IdPath) -> Response:
    """One pairing with its steps."""
    found = lists.review(db(), current_actor(), path.id, on=today())
    pairing = found.pairing
    answer = Pairing.model_construct(
        id=pairing.public_id, market=pairing.market, status=pairing.status, is_mutual=pairing.is_mutual,
        proposed_at=pairing.proposed_at, demand_title=found.demand.title, supply_title=found.supply.title,
        demand_name=found.demand_name, supply_name=found.supply_name, introduced_at=pairing.introduced_at,
        steps=[step_model(step) for step in found.progress.steps], sums_fen=found.progress.sums,
    )  # fmt: skip
    return shown(answer)
