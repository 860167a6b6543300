"""Whose cases are whose: for an office those its officials follow, for a bank or buyer those its people handle."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func

from access import parties
from access.actor import Actor
from access.lists.follow_up import follower_left, handler_left, overdue_condition
from access.lookups import NotVisible
from access.people import is_present
from access.scopes import OFFICES, in_chain
from models.organization import Membership, Organization, User
from models.pairing import Pairing
from models.posting import Demand, Supply
from vocabulary.case_clocks import ClockStage
from vocabulary.classifications import Market
from vocabulary.lifecycles import RELEASED_PAIRING, RUNNING_PAIRING, PairingStatus

NOBODY = "nobody"
"""Stands for the person of cases that nobody has."""


@dataclass(frozen=True)
class Caseload:
    """How much one person has; `public_id` is NOBODY for cases without a person."""

    public_id: str
    name: str
    n_cases: int
    n_running: int
    n_late: int
    has_left: bool


@dataclass(frozen=True)
class CaseOfPerson:
    """One case of a caseload."""

    public_id: str
    market: Market
    status: PairingStatus
    demand_title: str
    supply_title: str
    firm: str
    counterpart: str
    due_stage: ClockStage | None
    due_on: date | None
    is_late: bool


def is_office(actor: Actor) -> bool:
    return actor.organization_kind in OFFICES


def owner_column(actor: Actor) -> Any:
    """The column that names whose case it is on the actor's side."""
    return col(Pairing.followed_by_id) if is_office(actor) else col(Pairing.handled_by_id)


def own_side(actor: Actor) -> ColumnElement[bool]:
    """SQL over Pairing: introduced cases of the office's chain, or of which the organization is the counterpart."""
    if is_office(actor):
        scope: Any = in_chain(actor, Pairing.chain_id)
    else:
        scope = parties.counterpart_column() == (actor.organization_id or 0)
    return and_(scope, col(Pairing.status).in_(RELEASED_PAIRING))


def caseloads(session: Session, actor: Actor, *, on: date) -> list[Caseload]:
    """Everybody with introduced cases, those who left first, then by how many are running."""
    left = follower_left(on) if is_office(actor) else handler_left(on)
    running = func.sum(col(Pairing.status).in_(RUNNING_PAIRING).cast(Integer))
    rows = session.execute(
        select_columns(
            col(User.public_id),
            col(User.full_name),
            func.count(),
            running,
            func.sum(overdue_condition(on).cast(Integer)),
            func.max(left.cast(Integer)),
        )
        .select_from(Pairing)
        .outerjoin(User, col(User.id) == owner_column(actor))
        .where(own_side(actor))
        .group_by(col(User.public_id), col(User.full_name))
    ).all()
    found = [
        Caseload(public_id or NOBODY, name or "", n, int(n_running or 0), int(n_late or 0), bool(has_left))
        for public_id, name, n, n_running, n_late, has_left in rows
    ]
    return sorted(found, key=lambda load: (not load.has_left, -load.n_running, load.name))


def running_cases_of(session: Session, actor: Actor, public_id: str, *, on: date) -> int:
    """How many running cases of the actor's side one person has."""
    return sum(load.n_running for load in caseloads(session, actor, on=on) if load.public_id == public_id)


def person(session: Session, actor: Actor, public_id: str) -> User | None:
    """Whoever has cases of the actor's side; None for NOBODY. Raises NotVisible."""
    if public_id == NOBODY:
        return None
    user = session.execute(
        select_columns(User)
        .join(Pairing, owner_column(actor) == col(User.id))
        .where(own_side(actor), col(User.public_id) == public_id)
        .limit(1)
    ).scalar_one_or_none()
    if user is None:
        raise NotVisible
    return user


def cases_of(session: Session, actor: Actor, owner: User | None, *, on: date) -> list[CaseOfPerson]:
    """The introduced cases of one person, or of nobody: running ones first, the soonest due first."""
    firm, counterpart = aliased(Organization), aliased(Organization)
    owned = owner_column(actor).is_(None) if owner is None else owner_column(actor) == owner.id
    rows = session.execute(
        select_columns(
            col(Pairing.public_id),
            col(Pairing.market),
            col(Pairing.status),
            col(Demand.title).label("demand_title"),
            col(Supply.title).label("supply_title"),
            col(firm.legal_name).label("firm"),
            col(counterpart.legal_name).label("counterpart"),
            col(Pairing.due_stage),
            col(Pairing.due_on),
            func.coalesce(overdue_condition(on), False).label("is_late"),
        )
        .select_from(Pairing)
        .join(Demand, col(Demand.id) == col(Pairing.demand_id))
        .join(Supply, col(Supply.id) == col(Pairing.supply_id))
        .join(firm, col(firm.id) == parties.firm_column())
        .join(counterpart, col(counterpart.id) == parties.counterpart_column())
        .where(own_side(actor), owned)
        .order_by(
            (col(Pairing.status) == PairingStatus.FULFILLED), col(Pairing.due_on).asc().nulls_last(), col(Pairing.id)
        )
    ).all()
    return [CaseOfPerson(**row._asdict() | {"is_late": bool(row.is_late)}) for row in rows]


def colleagues(session: Session, actor: Actor, *, on: date) -> list[User]:
    """Present people of the actor's organization, who can take cases over."""
    rows = session.execute(
        select_columns(User)
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(col(Membership.organization_id) == actor.organization_id, *is_present(on))
        .order_by(col(User.full_name), col(User.id))
    )
    return list(rows.scalars())
