"""Who is sent to whom under limits: total value maximal, every limit held, and the price of each limit.

A minimum-cost circulation: hub -> demand -> supply -> group -> hub, one unit for each option.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from matchmaking.flow import Circulation, TooLarge, Whole
from vocabulary.planning import LimitKind, UnservedCause

Id = int | str
MICRO = 1_000_000
"""Values count in whole millionths, so that a sum is exact and equal plans have equal totals."""


class BadProblem(ValueError):
    """A problem that contradicts itself or holds a value that is no number. The text names the place."""


class Edge(NamedTuple):
    """An eligible pair and what it is worth: finite, not negative, usually a fit in [0, 1]."""

    demand: Id
    supply: Id
    value: float


@dataclass(frozen=True, kw_only=True)
class Group:
    """Supplies that share places, such as a branch's visits per week. Groups may nest, but not overlap otherwise."""

    id: Id
    supplies: frozenset[Id]
    limit: int


@dataclass(frozen=True)
class Price:
    """What one more unit of a limit would add: demands served more, and the change of the total value.

    Demands served count before value, so `value` may be negative where `served` is 1.
    """

    kind: LimitKind
    id: Id
    limit: int
    used: int
    served: int
    value: float


@dataclass(frozen=True)
class Figures:
    """A plan in numbers. `over` counts the options above the limits of supplies and groups."""

    served: int
    options: int
    total: float
    over: int
    load: dict[Id, int]
    group_load: dict[Id, int]

    @property
    def mean(self) -> float | None:
        """Mean value of an option; None without any."""
        return self.total / self.options if self.options else None


@dataclass(frozen=True)
class Assignment:
    """The plan, beside what lists by score and first-come give on the same problem."""

    chosen: tuple[Edge, ...]
    unserved: dict[Id, UnservedCause]
    could_serve: int
    """The most demands that any plan within the limits serves; above `figures.served` only where serving them would
    bring the total below first-come."""
    prices: tuple[Price, ...]
    figures: Figures
    by_score: Figures
    first_come: Figures


def by_id(value: Id) -> tuple[bool, Id]:
    """Sort key: numbers by value, then texts by code point."""
    return isinstance(value, str), value


def micro(value: float) -> int:
    """The value in whole millionths. Raises BadProblem if it does not lie between nothing and a million."""
    if not 0 <= value <= MICRO:
        raise BadProblem(f"a value is {value}: it must lie between 0 and a million")
    return round(value * MICRO)


def assign(
    edges: Iterable[Edge],
    *,
    demand_limits: Mapping[Id, int] | None = None,
    supply_limits: Mapping[Id, int] | None = None,
    groups: Sequence[Group] = (),
    arrival: Sequence[Id] = (),
) -> Assignment:
    """Choose edges: first as many demands served as possible, then the highest total value, within every limit.

    The total is never below that of first-come: where serving one demand more would cost more than that, the demand
    stays unserved, and `could_serve` tells. The result does not depend on the order of the edges.

    Parameters
    ----------
    edges : each pair at most once; usually the top-k list of every demand
    demand_limits : most options of a demand, 1 where not named; a demand named without an edge is reported unserved
    supply_limits : most demands of a supply, no limit where not named; 0 closes it
    groups : limits over several supplies
    arrival : order of the demands in the comparison with first-come; those not named follow by id

    Returns
    -------
    Assignment
        chosen edges by demand, best first; the price of every limit named, demands, supplies and groups in order of
        id; figures of the plan, of every demand's best options without regard to limits, and of first-come.

    Raises
    ------
    BadProblem : a value is no number between 0 and a million, a limit is negative, a pair stands twice, groups overlap
        without nesting, or the values are too many to be added up exactly.
    """
    problem = _Problem(edges, demand_limits or {}, supply_limits or {}, groups)
    network = _Network(problem)
    come = problem.figures(problem.first_come(arrival))
    try:
        flow, most = network.best_above(round(come.total * MICRO), low=come.served)
    except TooLarge as error:
        raise BadProblem(f"values or limits are too large to be added up exactly ({error})") from error
    chosen = np.flatnonzero(flow[: len(problem.edges)]).tolist()
    figures = problem.figures(chosen)
    return Assignment(
        chosen=tuple(problem.edges[number] for number in chosen),
        unserved=problem.unserved(chosen, all_possible=figures.served == most),
        could_serve=most,
        prices=network.prices(flow, figures, is_free=figures.served == most),
        figures=figures,
        by_score=problem.figures(problem.take(problem.demands, lambda _supply: True)),
        first_come=come,
    )


