"""Properties of scores and lists."""

import random
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaking import MARKETS, BadFacts, FinanceDemand, MatchSettings, SupplyDemand, explain, recommend
from matchmaking.reference import contributions
from tests.builders import AS_OF, WAN, financing_need, loan_product, product_line, purchase_need

SETTINGS = MatchSettings(as_of=AS_OF)
TEXTS = ["铜线", "裸铜线 镀锡铜线", "电力电缆", "油茶加工", "", "?!", "a" * 50]

needs = st.builds(
    financing_need,
    text=st.sampled_from(TEXTS),
    amount_fen=st.none() | st.integers(1, 3_000).map(lambda wan: wan * WAN),
    guarantee_methods=st.none() | st.just(()) | st.just(("pledge", "receivables")),
    industry_path=st.none() | st.just(("C", "13")),
    staff_band=st.none() | st.integers(0, 7),
    max_rate_bps=st.none() | st.integers(200, 900),
    tier=st.none() | st.sampled_from(["none", "srdi"]),
    region_path=st.none() | st.just(("43",)),
)
products = st.builds(
    loan_product,
    text=st.sampled_from(TEXTS),
    target_industries=st.just(()) | st.just(("1331", "325")),
    tiers=st.just(()) | st.just(("champion",)),
    size_bands=st.just(()) | st.lists(st.integers(0, 7), min_size=1).map(tuple),
    rate_to_bps=st.none() | st.integers(345, 2_000),
)


@settings(deadline=None, max_examples=60)
@given(demand=needs, supply=products)
def test_contributions_add_up_to_a_score_between_zero_and_one(demand: Any, supply: Any) -> None:
    pair = explain(MARKETS["finance"], demand, supply, SETTINGS)
    assert abs(sum(part.points for part in pair.contributions) - pair.score) <= 1e-6
    assert 0 <= pair.score <= 1 + 1e-12
    assert all(part.points == 0 for part in pair.contributions if part.value is None)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_candidates_is_irrelevant(seed: int) -> None:
    supplies = [product_line(id=n, text=TEXTS[n % len(TEXTS)], organization_id=n) for n in range(1, 12)]
    shuffled = random.Random(seed).sample(supplies, len(supplies))
    assert recommend(MARKETS["supply"], [purchase_need()], shuffled, SETTINGS) == recommend(
        MARKETS["supply"], [purchase_need()], supplies, SETTINGS
    )


def test_raising_one_component_never_lowers_the_score() -> None:
    market = MARKETS["finance"]
    weights = SETTINGS.weight(market)
    values = [0.5] * len(market.components)
    low, _ = contributions(market, weights, [0.2, *values[1:]])
    high, _ = contributions(market, weights, [0.7, *values[1:]])
    assert high > low


def test_a_gated_pair_is_never_eligible() -> None:
    supplies = [loan_product(id=n, is_open=n % 2 == 0) for n in range(1, 9)]
    pairs = recommend(MARKETS["finance"], [financing_need()], supplies, SETTINGS)
    assert {pair.supply_id for pair in pairs if pair.state == "eligible"} == {2, 4, 6, 8}
    assert {pair.supply_id for pair in pairs if pair.state == "closed"} == {1, 3, 5, 7}


def test_equal_scores_stand_in_order_of_id() -> None:
    supplies = [loan_product(id=n) for n in (5, 3, 9, 1)]
    pairs = recommend(MARKETS["finance"], [financing_need()], supplies, SETTINGS)
    assert [pair.supply_id for pair in pairs] == [1, 3, 5, 9]


def test_a_run_over_one_need_gives_the_pairs_of_the_whole_run() -> None:
    demands = [purchase_need(id=n, text=TEXTS[n % len(TEXTS)]) for n in range(1, 6)]
    supplies = [product_line(id=n, text=TEXTS[-n % len(TEXTS)]) for n in range(1, 20)]
    whole = recommend(MARKETS["supply"], demands, supplies, SETTINGS)
    alone = recommend(MARKETS["supply"], [demands[2]], supplies, SETTINGS)
    assert alone == [pair for pair in whole if pair.demand_id == demands[2].id]


