"""What a whole run means for each firm: whether anybody is eligible for its posting, and whether anybody sees it."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import func, insert, update
from sqlalchemy import select as sa_select
from sqlmodel import Session, col

import matchmaking
from matchmaking import MARKETS, MatchSettings
from models.base import now
from models.exposure import Exposure
from models.loan_product import LoanProduct, LoanProductVersion
from models.organization import Organization
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from vocabulary.classifications import FIRM_SIDE, Market, Side
from vocabulary.funnel import SHOWN_TOP, ExposureCause
from vocabulary.lifecycles import PostingStatus
from vocabulary.planning import CapacityBound
from vocabulary.reasons import PairState
from workflows import facts
from workflows.weights import weights_in_use

_BUSY = {
    CapacityBound.VISITS: ExposureCause.LENDER_FULL,
    CapacityBound.PAUSE: ExposureCause.LENDER_PAUSED,
    CapacityBound.FIRMS: ExposureCause.QUOTA_USED,
    CapacityBound.AMOUNT: ExposureCause.QUOTA_USED,
}


@dataclass(frozen=True)
class _Found:
    """What the current recommendations say of one posting."""

    state: PairState
    best_rank: int | None = None
    cause: ExposureCause | None = None

    @property
    def is_shown(self) -> bool:
        return self.best_rank is not None and self.best_rank <= SHOWN_TOP


def note(session: Session, market: Market, *, today: date) -> None:
    """Write down for every open posting of a firm what the current recommendations mean for it.

    A posting that no pair opens is asked again as if every lender had room: if that opens one, the lender is the
    cause. Rows of postings that are not open stay as they are.
    """
    is_demand = FIRM_SIDE[market] is Side.DEMAND
    posting = Demand if is_demand else Supply
    ranks, states = _ranks(session, market), _states(session, market)
    open_ids = session.scalars(
        sa_select(col(posting.id))
        .join(Organization, col(Organization.id) == posting.organization_id)
        .where(
            col(posting.market) == market,
            col(posting.status) == PostingStatus.OPEN,
            col(Organization.status).not_in(facts.HIDDEN),
        )
        .order_by(col(posting.id))
    ).all()
    ids = [row_id for row_id in open_ids if row_id is not None]
    busy = _busy(session, {row_id for row_id in ids if row_id not in ranks}, today) if is_demand else {}
    _write(session, market, {row_id: _found(row_id, ranks, states, busy) for row_id in ids})


def _found(
    row_id: int, ranks: dict[int, int], states: dict[int, set[PairState]], busy: dict[int, ExposureCause]
) -> _Found:
    if row_id in ranks:
        rank = ranks[row_id]
        return _Found(PairState.ELIGIBLE, rank, None if rank <= SHOWN_TOP else ExposureCause.BELOW_CUT)
    if row_id in busy:
        return _Found(PairState.ELIGIBLE, None, busy[row_id])
    return _Found(PairState.POSSIBLE if PairState.POSSIBLE in states.get(row_id, ()) else PairState.CLOSED)


def _sides(market: Market) -> tuple[Any, Any]:
    """Columns of a recommendation: the firm's posting, and that of the bank or buyer."""
    columns = col(Recommendation.demand_id), col(Recommendation.supply_id)
    return columns if FIRM_SIDE[market] is Side.DEMAND else columns[::-1]


def _ranks(session: Session, market: Market) -> dict[int, int]:
    """The best place of each eligible posting in the lists of banks or buyers."""
    own, other = _sides(market)
    place = func.row_number().over(partition_by=other, order_by=(col(Recommendation.score).desc(), own))
    placed = (
        sa_select(own.label("posting_id"), place.label("place"))
        .where(
            col(Recommendation.market) == market,
            col(Recommendation.superseded_at).is_(None),
            col(Recommendation.state) == PairState.ELIGIBLE,
        )
        .subquery()
    )
    rows = session.execute(sa_select(placed.c.posting_id, func.min(placed.c.place)).group_by(placed.c.posting_id))
    return {row.posting_id: row[1] for row in rows}


def _states(session: Session, market: Market) -> dict[int, set[PairState]]:
    own, _other = _sides(market)
    rows = session.execute(
        sa_select(own, col(Recommendation.state))
        .where(col(Recommendation.market) == market, col(Recommendation.superseded_at).is_(None))
        .distinct()
    )
    found: dict[int, set[PairState]] = {}
    for posting_id, state in rows:
        found.setdefault(posting_id, set()).add(state)
    return found


def _busy(session: Session, ids: set[int], today: date) -> dict[int, ExposureCause]:
    """Of financing needs that nothing opens, those that a lender without room would: and what keeps that lender."""
    lenders = [row for row in facts.finance_supplies(session, today=today) if row.capacity_bound is not None]
    if not ids or not lenders:
        return {}
    highest = dict(
        session.execute(
            sa_select(col(LoanProductVersion.supply_id), col(LoanProductVersion.max_amount_fen)).join(
                LoanProduct,
                (col(LoanProduct.supply_id) == LoanProductVersion.supply_id)
                & (col(LoanProduct.current_version) == LoanProductVersion.version),
            )
        ).all()
    )
    with_room = [
        replace(
            row, remaining_visits=None, capacity_bound=None, capacity_from=None, max_amount_fen=highest.get(int(row.id))
        )
        for row in lenders
    ]
    market = MARKETS[Market.FINANCE.value]
    settings = MatchSettings(
        as_of=today,
        weights=weights_in_use(session, Market.FINANCE, on=today),
        per_demand=1,
        possible=0,
        near=0,
        max_closed=0,
    )
    demands = [row for row in facts.finance_demands(session, today=today) if row.id in ids]
    bound_of = {row.id: CapacityBound(row.capacity_bound) for row in lenders if row.capacity_bound}
    return {
        int(pair.demand_id): _BUSY[bound_of[pair.supply_id]]
        for pair in matchmaking.recommend(market, demands, with_room, settings)
    }


def _write(session: Session, market: Market, found: dict[int, _Found]) -> None:
    """Insert or update one row for each posting; first times are kept."""
    is_demand = FIRM_SIDE[market] is Side.DEMAND
    key = Exposure.demand_id if is_demand else Exposure.supply_id
    before = {
        posting_id: (row_id, eligible_at, shown_at)
        for posting_id, row_id, eligible_at, shown_at in session.execute(
            sa_select(col(key), col(Exposure.id), col(Exposure.eligible_at), col(Exposure.shown_at)).where(
                col(Exposure.market) == market
            )
        )
    }
    at = now()
    new, changed = [], []
    for posting_id, row in found.items():
        row_id, eligible_at, shown_at = before.get(posting_id, (None, None, None))
        values = {
            "state": row.state,
            "eligible_at": eligible_at or (at if row.state is PairState.ELIGIBLE else None),
            "shown_at": shown_at or (at if row.is_shown else None),
            "best_rank": row.best_rank,
            "cause": row.cause,
            "noted_at": at,
        }
        if row_id is None:
            ids = {"demand_id": posting_id if is_demand else None, "supply_id": None if is_demand else posting_id}
            new.append({"created_at": at, "market": market, **ids, **values})
        else:
            changed.append({"id": row_id, **values})
    if new:
        session.execute(insert(Exposure), new)
    if changed:
        session.execute(update(Exposure), changed)
