"""The compiled path says what the plain path says, on random markets with gaps, ties and blocked pairs."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaking import MARKETS, MatchSettings, Recommender, compiled, text
from matchmaking.gates.base import plain_answers
from matchmaking.reference import run_gates, state_of
from tests.builders import AS_OF, WAN, financing_need, loan_product
from tests.matchmaking.random_rows import random_history, random_market

SETTINGS = MatchSettings(as_of=AS_OF, per_demand=7, possible=4, near=2)


def both(market: str, supplies: Any, **values: Any) -> tuple[Recommender, Recommender]:
    learned: dict[str, Any] = {"history": random_history(market, 5, supplies), "text_model": text.shipped()}
    engine = Recommender(MARKETS[market], replace(SETTINGS, **values)).fit(supplies, **learned)
    plain = Recommender(MARKETS[market], replace(SETTINGS, path="reference", **values)).fit(supplies, **learned)
    return engine, plain


def assert_same_pairs(fast: Any, slow: Any) -> None:
    assert len(fast) == len(slow)
    for name in ("demand_index", "supply_index", "rank"):
        np.testing.assert_array_equal(getattr(fast, name), getattr(slow, name))
    np.testing.assert_allclose(fast.score, slow.score, atol=1e-9)
    np.testing.assert_allclose(fast.points, slow.points, atol=1e-6)


def assert_same_results(fast: Any, slow: Any) -> None:
    assert [(p.demand_id, p.supply_id, p.state, p.gates, p.changes) for p in fast] == [
        (p.demand_id, p.supply_id, p.state, p.gates, p.changes) for p in slow
    ]
    for one, other in zip(fast, slow, strict=True):
        assert one.score == pytest.approx(other.score, abs=1e-9)
        for part, of_other in zip(one.contributions, other.contributions, strict=True):
            assert part.points == pytest.approx(of_other.points, abs=1e-6)


@pytest.mark.parametrize("market", MARKETS)
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6), n_demands=st.integers(0, 20), n_supplies=st.integers(0, 150), top=st.integers(1, 30))
def test_both_paths_rank_alike(market: str, seed: int, n_demands: int, n_supplies: int, top: int) -> None:
    demands, supplies = random_market(market, seed, n_demands, n_supplies)
    fast, slow = both(market, supplies)
    assert_same_pairs(fast.rank(demands, top=top), slow.rank(demands, top=top))


@pytest.mark.parametrize("market", MARKETS)
@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10**6), n_demands=st.integers(1, 14), n_supplies=st.integers(1, 90))
def test_both_paths_recommend_alike(market: str, seed: int, n_demands: int, n_supplies: int) -> None:
    demands, supplies = random_market(market, seed, n_demands, n_supplies)
    fast, slow = both(market, supplies)
    assert_same_results(fast.recommend(demands), slow.recommend(demands))


@pytest.mark.parametrize("market", MARKETS)
@settings(deadline=None, max_examples=6)
@given(seed=st.integers(0, 10**6), n_demands=st.integers(9, 20), n_supplies=st.integers(1, 150))
def test_both_paths_rank_alike_by_meaning_too(market: str, seed: int, n_demands: int, n_supplies: int) -> None:
    """Meaning gives many exact ties: supplies of one text. They stand in order of id on both paths."""
    demands, supplies = random_market(market, seed, n_demands, n_supplies)
    chosen = replace(SETTINGS, text_latent_share=0.3, text_dimensions=16)
    fast = Recommender(MARKETS[market], chosen).fit(supplies)
    slow = Recommender(MARKETS[market], replace(chosen, path="reference")).fit(supplies)
    assert_same_pairs(fast.rank(demands, top=9), slow.rank(demands, top=9))
    assert_same_results(fast.recommend(demands), slow.recommend(demands))


@pytest.mark.parametrize("market", MARKETS)
def test_tiles_and_chunks_change_nothing(market: str, monkeypatch: pytest.MonkeyPatch) -> None:
    demands, supplies = random_market(market, 11, 40, 170)
    fast, slow = both(market, supplies)
    monkeypatch.setattr(compiled, "_LANES", 64)
    monkeypatch.setattr(compiled, "_ROWS", 16)
    monkeypatch.setattr(compiled, "_CHUNK_PAIRS", 25 * 170)
    assert_same_pairs(fast.rank(demands, top=9), slow.rank(demands, top=9))
    assert len(list(fast.rank_blocks(demands, top=9))) == 2
    assert_same_results(fast.recommend(demands), slow.recommend(demands))


def test_equal_supplies_stand_in_order_of_id_past_every_reserve() -> None:
    """Three hundred ties at the end of a list: the float32 shortlist alone could not tell which of them to keep."""
    same = [loan_product(id=n) for n in range(300, 0, -1)]
    demands = [financing_need(id=n, amount_fen=n * 30 * WAN) for n in range(1, 13)]
    fast, slow = both("finance", same)
    ranked = fast.rank(demands, top=10)
    assert_same_pairs(ranked, slow.rank(demands, top=10))
    assert len(ranked) == 120
    assert {same[index].id for index in ranked.supply_index} == set(range(1, 11))


def test_strings_are_ids_in_order_of_code_points() -> None:
    demands, supplies = random_market("supply", 5, 10, 40)
    named = [replace(row, id=f"s{row.id}") for row in supplies]
    fast, slow = both("supply", named)
    assert_same_pairs(fast.rank(demands, top=5), slow.rank(demands, top=5))


@pytest.mark.parametrize("market", MARKETS)
def test_closed_markets_and_missing_weights_are_survived(market: str) -> None:
    demands, supplies = random_market(market, 6, 12, 30)
    nothing_open = [replace(row, is_open=False) for row in supplies]
    fast, _ = both(market, nothing_open)
    assert len(fast.rank(demands)) == 0
    unweighted = dict.fromkeys((part.code.value for part, _ in MARKETS[market].components), 0.0)
    fast, slow = both(market, supplies, weights=unweighted)
    assert_same_pairs(fast.rank(demands), slow.rank(demands))
    assert set(fast.rank(demands).score.tolist()) <= {0.0}


@pytest.mark.parametrize("market", MARKETS)
def test_every_gate_counts_what_it_closes(market: str) -> None:
    demands, supplies = random_market(market, 7, 20, 100)
    fast, _ = both(market, supplies)
    closed, unknown = fast.compiled().gate_counts(fast.asked(demands))
    for place, gate in enumerate(MARKETS[market].gates):
        answers = plain_answers(gate.check, demands, supplies, AS_OF)
        np.testing.assert_array_equal(closed[:, place], (answers == 1).sum(axis=1))
        np.testing.assert_array_equal(unknown[:, place], (answers == 2).sum(axis=1))


@pytest.mark.parametrize("market", MARKETS)
def test_lists_hold_all_pairs_of_their_kind(market: str) -> None:
    demands, supplies = random_market(market, 8, 30, 120)
    fast, _ = both(market, supplies)
    kinds = [compiled.NOT_CLOSED, compiled.POSSIBLE, compiled.ELIGIBLE, 1, 2, 5, 17, 18, 21]
    wanted = [compiled.Wanted(kind, 1_000) for kind in kinds]
    ((_, lists),) = fast.compiled().shortlists(fast.asked(demands), wanted)
    expected: dict[int, set[tuple[int, int]]] = {kind: set() for kind in kinds}
    for i, demand in enumerate(demands):
        for j, supply in enumerate(supplies):
            gates = run_gates(MARKETS[market], demand, supply, AS_OF)
            state, closed = state_of(gates), {gate.code for gate in gates if gate.answer == "closed"}
            far = any(gate.is_out_of_reach for gate in MARKETS[market].gates if gate.code in closed)
            n_closed = len(closed) + compiled.OUT_OF_REACH * far
            kind = {"possible": compiled.POSSIBLE, "eligible": compiled.ELIGIBLE, "closed": n_closed}[state]
            if state != "closed":
                expected[compiled.NOT_CLOSED].add((i, j))
            if kind in expected:
                expected[kind].add((i, j))
    for kind, found in zip(kinds, lists, strict=True):
        assert set(zip(found.rows.tolist(), found.supplies.tolist(), strict=True)) == expected[kind]
