"""What is kept of each demand, as far as it decides whether a changed supply moves others."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col

from matchmaking import MARKETS, Effect, HeldList, HeldPair, MatchSettings, PairResult, effect
from models.recommendation import Recommendation
from vocabulary.classifications import Market
from vocabulary.reasons import GateAnswer, PairState

_CHUNK = 500
_AFTER_EVERY_ID = (True, "")


def effects_of_supply(
    session: Session,
    market: Market,
    rows: ColumnElement[bool],
    settings: MatchSettings,
    pairs: Sequence[PairResult],
) -> dict[int, Effect]:
    """What the new pairs of one supply do to each demand that holds it or would; `rows` are its recommendations."""
    before = dict(_held_pairs(session, market, rows))
    after = {int(pair.demand_id): HeldPair.of(MARKETS[market.value], pair) for pair in pairs}
    lists = _held_lists(session, market, [row for row, pair in after.items() if pair.state == PairState.CLOSED])
    return {
        demand_id: effect(
            settings,
            before=before.get(demand_id),
            after=after.get(demand_id),
            lists=lists.get(demand_id, {}),
        )
        for demand_id in sorted({*before, *after})
    }


def _held_lists(session: Session, market: Market, asking_near: Sequence[int]) -> dict[int, dict[str, HeldList]]:
    """For each demand what is current of each state; near misses in their order for those that ask."""
    columns: list[Any] = [
        Recommendation.demand_id, Recommendation.state, func.count(), func.min(Recommendation.score)
    ]  # fmt: skip
    statement = (
        sa_select(*columns)
        .where(col(Recommendation.market) == market, col(Recommendation.superseded_at).is_(None))
        .group_by(col(Recommendation.demand_id), col(Recommendation.state))
    )
    lists: dict[int, dict[str, HeldList]] = {}
    for demand_id, state, n, lowest in session.execute(statement):
        # A pair of the same score may stand before or after the last one: taken for before, the demand is done anew.
        last = () if state is PairState.CLOSED else (-lowest, _AFTER_EVERY_ID)
        lists.setdefault(demand_id, {})[state.value] = HeldList(n, last)
    for start in range(0, len(asking_near), _CHUNK):
        part = asking_near[start : start + _CHUNK]
        near_rows = col(Recommendation.demand_id).in_(part) & (col(Recommendation.state) == PairState.CLOSED)
        for demand_id, pair in _held_pairs(session, market, near_rows):
            held = lists[demand_id][PairState.CLOSED]
            lists[demand_id][PairState.CLOSED] = HeldList(held.n, max(held.last, pair.key))
    return lists


def _held_pairs(session: Session, market: Market, rows: ColumnElement[bool]) -> Iterator[tuple[int, HeldPair]]:
    """Current recommendations, by demand, as far as their place in a list goes."""
    names = ("demand_id", "supply_id", "state", "score", "gates")
    columns = [getattr(Recommendation, name) for name in names]
    statement = sa_select(*columns).where(rows, col(Recommendation.superseded_at).is_(None))
    for demand_id, supply_id, state, score, gates in session.execute(statement):
        closed = {gate["code"] for gate in gates if gate["answer"] == GateAnswer.CLOSED}
        yield demand_id, HeldPair.from_parts(MARKETS[market.value], supply_id, state.value, closed, score)
