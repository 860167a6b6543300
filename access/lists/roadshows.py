"""Roadshows of an office and the meetings held at them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from access.scopes import in_chain
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.roadshow import Roadshow, RoadshowMeeting
from vocabulary.classifications import Market
from vocabulary.lifecycles import PairingStatus, PostingStatus


@dataclass(frozen=True)
class MeetingLine:
    demand_name: str
    demand_title: str
    supply_name: str
    supply_title: str
    note: str
    pairing_public_id: str | None
    pairing_status: PairingStatus | None


@dataclass(frozen=True)
class PostingChoice:
    id: int
    text: str


def roadshows(session: Session, actor: Actor) -> list[Roadshow]:
    """The office's roadshows and those of all chains, newest first."""
    require(actor, Permission.RUN_ROADSHOWS)
    scope = or_(in_chain(actor, Roadshow.chain_id), col(Roadshow.chain_id).is_(None))
    return list(session.exec(select(Roadshow).where(scope).order_by(col(Roadshow.held_on).desc())).all())


def meetings(session: Session, roadshow: Roadshow) -> list[MeetingLine]:
    demand_owner, supply_owner = aliased(Organization), aliased(Organization)
    rows = session.execute(
        select_columns(
            col(demand_owner.legal_name),
            col(Demand.title),
            col(supply_owner.legal_name),
            col(Supply.title),
            col(RoadshowMeeting.note),
            col(Pairing.public_id),
            col(Pairing.status),
        )
        .select_from(RoadshowMeeting)
        .join(Demand, col(Demand.id) == col(RoadshowMeeting.demand_id))
        .join(Supply, col(Supply.id) == col(RoadshowMeeting.supply_id))
        .join(demand_owner, col(demand_owner.id) == col(Demand.organization_id))
        .join(supply_owner, col(supply_owner.id) == col(Supply.organization_id))
        .outerjoin(Pairing, col(Pairing.id) == col(RoadshowMeeting.pairing_id))
        .where(col(RoadshowMeeting.roadshow_id) == roadshow.id)
        .order_by(col(RoadshowMeeting.id))
    ).all()
    return [MeetingLine(*row) for row in rows]


def open_postings(session: Session, actor: Actor, market: Market) -> tuple[list[PostingChoice], list[PostingChoice]]:
    """Open demands and supplies of a market to choose from; the firms' side is of the office's chain."""
    require(actor, Permission.RUN_ROADSHOWS)
    return tuple(_choices(session, actor, model, market) for model in (Demand, Supply))  # type: ignore[return-value]


def _choices(session: Session, actor: Actor, model: Any, market: Market) -> list[PostingChoice]:
    is_firm_side = (model is Demand) == (market is Market.FINANCE)
    statement = (
        select_columns(col(model.id), col(Organization.legal_name), col(model.title))
        .join(Organization, col(Organization.id) == col(model.organization_id))
        .where(col(model.market) == market, col(model.status) == PostingStatus.OPEN)
        .order_by(col(Organization.legal_name), col(model.id))
        .limit(500)
    )
    if is_firm_side:
        statement = statement.where(in_chain(actor, model.chain_id))
    return [PostingChoice(row_id, f"{name} · {title}") for row_id, name, title in session.execute(statement).all()]
