"""What lenders can still take on, read from rows: visits of the branch by week, quota and pause of the product."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlmodel import Session, col

from access.actor import Actor
from models.capacity import BranchCapacity, VisitSlot
from models.financing_need import FinancingNeed
from models.loan_product import LoanProduct
from models.organization import Membership
from models.pairing import Pairing
from models.posting import Supply
from vocabulary.lifecycles import TAKEN_ON
from vocabulary.planning import BOOKING_WEEKS, CapacityBound

_WEEK = timedelta(days=7)
_FRIDAY = timedelta(days=4)


def first_week(day: date) -> date:
    """Monday of the first week in which a visit can still be made: this one, or the next from Saturday on."""
    monday = day - timedelta(days=day.weekday())
    return monday + _WEEK if day > monday + _FRIDAY else monday


def booking_weeks(day: date) -> list[date]:
    """The weeks whose visits are given away at present."""
    return [first_week(day) + n * _WEEK for n in range(BOOKING_WEEKS)]


@dataclass(frozen=True)
class Visit:
    """Where a visit lands: its week, and why not the first one. Without a week: what keeps the lender from it."""

    week: date | None
    bound: CapacityBound | None


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """What one product can still take on; None stands for no stated limit."""

    supply_id: int
    branch_id: int | None = None
    branch: str = ""
    visits_per_week: int | None = None
    booked: dict[date, int] = field(default_factory=dict)
    """Visits given away, by week."""
    firms_left: int | None = None
    fen_left: int | None = None
    paused_until: date | None = None
    pause_reason: str = ""

    def visit(self, day: date, *, amount_fen: int | None = None) -> Visit:
        """The visit of one more firm, confirmed on `day` and asking for an amount. The only place that computes it.

        The first of the weeks being given away with a day without pause and a place left.
        """
        if self.firms_left is not None and self.firms_left < 1:
            return Visit(None, CapacityBound.FIRMS)
        if self.fen_left is not None and self.fen_left < (amount_fen or 1):
            return Visit(None, CapacityBound.AMOUNT)
        bounds: list[CapacityBound] = []
        for week in booking_weeks(day):
            bound = self._bound_of(week)
            if bound is None:
                return Visit(week, bounds[0] if bounds else None)
            bounds.append(bound)
        return Visit(None, bounds[-1])

    def first_open_week(self, day: date, *, weeks: int = BOOKING_WEEKS) -> date | None:
        """The first of the coming weeks with a day without pause; None if all are paused."""
        return next((week for week in booking_weeks(day)[:weeks] if not self._is_paused_in(week)), None)

    def left_in(self, week: date) -> int | None:
        """Visits left in a week, without regard to pauses and quotas."""
        limit = self.visits_per_week
        return None if limit is None else max(0, limit - self.booked.get(week, 0))

    def remaining(self, day: date, *, weeks: int = BOOKING_WEEKS, least_fen: int | None = None) -> int | None:
        """Firms that can be taken on in the coming weeks; 0 as well where less than `least_fen` is left."""
        if self.visit(day, amount_fen=least_fen).week is None:
            return 0
        open_weeks = [week for week in booking_weeks(day)[:weeks] if not self._is_paused_in(week)]
        limits = [] if self.firms_left is None else [self.firms_left]
        if self.visits_per_week is not None:
            limits.append(sum(self.left_in(week) or 0 for week in open_weeks))
        elif not open_weeks:
            limits.append(0)
        return min(limits, default=None)

    def opens_on(self, day: date, *, least_fen: int | None = None) -> date | None:
        """The day from which time alone lets a full or paused lender take on a firm again; None where the bank must."""
        bound = self.visit(day, amount_fen=least_fen).bound
        if bound is CapacityBound.PAUSE and self.paused_until is not None:
            return self.paused_until + timedelta(days=1)
        return first_week(day) + _WEEK if bound is CapacityBound.VISITS and self.visits_per_week else None

    def _bound_of(self, week: date) -> CapacityBound | None:
        if self._is_paused_in(week):
            return CapacityBound.PAUSE
        return CapacityBound.VISITS if self.left_in(week) == 0 else None

    def _is_paused_in(self, week: date) -> bool:
        return self.paused_until is not None and self.paused_until >= week + _FRIDAY


def capacities(session: Session, day: date, *, supply_ids: Iterable[int] | None = None) -> dict[int, Capacity]:
    """Capacity of loan products by supply id; three queries whatever their number."""
    product, branch = LoanProduct, BranchCapacity
    statement = (
        select(product, col(branch.id), col(branch.visits_per_week))
        .join(Supply, col(Supply.id) == col(product.supply_id))
        .outerjoin(
            branch,
            (col(branch.organization_id) == col(Supply.organization_id)) & (col(branch.branch) == col(product.branch)),
        )
    )
    if supply_ids is not None:
        statement = statement.where(col(product.supply_id).in_(tuple(supply_ids)))
    rows = session.execute(statement).all()
    booked = visits_booked(session, since=first_week(day))
    used = _quota_used(session)
    found = {}
    for row, branch_id, visits_per_week in rows:
        firms, fen = used.get(row.supply_id, (0, 0))
        found[row.supply_id] = Capacity(
            supply_id=row.supply_id,
            branch_id=branch_id,
            branch=row.branch,
            visits_per_week=visits_per_week,
            booked=booked.get(branch_id, {}),
            firms_left=None if row.quota_firms is None else max(0, row.quota_firms - firms),
            fen_left=None if row.quota_fen is None else max(0, row.quota_fen - fen),
            paused_until=row.paused_until if row.paused_until and row.paused_until >= day else None,
            pause_reason=row.pause_reason,
        )
    return found


def states_for(actor: Actor, branch: BranchCapacity, officered: Collection[str]) -> bool:
    """Whether an officer of the bank may state what a branch takes on.

    Officers of the branch itself and of the whole bank may, and everybody where the branch has no officer; `officered`
    are the branches that have one.
    """
    return actor.branch in ("", branch.branch) or branch.branch not in officered


def officered_branches(session: Session, organization_id: int | None) -> set[str]:
    """Names of the branches of a bank that have an officer of their own."""
    statement = select(col(Membership.branch)).where(
        col(Membership.organization_id) == organization_id, col(Membership.ended_at).is_(None)
    )
    return set(session.execute(statement).scalars()) - {""}


def visits_booked(session: Session, *, since: date) -> dict[int, dict[date, int]]:
    """Visits given away by branch and week; those of pairings that have ended do not count."""
    counted = (
        select(col(VisitSlot.branch_id), col(VisitSlot.week), func.count())
        .join(Pairing, col(Pairing.id) == col(VisitSlot.pairing_id))
        .where(col(VisitSlot.week) >= since, col(Pairing.status).in_(TAKEN_ON))
        .group_by(col(VisitSlot.branch_id), col(VisitSlot.week))
    )
    found: defaultdict[int, dict[date, int]] = defaultdict(dict)
    for branch_id, week, number in session.execute(counted):
        found[branch_id][week] = number
    return dict(found)


def _quota_used(session: Session) -> dict[int, tuple[int, int]]:
    """Firms and fen confirmed since each product's quota was stated, by supply id."""
    used = (
        select(col(Pairing.supply_id), func.count(), func.coalesce(func.sum(FinancingNeed.amount_fen), 0))
        .join(LoanProduct, col(LoanProduct.supply_id) == col(Pairing.supply_id))
        .outerjoin(FinancingNeed, col(FinancingNeed.demand_id) == col(Pairing.demand_id))
        .where(col(Pairing.status).in_(TAKEN_ON), col(Pairing.decided_at) >= col(LoanProduct.quota_stated_at))
        .group_by(col(Pairing.supply_id))
    )
    return {supply_id: (firms, int(fen)) for supply_id, firms, fen in session.execute(used)}
