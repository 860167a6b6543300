"""Every gate of both markets: open on the plain pair, closed and unknown where the facts say so."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from matchmaking import MARKETS, MatchSettings, PastRefusal, explain
from matchmaking.reference import apply, run_gates, state_of
from tests.builders import AS_OF, WAN, financing_need, loan_product, product_line, purchase_need
from vocabulary.reasons import GateAnswer, GateCode, Reach

SETTINGS = MatchSettings(as_of=AS_OF)
PLAIN: dict[str, tuple[Any, Any]] = {
    "finance": (financing_need(), loan_product()),
    "supply": (purchase_need(), product_line()),
}
NO_COLLATERAL = PastRefusal(reason="collateral_insufficient", on=date(2026, 5, 1), by=21, level=3)
NOT_TO_SPECIFICATION = PastRefusal(
    reason="specification_mismatch", on=date(2026, 5, 1), by=30, category=("C", "32", "325", "3251")
)
CLOSING = [
    ("finance", "demand", {"is_verified": False}, GateCode.FIRM_VERIFIED),
    ("finance", "supply", {"is_open": False}, GateCode.SUPPLY_OPEN),
    ("finance", "demand", {"blocked": (20,)}, GateCode.NOT_BLOCKED),
    ("finance", "demand", {"amount_fen": 2_000 * WAN}, GateCode.AMOUNT),
    ("finance", "demand", {"amount_fen": 1 * WAN}, GateCode.AMOUNT),
    ("finance", "demand", {"term_months": 60}, GateCode.TERM),
    ("finance", "demand", {"purpose": "project"}, GateCode.PURPOSE),
    ("finance", "demand", {"guarantee_methods": ("receivables",)}, GateCode.GUARANTEE),
    ("finance", "demand", {"region_path": ("43", "4301")}, GateCode.REGION_SERVED),
    ("finance", "demand", {"founded_on": date(2025, 1, 15)}, GateCode.OPERATING_MONTHS),
    ("finance", "demand", {"revenue_band": 1}, GateCode.REVENUE_BAND),
    ("finance", "demand", {"debt_ratio_band": 6}, GateCode.DEBT_RATIO_BAND),
    ("finance", "demand", {"tax_grade": "C"}, GateCode.TAX_GRADE),
    ("finance", "supply", {"excluded_industries": ("325",)}, GateCode.INDUSTRY),
    ("finance", "supply", {"remaining_visits": 0}, GateCode.LENDER_CAPACITY),
    ("finance", "supply", {"basis": "receivables"}, GateCode.ORDER),
    ("finance", "supply", {"basis": "confirmed_order", "max_payment_band": 2}, GateCode.ORDER),
    ("finance", "demand", {"refusals": (NO_COLLATERAL,)}, GateCode.REFUSED_BEFORE),
    ("supply", "supply", {"refusals": (NOT_TO_SPECIFICATION,)}, GateCode.REFUSED_BEFORE),
    ("supply", "supply", {"is_verified": False}, GateCode.FIRM_VERIFIED),
    ("supply", "supply", {"is_open": False}, GateCode.SUPPLY_OPEN),
    ("supply", "supply", {"organization_id": 30}, GateCode.NOT_OWN),
    ("supply", "supply", {"blocked": (30,)}, GateCode.NOT_BLOCKED),
    ("supply", "supply", {"industry_path": ("C", "13")}, GateCode.CATEGORY),
    ("supply", "supply", {"spare_capacity_milli": 2_000_000}, GateCode.CAPACITY),
    ("supply", "supply", {"certificates": ()}, GateCode.CERTIFICATES),
    ("supply", "supply", {"standards": ("GB/T 3952",)}, GateCode.STANDARDS),
    ("supply", "supply", {"lead_time_days": 200}, GateCode.WINDOW),
    ("supply", "supply", {"delivers_to": ("44",)}, GateCode.DELIVERY_REGION),
]
UNKNOWN = [
    ("finance", "demand", {"founded_on": None}, GateCode.OPERATING_MONTHS),
    ("finance", "demand", {"revenue_band": None}, GateCode.REVENUE_BAND),
    ("finance", "demand", {"guarantee_methods": None}, GateCode.GUARANTEE),
    ("finance", "demand", {"amount_fen": None}, GateCode.AMOUNT),
    ("supply", "supply", {"certificates": None}, GateCode.CERTIFICATES),
    ("supply", "supply", {"industry_path": None}, GateCode.CATEGORY),
    ("supply", "supply", {"lead_time_days": None}, GateCode.WINDOW),
]


def changed(market: str, side: str, values: dict[str, Any]) -> tuple[Any, Any]:
    demand, supply = PLAIN[market]
    return (replace(demand, **values), supply) if side == "demand" else (demand, replace(supply, **values))


@pytest.mark.parametrize("market", MARKETS)
def test_the_plain_pair_passes_every_gate(market: str) -> None:
    answers = {gate.code: gate.answer for gate in run_gates(MARKETS[market], *PLAIN[market], AS_OF)}
    assert set(answers.values()) == {GateAnswer.OPEN}


@pytest.mark.parametrize(("market", "side", "values", "code"), CLOSING)
def test_one_fact_closes_exactly_its_gate(market: str, side: str, values: dict[str, Any], code: GateCode) -> None:
    demand, supply = changed(market, side, values)
    closed = [g.code for g in run_gates(MARKETS[market], demand, supply, AS_OF) if g.answer is GateAnswer.CLOSED]
    assert closed == [code]


@pytest.mark.parametrize(("market", "side", "values", "code"), UNKNOWN)
def test_a_missing_fact_is_unknown_not_no(market: str, side: str, values: dict[str, Any], code: GateCode) -> None:
    demand, supply = changed(market, side, values)
    gates = run_gates(MARKETS[market], demand, supply, AS_OF)
    assert [g.code for g in gates if g.answer is GateAnswer.UNKNOWN] == [code]
    assert state_of(gates) == "possible"


def test_every_gate_is_closed_by_some_row_of_the_table() -> None:
    tested = {(market, code) for market, _, _, code in CLOSING}
    units_differ_closes_capacity_too = ("supply", GateCode.UNIT)
    declared = {(name, gate.code) for name, market in MARKETS.items() for gate in market.gates}
    assert declared - tested == {units_differ_closes_capacity_too}


def test_units_of_different_kind_close_the_unit_gate() -> None:
    gates = run_gates(MARKETS["supply"], purchase_need(), product_line(unit="kilometre"), AS_OF)
    assert {g.code: g.answer for g in gates if g.answer is not GateAnswer.OPEN} == {
        GateCode.UNIT: GateAnswer.CLOSED,
        GateCode.CAPACITY: GateAnswer.UNKNOWN,
    }


@pytest.mark.parametrize(
    ("market", "side", "values", "code"),
    [row for row in CLOSING if row[3] not in (GateCode.NOT_BLOCKED, GateCode.NOT_OWN)],
)
def test_the_proposed_change_opens_the_gate(market: str, side: str, values: dict[str, Any], code: GateCode) -> None:
    demand, supply = changed(market, side, values)
    pair = explain(MARKETS[market], demand, supply, SETTINGS)
    assert [change.gate for change in pair.changes] == [code]
    (gate,) = (gate for gate in MARKETS[market].gates if gate.code == code)
    assert gate.is_out_of_reach == (pair.changes[0].reach is Reach.OTHER_SIDE)
    assert state_of(run_gates(MARKETS[market], *apply(demand, supply, pair.changes), AS_OF)) != "closed"


def test_all_changes_open_the_pair_and_any_one_left_out_does_not() -> None:
    demand = financing_need(guarantee_methods=("receivables",), tax_grade="D", amount_fen=3_000 * WAN)
    pair = explain(MARKETS["finance"], demand, loan_product(), SETTINGS)
    assert {change.gate for change in pair.changes} == {GateCode.GUARANTEE, GateCode.TAX_GRADE, GateCode.AMOUNT}
    for left_out in pair.changes:
        rest = tuple(change for change in pair.changes if change != left_out)
        gates = run_gates(MARKETS["finance"], *apply(demand, loan_product(), rest), AS_OF)
        assert state_of(gates) == "closed"


def test_time_alone_is_given_as_a_date() -> None:
    demand = financing_need(founded_on=date(2025, 1, 15))
    (change,) = explain(MARKETS["finance"], demand, loan_product(), SETTINGS).changes
    assert change.on == date(2027, 1, 15)


def test_a_blocked_pair_has_no_way_out() -> None:
    assert explain(MARKETS["finance"], financing_need(blocked=(20,)), loan_product(), SETTINGS).changes == ()
