"""Who is sent to whom under limits, held against every possible plan of small problems."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaking.assignment import MICRO, BadProblem, Edge, Group, Id, assign
from vocabulary.planning import LimitKind, UnservedCause

Best = tuple[int, int]


def within(
    plan: Sequence[Edge], demand_limits: Mapping[Id, int], supply_limits: Mapping[Id, int], groups: Sequence[Group]
) -> bool:
    taken, load = Counter(edge.demand for edge in plan), Counter(edge.supply for edge in plan)
    return (
        all(count <= demand_limits.get(demand, 1) for demand, count in taken.items())
        and all(count <= supply_limits.get(supply, count) for supply, count in load.items())
        and all(sum(load[one] for one in group.supplies) <= group.limit for group in groups)
    )


def every_plan(edges: Sequence[Edge], *limits: Mapping[Id, int] | Sequence[Group]) -> dict[int, int]:
    """Demands served -> the highest total in millionths, over every plan within the limits."""
    best: dict[int, int] = {}
    for size in range(len(edges) + 1):
        for plan in combinations(edges, size):
            if within(plan, *limits):
                served = len({edge.demand for edge in plan})
                best[served] = max(best.get(served, 0), sum(round(edge.value * MICRO) for edge in plan))
    return best


def first_most(best: dict[int, int]) -> Best:
    return max(best), best[max(best)]


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[Edge], dict[Id, int], dict[Id, int], list[Group]]:
    pairs = draw(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3)), unique=True, max_size=9))
    values = st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]) | st.floats(0, 1)
    edges = [Edge(demand, supply, draw(values)) for demand, supply in pairs]
    limits = st.integers(0, 3)
    demand_limits = draw(st.dictionaries(st.integers(1, 4), st.integers(0, 2), max_size=4))
    supply_limits = draw(st.dictionaries(st.integers(1, 3), limits, max_size=3))
    groups = [
        Group(id="branch", supplies=frozenset({1, 2}), limit=draw(limits)),
        Group(id="bank", supplies=frozenset({1, 2, 3}), limit=draw(limits)),
    ]
    return edges, demand_limits, supply_limits, groups


@settings(deadline=None, max_examples=120)
@given(problem=problems())
def test_the_plan_is_the_best_of_all_that_keep_every_limit(problem) -> None:
    edges, demand_limits, supply_limits, groups = problem
    found = assign(edges, demand_limits=demand_limits, supply_limits=supply_limits, groups=groups)
    best = every_plan(edges, demand_limits, supply_limits, groups)
    floor = round(found.first_come.total * MICRO)
    served = max(count for count, total in best.items() if total >= floor)

    assert within(found.chosen, demand_limits, supply_limits, groups)
    assert (found.figures.served, round(found.figures.total * MICRO)) == (served, best[served])
    assert found.could_serve == max(best)
    assert found.figures.total >= found.first_come.total
    assert found.figures.served >= found.first_come.served
    assert found.figures.over == found.first_come.over == 0


@settings(deadline=None, max_examples=80)
@given(problem=problems())
def test_a_price_is_what_solving_again_with_one_more_unit_adds(problem) -> None:
    edges, demand_limits, supply_limits, groups = problem
    found = assign(edges, demand_limits=demand_limits, supply_limits=supply_limits, groups=groups)
    if found.figures.served < found.could_serve:
        return  # the number served is then held as well; the next test is about that
    before = first_most(every_plan(edges, demand_limits, supply_limits, groups))
    for price in found.prices:
        more = dict.fromkeys([price.id], price.limit + 1)
        demands = demand_limits | more if price.kind is LimitKind.DEMAND else demand_limits
        supplies = supply_limits | more if price.kind is LimitKind.SUPPLY else supply_limits
        wider = [
            Group(id=group.id, supplies=group.supplies, limit=group.limit + (group.id == price.id)) for group in groups
        ]
        after = first_most(every_plan(edges, demands, supplies, wider if price.kind is LimitKind.GROUP else groups))
        assert (price.served, round(price.value * MICRO)) == (after[0] - before[0], after[1] - before[1]), price
    named = len(demand_limits) + len(supply_limits) + len(groups)
    assert len(found.prices) == named


def test_serving_one_more_never_brings_the_total_below_first_come() -> None:
    """Both can be served, at 0.2 together; first-come serves one at 0.9."""
    edges = [Edge("A", "X", 0.9), Edge("A", "Y", 0.1), Edge("B", "X", 0.1)]
    found = assign(edges, supply_limits={"X": 1, "Y": 1})
    assert found.chosen == (Edge("A", "X", 0.9),)
    assert (found.could_serve, found.unserved) == (2, {"B": UnservedCause.TOTAL})
    assert {price.id: (price.served, price.value) for price in found.prices} == {"X": (0, 0.0), "Y": (0, 0.0)}


def test_one_bank_is_not_sent_everybody() -> None:
    edges = [Edge(firm, bank, fit) for firm in range(6) for bank, fit in (("near", 0.9), ("far", 0.8))]
    found = assign(edges, supply_limits={"near": 3, "far": 3})
    assert found.figures.load == {"far": 3, "near": 3}
    assert (found.by_score.load, found.by_score.over) == ({"far": 0, "near": 6}, 3)
    assert (found.figures.served, found.figures.mean) == (6, pytest.approx(0.85))
    assert [(price.id, price.served, price.value) for price in found.prices] == [("far", 0, 0.0), ("near", 0, 0.1)]


def test_a_second_option_waits_until_everybody_has_one() -> None:
    edges = [Edge(1, "X", 0.9), Edge(1, "Y", 0.8), Edge(2, "Y", 0.1)]
    found = assign(edges, demand_limits={1: 2, 2: 2}, supply_limits={"X": 1, "Y": 1}, arrival=[2, 1])
    assert found.chosen == (Edge(1, "X", 0.9), Edge(2, "Y", 0.1))


def test_who_gets_nothing_is_told_why() -> None:
    edges = [Edge("early", "X", 0.9), Edge("late", "X", 0.2), Edge("paused", "X", 1.0)]
    found = assign(edges, demand_limits={"paused": 0, "lonely": 1}, supply_limits={"X": 1})
    assert found.unserved == {
        "late": UnservedCause.FULL, "lonely": UnservedCause.NO_ELIGIBLE, "paused": UnservedCause.PAUSED,
    }  # fmt: skip


def test_first_come_is_by_arrival() -> None:
    edges = [Edge(1, "X", 0.5), Edge(2, "X", 0.9)]
    assert assign(edges, supply_limits={"X": 1}).first_come.total == 0.5
    assert assign(edges, supply_limits={"X": 1}, arrival=[2]).first_come.total == 0.9


def test_the_order_of_the_edges_is_irrelevant() -> None:
    dice = random.Random(3)
    edges = [Edge(demand, supply, dice.choice([0.5, 0.7])) for demand in range(30) for supply in range(8)]
    plans = {assign(dice.sample(edges, len(edges)), supply_limits=dict.fromkeys(range(8), 3)).chosen for _ in range(5)}
    assert len(plans) == 1


def test_nothing_to_assign_is_an_empty_plan() -> None:
    empty = assign([])
    assert (empty.chosen, empty.unserved, empty.prices, empty.figures.mean) == ((), {}, (), None)
    closed = assign([Edge(1, 2, 0.5)], supply_limits={2: 0})
    assert (closed.chosen, closed.unserved) == ((), {1: UnservedCause.FULL})
    assert [(price.served, price.value) for price in closed.prices] == [(1, 0.5)]


@pytest.mark.parametrize(
    ("edges", "limits", "named"),
    [
        ([Edge(1, 2, float("nan"))], {}, "nan"),
        ([Edge(1, 2, float("inf"))], {}, "inf"),
        ([Edge(1, 2, -0.1)], {}, "-0.1"),
        ([Edge(1, 2, 0.1), Edge(1, 2, 0.2)], {}, r"\(1, 2\)"),
        ([], {"supply_limits": {7: -1}}, "limit of 7"),
        ([], {"groups": [Group(id="g", supplies=frozenset(), limit=-2)]}, "limit of g"),
        ([], {"groups": [Group(id="g", supplies=frozenset({n}), limit=2) for n in (1, 2)]}, "same id"),
        (
            [],
            {"groups": [Group(id=n, supplies=frozenset({n, n + 1}), limit=2) for n in (1, 2)]},
            "groups 1 and 2 overlap",
        ),
    ],
)
def test_a_problem_that_makes_no_sense_is_refused_by_name(edges, limits, named) -> None:
    with pytest.raises(BadProblem, match=named):
        assign(edges, **limits)


def test_values_too_many_to_add_up_exactly_are_refused() -> None:
    edges = [Edge(demand, supply, 1e6) for demand in range(2_000) for supply in range(3)]
    with pytest.raises(BadProblem, match="too large"):
        assign(edges, demand_limits=dict.fromkeys(range(2_000), 3))
