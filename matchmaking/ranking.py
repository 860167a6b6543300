"""From pairs to lists on the plain path: every pair is asked, lists are sorted; ties by id."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchmaking.columns import Columns
from matchmaking.compiled import ELIGIBLE, OUT_OF_REACH, POSSIBLE, CompiledMarket, Shortlist, Wanted
from matchmaking.components.base import FittedComponent
from matchmaking.facts import id_key
from matchmaking.markets.base import Market
from matchmaking.reference import (
    PairResult,
    contributions,
    near_key_of,
    run_gates,
    score_pair,
    state_of,
    with_changes,
)
from matchmaking.settings import MatchSettings

_BLOCK = 256


@dataclass(frozen=True)
class RankedPairs:
    """Lists by column: one row for each kept pair, in order of demand and rank.

    demand_index : int64 (n,), the demand's place among those ranked
    supply_index : int32 (n,), the supply's place among those fitted
    rank : int32 (n,), from 1
    score : float64 (n,), in [0, 1]
    points : float64 (n, n_components), each component's share of the score, NaN where it abstained
    """

    demand_index: NDArray[np.int64]
    supply_index: NDArray[np.int32]
    rank: NDArray[np.int32]
    score: NDArray[np.float64]
    points: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rank)

    @classmethod
    def joined(cls, blocks: Sequence["RankedPairs"], n_components: int) -> "RankedPairs":
        """Blocks one after the other."""
        if not blocks:
            none = np.zeros(0)
            return cls(
                none.astype(np.int64), none.astype(np.int32), none.astype(np.int32), none, np.zeros((0, n_components))
            )
        return cls(*(np.concatenate([getattr(block, field.name) for block in blocks]) for field in fields(cls)))


def component_values(
    components: Sequence[FittedComponent], demands: Columns, supplies: Columns
) -> Iterator[tuple[int, list[list[float | None]]]]:
    """For each demand its place and, for every supply, the values in order of the components."""
    for start in range(0, len(demands), _BLOCK):
        block = demands.take(slice(start, start + _BLOCK))
        stacked = np.stack([part.values(block, supplies) for part in components], axis=2)
        listed = np.where(np.isnan(stacked), np.array(None), stacked).tolist()
        yield from enumerate(listed, start=start)


def kept_pairs(
    market: Market, settings: MatchSettings, components: Sequence[FittedComponent], demands: Columns, supplies: Columns
) -> list[PairResult]:
    """What is kept of every demand: eligible pairs by score, then undecided by score, then near misses."""
    rows = supplies.rows()
    kept: list[PairResult] = []
    for index, values in component_values(components, demands, supplies):
        demand = demands.row(index)
        pairs = [
            score_pair(market, settings, demand, supply, of_pair) for supply, of_pair in zip(rows, values, strict=True)
        ]
        kept += _keep(market, settings, demand, rows, [pair for pair in pairs if pair is not None])
    return kept


def _keep(
    market: Market, settings: MatchSettings, demand: Any, supplies: Sequence[Any], pairs: list[PairResult]
) -> list[PairResult]:
    def best(state: str, limit: int) -> list[PairResult]:
        found = [pair for pair in pairs if pair.state == state]
        return sorted(found, key=lambda pair: (-pair.score, id_key(pair.supply_id)))[:limit]

    closed = sorted((pair for pair in pairs if pair.state == "closed"), key=lambda pair: near_key_of(market, pair))
    by_id = {row.id: row for row in supplies}
    near = [with_changes(market, settings, demand, by_id[pair.supply_id], pair) for pair in closed[: settings.near]]
    return best("eligible", settings.per_demand) + best("possible", settings.possible) + near


def shortlisted_pairs(
    market: Market, settings: MatchSettings, compiled: CompiledMarket, demands: Columns, supplies: Columns
) -> list[PairResult]:
    """The same pairs as `kept_pairs`, from the shortlists of the compiled path; gates of these are run plainly."""
    counts = range(1, settings.max_closed + 1)
    near = [Wanted(n_closed + far, settings.near) for far in (0, OUT_OF_REACH) for n_closed in counts]
    wanted = [Wanted(ELIGIBLE, settings.per_demand), Wanted(POSSIBLE, settings.possible), *near]
    rows = supplies.rows()
    by_id = {row.id: row for row in rows}
    kept: list[PairResult] = []
    for start, lists in compiled.shortlists(demands, wanted):
        listed = [_by_demand(one) for one in lists]
        for index in range(start, min(len(demands), start + compiled.n_at_once)):
            demand = demands.row(index)

            def pairs(of_demand: dict[int, list[tuple[int, list[float | None]]]]) -> list[PairResult]:
                found = [score_pair(market, settings, demand, rows[s], v) for s, v in of_demand.get(index, ())]  # noqa: B023 -- called within the loop
                return [pair for pair in found if pair is not None]

            eligible, possible, *closed = (pairs(of_kind) for of_kind in listed)
            nearest = [pair for of_kind in closed for pair in of_kind][: settings.near]
            changed = [with_changes(market, settings, demand, by_id[pair.supply_id], pair) for pair in nearest]
            kept += eligible + possible + changed
    return kept


def _by_demand(one: Shortlist) -> dict[int, list[tuple[int, list[float | None]]]]:
    """Supplies and values of each demand's list, in order."""
    values = np.where(np.isnan(one.values), np.array(None), one.values).tolist()
    found: dict[int, list[tuple[int, list[float | None]]]] = {}
    for row, supply, of_pair in zip(one.rows.tolist(), one.supplies.tolist(), values, strict=True):
        found.setdefault(row, []).append((supply, of_pair))
    return found


def ranked_plainly(
    market: Market,
    settings: MatchSettings,
    components: Sequence[FittedComponent],
    demands: Columns,
    supplies: Columns,
    top: int,
    *,
    states: tuple[str, ...] = ("eligible", "possible"),
) -> RankedPairs:
    """The `top` pairs of each demand that are in one of the states, by score."""
    weights = settings.weight(market)
    rows, order = supplies.rows(), supplies.id_order
    kept: list[tuple[int, int, int, float, list[float]]] = []
    for index, values in component_values(components, demands, supplies):
        demand = demands.row(index)
        scored = [
            (*contributions(market, weights, values[place]), place)
            for place, supply in enumerate(rows)
            if state_of(run_gates(market, demand, supply, settings.as_of)) in states
        ]
        best = sorted(scored, key=lambda pair: (-pair[0], order[pair[2]]))[:top]
        for rank, (score, parts, place) in enumerate(best, start=1):
            points = [np.nan if part.value is None else part.points for part in parts]
            kept.append((index, place, rank, score, points))
    return RankedPairs(
        np.array([row[0] for row in kept], dtype=np.int64),
        np.array([row[1] for row in kept], dtype=np.int32),
        np.array([row[2] for row in kept], dtype=np.int32),
        np.array([row[3] for row in kept], dtype=np.float64),
        np.array([row[4] for row in kept], dtype=np.float64).reshape(len(kept), len(market.components)),
    )