class _Problem:
    """The checked problem; edges stand by demand, best first, and are known by their number."""

    def __init__(
        self,
        edges: Iterable[Edge],
        demand_limits: Mapping[Id, int],
        supply_limits: Mapping[Id, int],
        groups: Sequence[Group],
    ) -> None:
        weighed = [(by_id(edge.demand), -micro(edge.value), by_id(edge.supply), edge) for edge in edges]
        weighed.sort(key=itemgetter(0, 1, 2))
        self.edges = [edge for *_, edge in weighed]
        self.worth = np.array([-worth for _, worth, _, _ in weighed], dtype=np.int64)
        pairs = Counter((edge.demand, edge.supply) for edge in self.edges)
        if twice := [pair for pair, count in pairs.items() if count > 1]:
            raise BadProblem(f"the pair {twice[0]} stands twice")
        limits = [*demand_limits.items(), *supply_limits.items(), *((group.id, group.limit) for group in groups)]
        if below := [name for name, limit in limits if limit < 0]:
            raise BadProblem(f"the limit of {below[0]} is negative")
        self.groups = _innermost_first(groups)
        self.demand_limits, self.supply_limits = demand_limits, supply_limits
        self.own: dict[Id, list[int]] = defaultdict(list)
        for number, edge in enumerate(self.edges):
            self.own[edge.demand].append(number)
        self.demands: list[Id] = sorted({*self.own, *demand_limits}, key=by_id)
        grouped = (supply for group in groups for supply in group.supplies)
        self.supplies: list[Id] = sorted(
            {*(edge.supply for edge in self.edges), *supply_limits, *grouped}, key=by_id
        )  # fmt: skip
        self.around = {
            supply: [place for place, group in enumerate(self.groups) if supply in group.supplies]
            for supply in self.supplies
        }

    def most_options(self, demand: Id) -> int:
        return min(self.demand_limits.get(demand, 1), len(self.own.get(demand, ())))

    def take(self, order: Iterable[Id], may_take: Callable[[Id], bool]) -> list[int]:
        """Edges taken by the demands in this order, each its best ones first, where `may_take(supply)` agrees."""
        taken = []
        for demand in order:
            left = self.most_options(demand)
            for number in self.own.get(demand, ()):
                if left and may_take(self.edges[number].supply):
                    taken.append(number)
                    left -= 1
        return taken

    def first_come(self, arrival: Sequence[Id]) -> list[int]:
        """Edges taken by the demands in order of arrival within all limits."""
        known = set(self.demands)
        order = dict.fromkeys([*(demand for demand in arrival if demand in known), *self.demands])
        left = [group.limit for group in self.groups]
        places = dict(self.supply_limits)

        def may_take(supply: Id) -> bool:
            if places.get(supply, 1) < 1 or any(left[place] < 1 for place in self.around[supply]):
                return False
            if supply in places:
                places[supply] -= 1
            for place in self.around[supply]:
                left[place] -= 1
            return True

        return self.take(order, may_take)

    def figures(self, chosen: Sequence[int]) -> Figures:
        load = Counter(self.edges[number].supply for number in chosen)
        group_load = {group.id: sum(load[one] for one in group.supplies) for group in self.groups}
        over = sum(max(load[one] - limit, 0) for one, limit in self.supply_limits.items())
        over += sum(max(group_load[group.id] - group.limit, 0) for group in self.groups)
        return Figures(
            served=len({self.edges[number].demand for number in chosen}),
            options=len(chosen),
            total=int(self.worth[list(chosen)].sum()) / MICRO,
            over=over,
            load={one: load[one] for one in self.supplies},
            group_load=group_load,
        )

    def unserved(self, chosen: Sequence[int], *, all_possible: bool) -> dict[Id, UnservedCause]:
        served = {self.edges[number].demand for number in chosen}

        def cause(demand: Id) -> UnservedCause:
            if demand not in self.own:
                return UnservedCause.NO_ELIGIBLE
            if not self.most_options(demand):
                return UnservedCause.PAUSED
            return UnservedCause.FULL if all_possible else UnservedCause.TOTAL

        return {demand: cause(demand) for demand in self.demands if demand not in served}


def _innermost_first(groups: Sequence[Group]) -> list[Group]:
    """Groups so that each stands before those around it. Raises BadProblem if two overlap without nesting."""
    ordered = sorted(groups, key=lambda group: (len(group.supplies), by_id(group.id)))
    if len({group.id for group in groups}) < len(groups):
        raise BadProblem("two groups have the same id")
    for place, group in enumerate(ordered):
        for other in ordered[place + 1 :]:
            if group.supplies & other.supplies and not group.supplies <= other.supplies:
                raise BadProblem(f"the groups {group.id} and {other.id} overlap without nesting")
    return ordered


