"""What is a gap, over plain rows: no database."""

from dataclasses import replace

import pytest

from models.gap import Gap
from vocabulary.classifications import LoanPurpose
from vocabulary.gaps import GapKind
from vocabulary.reasons import GateCode
from workflows.gap_finding import LinkRow, LoanNeed, OpenNeed, find, product_of, summed

NEED = OpenNeed(1, 11, 1, 5, "采购镀锡铜排20吨", "3251", "TMY 10×100", 20_000, "tonne", 160_000_000, is_met=False)
TERM = ((GateCode.TERM,),)
LOAN = LoanNeed(8, 31, 1, LoanPurpose.FIXED_ASSETS, 500_000_000, is_served=False)


def test_three_unmet_needs_for_one_product_stand_on_top_with_their_quantity_summed():
    needs = [
        NEED,
        replace(NEED, demand_id=2, organization_id=12, title="采购 镀锡铜排 35 吨", quantity_milli=35_000),
        replace(NEED, demand_id=3, organization_id=12, title="求购镀锡铜排500公斤", quantity_milli=500_000,
                unit="kilogram", specification="ＴＭＹ 10×100"),
        replace(NEED, demand_id=4, title="采购电工圆铜线3吨", quantity_milli=3_000, budget_fen=170_000_000),
    ]  # fmt: skip
    top, second = find([], needs, [])
    assert (top.product, top.demand_ids, top.n_buyers, top.value_fen) == ("镀锡铜排", (1, 2, 3), 2, 480_000_000)
    assert top.quantities == (("kilogram", 55_500_000),)
    assert second.product == "电工圆铜线"


def test_units_that_measure_different_things_are_never_added():
    rows = [(20_000, "tonne"), (3_000, "kilometre"), (500_000, "kilogram"), (None, None)]
    assert summed(rows) == (("kilogram", 20_500_000), ("kilometre", 3_000))


def test_another_specification_is_another_gap():
    assert len(find([], [NEED, replace(NEED, demand_id=2, specification="TMY 6×60")], [])) == 2


def test_a_met_need_is_no_gap():
    assert find([], [replace(NEED, is_met=True)], []) == []


def test_nothing_at_all_is_no_gap():
    assert find([], [], []) == []


@pytest.mark.parametrize(
    ("n_confirmed", "kinds"), [(0, [GapKind.MISSING_LINK]), (1, [GapKind.THIN_LINK]), (2, []), (3, [])]
)
def test_a_link_is_a_gap_without_or_with_one_confirmed_firm(n_confirmed, kinds):
    assert [gap.kind for gap in find([LinkRow(5, 1, "铜材", n_confirmed)], [], [])] == kinds


def test_the_money_of_a_need_counts_once():
    links = [LinkRow(5, 1, "铜材", 1)]
    met = replace(NEED, demand_id=2, is_met=True, budget_fen=10)
    found = {gap.kind: gap for gap in find(links, [NEED, met], [])}
    assert found[GapKind.UNMET_PURCHASE].demand_ids == (1,)
    assert (found[GapKind.THIN_LINK].demand_ids, found[GapKind.THIN_LINK].value_fen) == ((2,), 10)


def test_a_need_without_a_budget_is_counted_but_adds_no_money():
    (gap,) = find([], [NEED, replace(NEED, demand_id=2, budget_fen=None, quantity_milli=None, unit=None)], [])
    assert (gap.n_unpriced, gap.value_fen, gap.quantities) == (1, 160_000_000, (("tonne", 20_000),))


def test_an_unserved_loan_names_the_gate_that_blocks_most():
    loans = [
        replace(LOAN, gates=((GateCode.GUARANTEE, GateCode.TERM), (GateCode.TERM,))),
        replace(
            LOAN, demand_id=9, organization_id=32, amount_fen=None, gates=((GateCode.GUARANTEE,), (GateCode.TERM,))
        ),
        replace(LOAN, demand_id=10, is_served=True, gates=((GateCode.AMOUNT,),)),
    ]
    (gap,) = find([], [], loans)
    assert (gap.gate, gap.n_gate, gap.demand_ids) == (GateCode.TERM, 3, (8, 9))
    assert (gap.value_fen, gap.n_unpriced, gap.n_buyers) == (500_000_000, 1, 2)


def test_a_loan_with_no_product_near_it_has_no_blocking_gate():
    (gap,) = find([], [], [LOAN])
    assert (gap.gate, gap.n_gate) == (None, 0)


@pytest.mark.parametrize(
    ("title", "product"),
    [
        ("采购镀锡铜排 20 吨", "镀锡铜排"),
        ("求购：裸铜线1.5万吨/年", "裸铜线"),
        ("漆包圆线", "漆包圆线"),
        ("采购", "采购"),
    ],
)
def test_the_product_is_the_title_without_verb_and_quantity(title, product):
    assert product_of(title) == product


def test_a_specification_that_grows_when_it_is_normalized_still_fits_into_the_column():
    (gap,) = find([], [replace(NEED, specification="\ufdfa" * 500)], [])
    assert len(gap.key) == Gap.__table__.c.key.type.plain.length
