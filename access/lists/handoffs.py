"""What a counterpart's system needs to open a file of its own for a case, besides the released dossier."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from access.actor import Actor
from access.lists.cases import case
from access.lists.recommendation_terms import posted
from models.organization import Organization
from models.posting import Demand, Supply
from vocabulary.classifications import Market, Side


@dataclass(frozen=True)
class Handoff:
    """Ids on our side, and what both posted."""

    case_id: str
    market: Market
    firm_id: str
    firm_name: str
    uscc: str | None
    demand_id: str
    demand_title: str
    demand_terms: dict[str, Any]
    supply_id: str
    supply_title: str
    supply_terms: dict[str, Any]
    introduced_at: datetime | None
    due_on: date | None


def handoff(session: Session, actor: Actor, public_id: str, *, on: date) -> Handoff:
    """Of an own case; raises NotVisible for any other. That the dossier was released the caller has made sure of."""
    pairing = case(session, actor, public_id, on=on).pairing
    demand, supply = session.get_one(Demand, pairing.demand_id), session.get_one(Supply, pairing.supply_id)
    firm_posting = demand if pairing.market is Market.FINANCE else supply
    firm = session.get_one(Organization, firm_posting.organization_id)
    return Handoff(
        pairing.public_id, pairing.market, firm.public_id, firm.legal_name, firm.uscc, demand.public_id, demand.title,
        posted(session, demand, Side.DEMAND), supply.public_id, supply.title, posted(session, supply, Side.SUPPLY),
        pairing.introduced_at, pairing.due_on,
    )  # fmt: skip