class _Network:
    """The problem as arcs: the edges; for every demand one served and one further arc; supplies; groups; the gate.

    Nodes are the hub, the gate, demands, supplies and groups. Each demand's first option passes the gate, whose
    capacity is the number of demands served, and earns `bonus`: more than all values together, so serving comes first.
    """

    _HUB, _GATE, _FIRST = 0, 1, 2

    def __init__(self, problem: _Problem) -> None:
        self.problem = problem
        n_demands, n_supplies, n_edges = len(problem.demands), len(problem.supplies), len(problem.edges)
        demand_node = {one: self._FIRST + n for n, one in enumerate(problem.demands)}
        supply_node = {one: self._FIRST + n_demands + n for n, one in enumerate(problem.supplies)}
        group_node = self._FIRST + n_demands + n_supplies
        best = [problem.worth[problem.own.get(one, [])] for one in problem.demands]
        most = [problem.most_options(one) for one in problem.demands]
        self.bonus = 2 * sum(int(own[: count + 1].sum()) for own, count in zip(best, most, strict=True)) + 1

        arcs = [
            (demand_node[edge.demand], supply_node[edge.supply], 1, -worth)
            for edge, worth in zip(problem.edges, problem.worth.tolist(), strict=True)
        ]
        for one, count in zip(problem.demands, most, strict=True):
            arcs.append((self._GATE, demand_node[one], min(count, 1), -self.bonus))
            arcs.append((self._HUB, demand_node[one], max(count - 1, 0), 0))
        for one in problem.supplies:
            parent = group_node + problem.around[one][0] if problem.around[one] else self._HUB
            arcs.append((supply_node[one], parent, min(problem.supply_limits.get(one, n_edges), n_edges), 0))
        for place, group in enumerate(problem.groups):
            outer = (n for n in range(place + 1, len(problem.groups)) if group.supplies <= problem.groups[n].supplies)
            parent = next((group_node + n for n in outer), self._HUB)
            arcs.append((group_node + place, parent, min(group.limit, n_edges), 0))
        arcs.append((self._HUB, self._GATE, n_demands, 0))

        self.demand_arcs, self.supply_arcs = n_edges, n_edges + 2 * n_demands
        self.group_arcs = self.supply_arcs + n_supplies
        columns = np.array(arcs, dtype=np.int64).T.copy()
        self.circulation = Circulation(group_node + len(problem.groups), *columns)

    def best(self, most_served: int) -> tuple[Whole, int, int]:
        """Flow, demands served and total of the plan that serves as many as it can up to `most_served`."""
        self.circulation.capacity[-1] = most_served
        flow = self.circulation.solve()
        return flow, int(flow[-1]), int(flow[: len(self.problem.edges)] @ self.problem.worth)

    def best_above(self, floor: int, *, low: int) -> tuple[Whole, int]:
        """The plan that serves most demands with at least the total `floor`, and the most that any plan serves.

        `low` demands can be served with that total. The best total is concave in the number served, so halving the
        range finds the last number that keeps it.
        """
        flow, most, total = self.best(len(self.problem.demands))
        if total >= floor:
            return flow, most
        high = most
        while low + 1 < high:
            middle = (low + high) // 2
            low, high = (middle, high) if self.best(middle)[2] >= floor else (low, middle)
        return self.best(low)[0], most

    def prices(self, flow: Whole, figures: Figures, *, is_free: bool) -> tuple[Price, ...]:
        """The price of every limit named. `is_free` says that the gate's capacity does not bind."""
        problem = self.problem
        if is_free:
            self.circulation.capacity[-1] = len(problem.demands) + 1
        taken = Counter(problem.edges[number].demand for number in np.flatnonzero(flow[: len(problem.edges)]))
        asked: list[tuple[int, LimitKind, Id, int, int]] = []
        for place, one in enumerate(problem.demands):
            if one in problem.demand_limits:
                limit = problem.demand_limits[one]
                arc = self.demand_arcs + 2 * place + (limit > 0)
                asked.append((arc, LimitKind.DEMAND, one, limit, taken[one]))
        n_demands = len(asked)
        for place, one in enumerate(problem.supplies):
            if one in problem.supply_limits:
                limit = problem.supply_limits[one]
                asked.append((self.supply_arcs + place, LimitKind.SUPPLY, one, limit, figures.load[one]))
        for place, group in sorted(enumerate(problem.groups), key=lambda item: by_id(item[1].id)):
            load = figures.group_load[group.id]
            asked.append((self.group_arcs + place, LimitKind.GROUP, group.id, group.limit, load))
        arcs = np.array([arc for arc, *_ in asked], dtype=np.int64)
        savings = [
            *self.circulation.savings(flow, arcs[:n_demands]).tolist(),
            *self.circulation.savings(flow, arcs[n_demands:]).tolist(),
        ]
        return tuple(
            Price(kind, name, limit, used, *self._demands_and_value(saving))
            for (_, kind, name, limit, used), saving in zip(asked, savings, strict=True)
        )

    def _demands_and_value(self, saving: int) -> tuple[int, float]:
        """A saving taken apart: values add up to less than half a bonus on either side of zero."""
        served = (saving + self.bonus // 2) // self.bonus
        return served, (saving - served * self.bonus) / MICRO