def test_a_pair_is_made_again_from_stored_facts_and_settings() -> None:
    market = MARKETS["supply"]
    demand, supply = purchase_need(), product_line(spare_capacity_milli=1)
    stored = (demand.to_dict(), supply.to_dict(), SETTINGS.to_dict(market))
    again = explain(
        market,
        market.demand_type.from_dict(stored[0]),
        market.supply_type.from_dict(stored[1]),
        MatchSettings.from_dict(stored[2]),
    )
    assert again == explain(market, demand, supply, SETTINGS)


def test_facts_survive_storage_and_the_digest_names_their_content() -> None:
    for facts in (financing_need(), loan_product(), purchase_need(), product_line()):
        again = type(facts).from_dict(facts.to_dict())
        assert (again, again.digest) == (facts, facts.digest)
    assert financing_need().digest != financing_need(term_months=13).digest


def test_facts_of_another_shape_are_refused() -> None:
    with pytest.raises(BadFacts):
        FinanceDemand.from_dict({"id": 1, "organization_id": 1, "revenue_fen": 5})
    with pytest.raises(BadFacts):
        SupplyDemand.from_dict({"organization_id": 1})


def test_settings_are_named_by_their_content() -> None:
    market = MARKETS["finance"]
    assert SETTINGS.fingerprint(market) == MatchSettings(as_of=AS_OF).fingerprint(market)
    assert SETTINGS.fingerprint(market) != MatchSettings(as_of=date(2026, 6, 2)).fingerprint(market)
    with pytest.raises(ValueError, match="weights"):
        MatchSettings(as_of=AS_OF, weights={"text": -1.0})


def test_empty_rows_are_survived() -> None:
    blank = FinanceDemand(id=1, organization_id=1)
    (pair,) = recommend(MARKETS["finance"], [blank], [loan_product()], SETTINGS)
    assert pair.state == "possible"
    assert recommend(MARKETS["finance"], [], [loan_product()], SETTINGS) == []


def test_the_copper_maker_is_first_of_fifty_for_copper_wire() -> None:
    """Default word tokens give 0.000 here (features, row 9)."""
    trades = ["饲料", "油茶", "陶瓷", "齿轮", "纺织服装", "涂料", "汽车座椅", "医药中间体", "电路板", "竹木家具"]
    supplies = [
        product_line(id=n, text=f"{trades[n % 10]}生产与销售，年产能第{n}批", industry_path=None, chain=None)
        for n in range(1, 51)
    ]
    supplies[36] = replace(supplies[36], text="生产铜丝、裸铜线、镀锡铜线")
    need = purchase_need(text="求购电工圆铜线")
    pairs = recommend(MARKETS["supply"], [need], supplies, MatchSettings(as_of=AS_OF, possible=50))
    assert pairs[0].supply_id == 37


def test_naming_every_product_does_not_pass_a_real_maker() -> None:
    """Threat T23: a paint firm that names every product stays behind each firm that makes what is asked."""
    need = purchase_need(text="采购精密齿轮和轴承", industry_path=None)
    makers = ["精密齿轮加工", "轴承制造", "齿轮箱", "滚动轴承"]
    everything = "、".join(f"{metal}{shape}" for metal in "铜铝钢铁锌" for shape in ("线", "管", "件"))
    supplies = [product_line(id=n, text=text) for n, text in enumerate(makers, start=1)]
    stuffed = product_line(id=50, text=f"工业涂料、油漆、{everything}、齿轮、轴承")
    pairs = recommend(MARKETS["supply"], [need], [stuffed, *supplies], SETTINGS)
    assert [pair.supply_id for pair in pairs][-1] == 50
