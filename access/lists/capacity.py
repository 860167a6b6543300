"""What lenders can take on, as banks see their own and as an office sees the one before it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from access.actor import Actor
from access.capacity import (
    Capacity,
    Visit,
    booking_weeks,
    capacities,
    first_week,
    officered_branches,
    states_for,
    visits_booked,
)
from access.lookups import one
from access.permissions import Permission
from access.rules import require
from access.scopes import own
from models.capacity import BranchCapacity, VisitSlot
from models.financing_need import FinancingNeed
from models.loan_product import LoanProduct
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from vocabulary.classifications import Market
from vocabulary.lifecycles import RELEASED_PAIRING, TAKEN_ON, PairingStatus, PostingStatus
from vocabulary.reasons import PairState

N_LENDERS = 5
_NOT_SHOWN = (PostingStatus.CLOSED, PostingStatus.EXPIRED)


@dataclass(frozen=True)
class ProductLine:
    """One product of the own bank with what is left of it; `visit` is that of the next firm."""

    public_id: str
    title: str
    status: PostingStatus
    capacity: Capacity
    visit: Visit


@dataclass(frozen=True)
class WeekLine:
    """One week of a branch; `left` is None without a limit, `over` counts visits above a limit lowered later."""

    week: date
    booked: int
    left: int | None
    over: int


@dataclass(frozen=True)
class Booking:
    """A firm whose visit is in a week; firms are named from the introduction on."""

    week: date
    firm_name: str
    pairing_id: str
    status: PairingStatus


@dataclass(frozen=True)
class BranchLine:
    """A branch of the own bank: its weeks, products and visits."""

    branch: BranchCapacity
    weeks: list[WeekLine]
    products: list[ProductLine]
    bookings: list[Booking]
    may_state: bool


@dataclass(frozen=True)
class OtherLender:
    """Another eligible product for the same need, with when its branch could visit."""

    supply_public_id: str
    bank: str
    title: str
    score: float
    capacity: Capacity
    visit: Visit


@dataclass(frozen=True)
class Outlook:
    """Where the visit of a pairing lands: booked, or as it would be if the pairing were confirmed now."""

    capacity: Capacity
    visit: Visit
    is_booked: bool
    amount_fen: int | None
    others: list[OtherLender]


def own_branch(session: Session, actor: Actor, public_id: str) -> BranchCapacity:
    """A branch of the actor's bank, or NotVisible."""
    statement = select_rows(BranchCapacity).where(
        own(actor, BranchCapacity.organization_id), BranchCapacity.public_id == public_id
    )
    row: BranchCapacity = one(session, statement)
    return row


def own_branches(session: Session, actor: Actor, *, on: date) -> list[BranchLine]:
    """The branches of the actor's bank that have a product or a visit; the same queries whatever their number."""
    require(actor, Permission.POST_LOAN_PRODUCTS)
    branches = session.execute(
        select(BranchCapacity).where(own(actor, BranchCapacity.organization_id)).order_by(col(BranchCapacity.branch))
    ).scalars()
    rows = session.execute(
        select(Supply, col(LoanProduct.branch))
        .join(LoanProduct, col(LoanProduct.supply_id) == col(Supply.id))
        .where(own(actor, Supply.organization_id), col(Supply.status).not_in(_NOT_SHOWN))
        .order_by(col(Supply.id))
    ).all()
    lenders = capacities(session, on, supply_ids=[supply.id for supply, _branch in rows])
    products: defaultdict[str, list[ProductLine]] = defaultdict(list)
    for supply, branch in rows:
        lender = lenders[supply.id]
        products[branch].append(ProductLine(supply.public_id, supply.title, supply.status, lender, lender.visit(on)))
    booked = visits_booked(session, since=first_week(on))
    bookings, officered = _bookings(session, actor, on), officered_branches(session, actor.organization_id)
    found = []
    for row in branches:
        taken = booked.get(row.id or 0, {})
        if products[row.branch] or taken:
            weeks = [_week(row, week, taken.get(week, 0)) for week in booking_weeks(on)]
            may_state = states_for(actor, row, officered)
            found.append(BranchLine(row, weeks, products[row.branch], bookings[row.id or 0], may_state))
    return found


