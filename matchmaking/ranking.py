"""From pairs to lists: top-k for each demand, ties by id."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from matchmaking import text
from matchmaking.markets.base import Market
from matchmaking.reference import PairResult, distance_to_open, score_pair, with_changes
from matchmaking.settings import MatchSettings

_BLOCK = 256


def recommend(
    market: Market, demands: Sequence[Any], supplies: Sequence[Any], settings: MatchSettings
) -> list[PairResult]:
    """The kept pairs of every demand: eligible by score, then undecided by score, then near misses.

    Equal scores stand in order of supply id. A pair's result depends on its two rows and the settings only, so a run
    over part of the rows gives the same pairs as a whole run.
    """
    if not demands or not supplies:
        return []
    ordered = sorted(supplies, key=lambda row: row.id)
    candidates = text.vectors([row.text for row in ordered])
    kept: list[PairResult] = []
    by_id = {row.id: row for row in ordered}
    for start in range(0, len(demands), _BLOCK):
        block = sorted(demands, key=lambda row: row.id)[start : start + _BLOCK]
        similarities = text.similarity(text.vectors([row.text for row in block]), candidates)
        for demand, row in zip(block, similarities, strict=True):
            pairs = [
                score_pair(market, settings, demand, supply, None if np.isnan(value) else float(value))
                for supply, value in zip(ordered, row, strict=True)
            ]
            kept += _keep(market, settings, demand, by_id, [pair for pair in pairs if pair is not None])
    return kept


def _keep(
    market: Market, settings: MatchSettings, demand: Any, supplies: dict[int, Any], pairs: list[PairResult]
) -> list[PairResult]:
    def best(state: str, limit: int) -> list[PairResult]:
        found = [pair for pair in pairs if pair.state == state]
        return sorted(found, key=lambda pair: (-pair.score, pair.supply_id))[:limit]

    fewest = sorted(
        (pair for pair in pairs if pair.state == "closed"),
        key=lambda pair: (sum(gate.answer.value == "closed" for gate in pair.gates), -pair.score, pair.supply_id),
    )[: settings.near * 3]
    near = [with_changes(market, settings, demand, supplies[pair.supply_id], pair) for pair in fewest]
    near = sorted(near, key=distance_to_open)[: settings.near]
    return best("eligible", settings.per_demand) + best("possible", settings.possible) + near


def explain(market: Market, demand: Any, supply: Any, settings: MatchSettings) -> PairResult:
    """One pair in full, whatever its gates say."""
    value = text.similarity(text.vectors([demand.text]), text.vectors([supply.text]))[0, 0]
    everything = MatchSettings(as_of=settings.as_of, weights=settings.weights, max_closed=len(market.gates))
    pair = score_pair(market, everything, demand, supply, None if np.isnan(value) else float(value))
    assert pair is not None
    return with_changes(market, everything, demand, supply, pair)


def warm_up() -> None:
    """Load scikit-learn and fit the vectoriser, so that the first need does not wait for it."""
    text.vectors(["铜"])
