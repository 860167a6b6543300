"""The plain path: a pair's gates, contributions and the changes that would open it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from typing import Any

from matchmaking.facts import Id, id_key
from matchmaking.gates.base import Change, GateResult
from matchmaking.markets.base import Market
from matchmaking.settings import MatchSettings
from vocabulary.reasons import ComponentCode, GateAnswer

_MAX_EXHAUSTIVE = 6
_UNITS = 1e12


@dataclass(frozen=True)
class Contribution:
    """A component's share of the score. `value` is None and `points` 0 where it abstained."""

    code: ComponentCode
    value: float | None
    weight: float
    points: float


@dataclass(frozen=True)
class PairResult:
    """One pair. `state` is eligible, possible (some gate unknown, none closed) or closed."""

    demand_id: Id
    supply_id: Id
    state: str
    score: float
    contributions: tuple[Contribution, ...]
    gates: tuple[GateResult, ...]
    changes: tuple[Change, ...]
    """The smallest set of changes that opens every closed gate, checked; empty if there is none or none is needed."""

    @property
    def n_with_data(self) -> int:
        return sum(part.value is not None for part in self.contributions)

    @property
    def closed(self) -> frozenset[str]:
        """Codes of the closed gates."""
        return frozenset(gate.code.value for gate in self.gates if gate.answer is GateAnswer.CLOSED)

    @property
    def first_closed(self) -> str | None:
        return next((gate.code.value for gate in self.gates if gate.answer is GateAnswer.CLOSED), None)


def run_gates(market: Market, demand: Any, supply: Any, as_of: date) -> tuple[GateResult, ...]:
    """Answers of all gates, in the market's order."""
    return tuple(gate.run(demand, supply, as_of) for gate in market.gates)


def state_of(gates: tuple[GateResult, ...]) -> str:
    """closed if any gate is closed, else possible if any is unknown, else eligible."""
    answers = {gate.answer for gate in gates}
    if GateAnswer.CLOSED in answers:
        return "closed"
    return "possible" if GateAnswer.UNKNOWN in answers else "eligible"


def contributions(
    market: Market, weights: dict[str, float], values: Sequence[float | None]
) -> tuple[float, tuple[Contribution, ...]]:
    """Score in [0, 1] and the parts that add up to it, from the values of the market's components in their order.

    score = sum of weight * value over components with data / sum of their weights; without any data it is 0.
    """
    named = [
        (part.code, weights[part.code.value], value) for (part, _), value in zip(market.components, values, strict=True)
    ]
    mass = sum(weight for _, weight, value in named if value is not None)
    total = sum(weight * value for _, weight, value in named if value is not None)
    parts = tuple(
        Contribution(code, value, weight, weight * value / mass if value is not None and mass else 0.0)
        for code, weight, value in named
    )
    return rounded(total / mass) if mass else 0.0, parts


def rounded(score: float) -> float:
    """The score to twelve decimals, so that equal pairs tie whatever the order in which their parts were added."""
    return round(score * _UNITS) / _UNITS


def smallest_changes(
    market: Market, demand: Any, supply: Any, gates: tuple[GateResult, ...], as_of: date
) -> tuple[Change, ...]:
    """The smallest set of changes after which no gate is closed, found by running the gates again on changed copies.

    One change is proposed for each closed gate; smaller sets are tried first, since one change can open two gates.
    Empty if some gate cannot be opened by a change of facts.
    """
    closed = {gate.code for gate in gates if gate.answer is GateAnswer.CLOSED}
    proposed = [gate.change(demand, supply, as_of) for gate in market.gates if gate.code in closed]
    found = [change for change in proposed if change is not None]
    if not found or len(found) < len(proposed) or len(found) > _MAX_EXHAUSTIVE:
        return ()
    for size in range(1, len(found) + 1):
        for chosen in combinations(found, size):
            changed_demand, changed_supply = apply(demand, supply, chosen)
            if state_of(run_gates(market, changed_demand, changed_supply, as_of)) != "closed":
                return chosen
    return ()


def apply(demand: Any, supply: Any, changes: tuple[Change, ...]) -> tuple[Any, Any]:
    """Copies of both rows with the changes made."""
    for change in changes:
        if change.side == "demand":
            demand = replace(demand, **{change.field: change.value})
        else:
            supply = replace(supply, **{change.field: change.value})
    return demand, supply


def score_pair(
    market: Market, settings: MatchSettings, demand: Any, supply: Any, values: Sequence[float | None]
) -> PairResult | None:
    """One pair in full, or None if more gates are closed than a near miss may have."""
    n_closed = 0
    answers = []
    for gate in market.gates:
        result = gate.run(demand, supply, settings.as_of)
        n_closed += result.answer is GateAnswer.CLOSED
        if n_closed > settings.max_closed:
            return None
        answers.append(result)
    gates = tuple(answers)
    score, parts = contributions(market, settings.weight(market), values)
    return PairResult(demand.id, supply.id, state_of(gates), score, parts, gates, ())


def with_changes(market: Market, settings: MatchSettings, demand: Any, supply: Any, pair: PairResult) -> PairResult:
    """The pair with its smallest set of changes filled in."""
    if pair.state != "closed":
        return pair
    return replace(pair, changes=smallest_changes(market, demand, supply, pair.gates, settings.as_of))


def near_key(market: Market, supply_id: Id, closed: Collection[str], score: float) -> tuple[Any, ...]:
    """Sort key of near misses: those a firm or time can open first, then fewest closed gates, best score, id."""
    out_of_reach = any(gate.is_out_of_reach for gate in market.gates if gate.code in closed)
    return (int(out_of_reach), len(closed), -score, id_key(supply_id))


def near_key_of(market: Market, pair: PairResult) -> tuple[Any, ...]:
    """The same of a whole pair."""
    return near_key(market, pair.supply_id, pair.closed, pair.score)