def stated(session: Session, supply: Supply, *, on: date) -> tuple[int, dict[str, Any]]:
    """The version of a product's capacity and what is left at present, by the names of its form.

    The caller got the product from `access`.
    """
    product = session.get_one(LoanProduct, supply.id)
    lender = capacities(session, on, supply_ids=[product.supply_id])[product.supply_id]
    return product.capacity_version, {
        "quota_firms": lender.firms_left,
        "quota_fen": lender.fen_left,
        "paused_until": lender.paused_until,
        "pause_reason": lender.pause_reason if lender.paused_until else "",
    }


def visit_of(session: Session, pairing: Pairing) -> Visit | None:
    """The week given to the firm of a pairing that is taken on; None where there is none."""
    if pairing.status not in TAKEN_ON:
        return None
    row = session.execute(select(VisitSlot).where(col(VisitSlot.pairing_id) == pairing.id)).scalar_one_or_none()
    return None if row is None else Visit(row.week, row.bound)


def outlook(session: Session, pairing: Pairing, *, on: date) -> Outlook | None:
    """For the office that decides: the visit, and who else could be asked; None on the supply market.

    The caller got the pairing from `access.lookups`.
    """
    if pairing.market is not Market.FINANCE:
        return None
    need = session.get(FinancingNeed, pairing.demand_id)
    amount_fen = need.amount_fen if need else None
    booked = visit_of(session, pairing)
    rows = session.execute(
        select(Supply, col(Organization.legal_name), col(Recommendation.score))
        .join(Recommendation, col(Recommendation.supply_id) == col(Supply.id))
        .join(Organization, col(Organization.id) == col(Supply.organization_id))
        .where(
            col(Recommendation.demand_id) == pairing.demand_id,
            col(Recommendation.supply_id) != pairing.supply_id,
            col(Recommendation.superseded_at).is_(None),
            col(Recommendation.state) == PairState.ELIGIBLE,
            col(Supply.status) == PostingStatus.OPEN,
        )
        .order_by(col(Recommendation.score).desc(), col(Supply.id))
        .limit(N_LENDERS)
    ).all()
    lenders = capacities(session, on, supply_ids=[pairing.supply_id, *(supply.id for supply, *_ in rows)])
    own_lender = lenders[pairing.supply_id]
    others = [
        OtherLender(
            supply.public_id, bank, supply.title, score, lenders[supply.id],
            lenders[supply.id].visit(on, amount_fen=amount_fen),
        )
        for supply, bank, score in rows
    ]  # fmt: skip
    visit = booked or own_lender.visit(on, amount_fen=amount_fen)
    return Outlook(own_lender, visit, booked is not None, amount_fen, others)


def _week(row: BranchCapacity, week: date, booked: int) -> WeekLine:
    limit = row.visits_per_week
    left = None if limit is None else max(0, limit - booked)
    return WeekLine(week, booked, left, 0 if limit is None else max(0, booked - limit))


def _bookings(session: Session, actor: Actor, on: date) -> dict[int, list[Booking]]:
    rows = session.execute(
        select(
            col(VisitSlot.branch_id), col(VisitSlot.week), col(Organization.legal_name), col(Pairing.public_id),
            col(Pairing.status),
        )
        .join(Pairing, col(Pairing.id) == col(VisitSlot.pairing_id))
        .join(Demand, col(Demand.id) == col(Pairing.demand_id))
        .join(Organization, col(Organization.id) == col(Demand.organization_id))
        .where(
            own(actor, Pairing.supply_organization_id),
            col(VisitSlot.week) >= first_week(on),
            col(Pairing.status).in_(RELEASED_PAIRING),
        )
        .order_by(col(VisitSlot.week), col(VisitSlot.number))
    )  # fmt: skip
    found: defaultdict[int, list[Booking]] = defaultdict(list)
    for branch_id, *values in rows:
        found[branch_id].append(Booking(*values))
    return found
