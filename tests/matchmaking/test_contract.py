"""What every gate and component of every market must keep: the facts it names, and its compiled forms."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from matchmaking import MARKETS, BadFacts, Columns, EngineNotReady, MatchSettings, Recommender, text
from matchmaking.components.base import Factors, Fitting, Form, LevelTable, Postings
from matchmaking.gates.base import plain_answers
from tests.builders import AS_OF
from tests.matchmaking.random_rows import random_history, random_market

GATES = [(name, gate) for name, market in MARKETS.items() for gate in market.gates]
COMPONENTS = [(name, part) for name, market in MARKETS.items() for part, _ in market.components]


class Recorder:
    """A row that notes which of its facts are read."""

    def __init__(self, row: Any) -> None:
        self._row = row
        self.read: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.read.add(name)
        return getattr(self._row, name)


def dense(form: Form) -> NDArray[np.float64]:
    """Values of a form for all pairs."""
    if isinstance(form, LevelTable):
        rows: NDArray[np.float64] = form.table[form.codes]
        return rows if form.columns is None else rows[:, form.columns]
    values = form.left @ form.right.T
    values = values.toarray() if isinstance(form, Postings) else values.astype(np.float64)
    return np.where(form.has_left[:, None] & form.has_right[None, :], values, np.nan)


@pytest.mark.parametrize(("market", "gate"), GATES, ids=lambda value: getattr(value, "code", value))
def test_a_gate_reads_only_the_facts_it_names(market: str, gate: Any) -> None:
    demands, supplies = random_market(market, 1, 15, 15)
    for demand in map(Recorder, demands):
        for supply in map(Recorder, supplies):
            gate.check(demand, supply, AS_OF)
            assert demand.read <= set(gate.demand_facts)
            assert supply.read <= set(gate.supply_facts)


@pytest.mark.parametrize(("market", "gate"), GATES, ids=lambda value: getattr(value, "code", value))
def test_a_gates_table_says_what_its_check_says(market: str, gate: Any) -> None:
    demands, supplies = random_market(market, 2, 40, 40)
    plain = plain_answers(gate.check, demands, supplies, AS_OF)
    if gate.answers is not None:
        assert np.array_equal(gate.answers(supplies, AS_OF)(demands), plain)
    if gate.apart is not None:
        shares = [
            [bool(set(gate.apart.demand_keys(d)) & set(gate.apart.supply_keys(s))) for s in supplies] for d in demands
        ]
        assert np.array_equal(np.array(shares), plain == 1)


@pytest.mark.parametrize(("market", "part"), COMPONENTS, ids=lambda value: getattr(value, "code", value))
def test_a_component_compiles_to_its_values(market: str, part: Any) -> None:
    asked, offered = random_market(market, 3, 30, 30)
    history = random_history(market, 4, offered)
    asked = [*(event.demand for event in history.events[:10]), *asked]
    demands, supplies = Columns.from_rows(asked), Columns.from_rows(offered)
    fitted = part.fit(Fitting(supplies, demands, history, text.shipped()))
    plain = np.array(
        [[np.nan if (v := fitted.value(d, s)) is None else v for s in supplies.rows()] for d in demands.rows()]
    )
    assert np.nanmin(plain) >= 0
    assert np.nanmax(plain) <= 1 + 1e-9
    compiled = np.sum([dense(form) for form in fitted.against(supplies).compile(demands)], axis=0)
    np.testing.assert_allclose(compiled, plain, atol=1e-6)
    np.testing.assert_allclose(fitted.values(demands, supplies), plain, atol=1e-9)
    part_of = fitted.against(supplies).compile(demands.take(slice(5, 9)))
    np.testing.assert_array_equal(np.sum([dense(form) for form in part_of], axis=0), compiled[5:9])


def test_factors_have_data_where_both_sides_have_it() -> None:
    ones = np.ones((2, 3), dtype=np.float32)
    form = Factors(ones, ones, np.array([True, False]), np.array([True, True]))
    np.testing.assert_array_equal(dense(form), [[3, 3], [np.nan, np.nan]])


def test_rows_and_columns_hold_the_same_facts() -> None:
    demands, _ = random_market("finance", 4, 20, 1)
    rows = Columns.from_rows(demands)
    names = ["id", "text", "region_path", "amount_fen"]
    columns = Columns.from_columns(rows.kind, {name: rows.column(name) for name in names})
    assert [getattr(row, name) for row in columns.rows() for name in names] == [
        getattr(row, name) for row in demands for name in names
    ]
    codes, first = columns.levels(["region_path", "amount_fen"])
    assert [(demands[first[code]].region_path, demands[first[code]].amount_fen) for code in codes] == [
        (row.region_path, row.amount_fen) for row in demands
    ]
    assert len(first) == len({(row.region_path, row.amount_fen) for row in demands})
    assert columns.take(np.array([7, 3])).ids == [demands[7].id, demands[3].id]


def test_shared_ids_and_an_unfitted_engine_are_refused() -> None:
    engine = Recommender(MARKETS["finance"], MatchSettings(as_of=AS_OF))
    demands, supplies = random_market("finance", 5, 3, 3)
    with pytest.raises(EngineNotReady):
        engine.rank(demands)
    with pytest.raises(BadFacts, match="two rows have the id"):
        engine.fit([*supplies, supplies[0]])


def test_ranking_leaves_out_closed_pairs_and_adds_up() -> None:
    demands, supplies = random_market("supply", 6, 10, 40)
    engine = Recommender(MARKETS["supply"], MatchSettings(as_of=AS_OF)).fit(supplies, text_model=text.shipped())
    ranked = engine.rank(demands, top=5)
    np.testing.assert_allclose(np.nansum(ranked.points, axis=1), ranked.score, atol=1e-9)
    for demand_index, supply_index, score in zip(ranked.demand_index, ranked.supply_index, ranked.score, strict=True):
        pair = engine.explain(demands[demand_index], supplies[supply_index])
        assert (pair.state != "closed", pair.score) == (True, pytest.approx(score, abs=1e-9))
