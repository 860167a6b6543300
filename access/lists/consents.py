"""Consents of a firm, and whom it may give one to."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from access import parties
from access.actor import Actor
from access.lookups import NotVisible
from access.scopes import own
from models.organization import Organization, User
from models.pairing import Consent, Pairing
from models.posting import Demand, Supply
from models.purchase_need import PurchaseNeed
from models.recommendation import Recommendation
from vocabulary.classifications import PURPOSE_OF_MARKET, ConsentPurpose, Market
from vocabulary.lifecycles import LIVE_PAIRING
from vocabulary.reasons import PairState


@dataclass(frozen=True)
class Grant:
    """One consent. It is live while it is neither withdrawn nor past its last day."""

    public_id: str
    counterpart: str
    purpose: ConsentPurpose
    sections: list[str]
    ends_on: date
    given_by: str
    given_at: datetime
    withdrawn_at: datetime | None

    def is_live(self, on: date) -> bool:
        return self.withdrawn_at is None and self.ends_on >= on


@dataclass(frozen=True)
class Reader:
    """An organization the firm may let read, for one purpose."""

    id: int
    public_id: str
    name: str
    purpose: ConsentPurpose


def grants(session: Session, actor: Actor) -> list[Grant]:
    """The firm's consents, newest first."""
    rows = session.execute(
        select_columns(
            col(Consent.public_id),
            col(Organization.legal_name),
            col(Consent.purpose),
            col(Consent.sections),
            col(Consent.ends_on),
            col(User.full_name),
            col(Consent.created_at),
            col(Consent.withdrawn_at),
        )
        .join(Organization, col(Organization.id) == col(Consent.counterpart_id))
        .join(User, col(User.id) == col(Consent.given_by_id))
        .where(own(actor, Consent.organization_id))
        .order_by(col(Consent.id).desc())
    ).all()
    return [Grant(*row) for row in rows]


def own_consent(session: Session, actor: Actor, public_id: str) -> Consent:
    row = session.exec(
        select(Consent).where(Consent.public_id == public_id, own(actor, Consent.organization_id))
    ).first()
    if row is None:
        raise NotVisible
    return row


def readers(session: Session, actor: Actor) -> list[Reader]:
    """Those the firm has a live pairing or a recommendation with; buyers that keep their name back are not among
    them before a pairing was proposed."""
    found: dict[tuple[int, ConsentPurpose], Reader] = {}
    firm, counterpart = parties.firm_column(), parties.counterpart_column()
    paired = select_columns(counterpart, col(Pairing.market)).where(
        firm == actor.organization_id, col(Pairing.status).in_(LIVE_PAIRING)
    )
    finance = _recommended(Market.FINANCE, actor)
    supply = _recommended(Market.SUPPLY, actor)
    pairs = {
        (organization_id, Market(market))
        for statement in (paired, finance, supply)
        for organization_id, market in session.execute(statement.distinct()).all()
    }
    names = {
        row.id: row
        for row in session.exec(
            select(Organization).where(col(Organization.id).in_({organization_id for organization_id, _m in pairs}))
        ).all()
    }
    for organization_id, market in pairs:
        row, purpose = names[organization_id], PURPOSE_OF_MARKET[market]
        found[organization_id, purpose] = Reader(organization_id, row.public_id, row.legal_name, purpose)
    return sorted(found.values(), key=lambda reader: (reader.purpose, reader.name))


def _recommended(market: Market, actor: Actor) -> Any:
    own_side, other_side = (Demand, Supply) if market is Market.FINANCE else (Supply, Demand)
    return (
        select_columns(col(other_side.organization_id), col(Recommendation.market))
        .select_from(Recommendation)
        .join(Demand, col(Demand.id) == col(Recommendation.demand_id))
        .join(Supply, col(Supply.id) == col(Recommendation.supply_id))
        .outerjoin(PurchaseNeed, col(PurchaseNeed.demand_id) == col(Recommendation.demand_id))
        .where(
            own(actor, own_side.organization_id),
            col(Recommendation.market) == market,
            col(Recommendation.superseded_at).is_(None),
            col(Recommendation.state) != PairState.CLOSED,
            col(PurchaseNeed.hide_name).is_not(True),
        )
    )
