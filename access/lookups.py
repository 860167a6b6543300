"""One row for an actor. A row that may not be seen and a row that does not exist look the same."""

from typing import Any

from sqlalchemy import and_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from access import scopes
from access.actor import Actor
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from vocabulary.classifications import Side


class NotVisible(Exception):
    """There is no such row for this actor."""


def one(session: Session, statement: Any) -> Any:
    """The only row of a scoped statement, or NotVisible."""
    row = session.exec(statement).first()
    if row is None:
        raise NotVisible
    return row


def organization_to_check(session: Session, actor: Actor, public_id: str) -> Organization:
    row: Organization = one(session, scopes.organizations_to_check(actor).where(Organization.public_id == public_id))
    return row


def own_pairing(session: Session, actor: Actor, public_id: str) -> Pairing:
    row: Pairing = one(session, scopes.own_pairings(actor).where(Pairing.public_id == public_id))
    return row


def pairing_to_decide(session: Session, actor: Actor, public_id: str) -> Pairing:
    row: Pairing = one(session, scopes.pairings_to_decide(actor).where(Pairing.public_id == public_id))
    return row


def own_recommendation(session: Session, actor: Actor, public_id: str) -> tuple[Recommendation, Side]:
    """The current recommendation of the pair that the address names, and the actor's side of it; see `own_pair`."""
    row, _demand, _supply, side = own_pair(session, actor, public_id)
    return row, side


def own_pair(session: Session, actor: Actor, public_id: str) -> tuple[Recommendation, Demand, Supply, Side]:
    """The current recommendation of the pair that the address names, its two postings, and the actor's side.

    An address from before the last run leads to the row that replaced it; a pair no longer recommended is not visible.
    """
    named = aliased(Recommendation)
    current = (
        select(Recommendation, Demand, Supply)
        .join(Demand, col(Demand.id) == Recommendation.demand_id)
        .join(Supply, col(Supply.id) == Recommendation.supply_id)
        .join(
            named,
            and_(col(named.demand_id) == Recommendation.demand_id, col(named.supply_id) == Recommendation.supply_id),
        )
        .where(named.public_id == public_id, col(Recommendation.superseded_at).is_(None))
    )
    row, demand, supply = one(session, current)
    if actor.organization_id is None or actor.organization_id not in (demand.organization_id, supply.organization_id):
        raise NotVisible
    return row, demand, supply, Side.DEMAND if actor.organization_id == demand.organization_id else Side.SUPPLY
