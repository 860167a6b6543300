"""The engine's codes become sentences: every gate, every answer, every change, in both languages."""

from itertools import pairwise
from typing import Any

import pytest
from flask import Flask

from matchmaking import MARKETS, MatchSettings, explain
from tests.builders import AS_OF, WAN, financing_need, loan_product
from tests.matchmaking.test_gates import CLOSING, UNKNOWN, changed
from vocabulary.classifications import Market
from vocabulary.reasons import TRACK_RECORD, ComponentCode
from web.common import explanations
from web.common.filters import fit
from workflows import track_records
from workflows.recommendations import _content
from workflows.weights import declared_weights

SETTINGS = MatchSettings(as_of=AS_OF)


def stored(market: str, demand: Any, supply: Any) -> dict[str, Any]:
    """A pair as the database keeps it."""
    return _content(explain(MARKETS[market], demand, supply, SETTINGS), "", "")


def in_language(app: Flask, code: str) -> Any:
    return app.test_request_context(headers={"Cookie": f"lang={code}"})


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("market", "side", "values", "code"), CLOSING + UNKNOWN)
def test_every_gate_and_change_has_words(app: Flask, market: str, side: str, values: Any, code: str, language: str):
    pair = stored(market, *changed(market, side, values))
    with in_language(app, language):
        lines = explanations.gate_lines(pair["gates"], Market(market))
        changes = explanations.change_lines(pair["changes"], pair["gates"])
        obstacle = explanations.first_obstacle(pair["gates"], Market(market))
    assert len(lines) == len(MARKETS[market].gates)
    assert all(line.text and line.source for line in lines)
    assert len(changes) == len(pair["changes"])
    assert obstacle.startswith(next(line.name for line in lines if line.code == code))
    everything = " ".join([obstacle, *(line.text + line.source for line in lines), *(text for text, _ in changes)])
    assert "None" not in everything
    assert "[" not in everything


def test_a_refused_amount_names_value_limit_and_what_to_do(app: Flask):
    pair = stored("finance", financing_need(amount_fen=2_000 * WAN), loan_product())
    with in_language(app, "zh"):
        assert explanations.first_obstacle(pair["gates"], Market.FINANCE) == (
            "融资金额：2,000 万元，要求：10 万元 – 1,000 万元"
        )
        assert explanations.change_lines(pair["changes"], pair["gates"]) == [
            ("把融资金额降到 1,000 万元", "企业自己可以办到")
        ]


def test_a_young_firm_reads_the_day_from_which_it_qualifies(app: Flask):
    pair = stored("finance", *changed("finance", "demand", {"founded_on": AS_OF.replace(year=2025)}))
    with in_language(app, "zh"):
        assert explanations.change_lines(pair["changes"], pair["gates"]) == [
            ("再经营 12 个月，到 2027-06-01 即满足", "只需等待")
        ]


def test_a_debt_limit_is_told_as_the_upper_edge_of_its_band(app: Flask):
    pair = stored("finance", financing_need(debt_ratio_band=6), loan_product(max_debt_ratio_band=5))
    with in_language(app, "zh"):
        assert "要求：低于 70%" in explanations.first_obstacle(pair["gates"], Market.FINANCE)


def test_the_bars_add_up_to_the_fit(app: Flask):
    pair = stored("finance", financing_need(tier=None), loan_product())
    with in_language(app, "zh"):
        bars = explanations.bars(pair["contributions"])
    assert fit(sum(bar.points for bar in bars) / 100) == fit(pair["score"])
    assert [bar.has_data for bar in bars].count(False) == pair["n_components"] - pair["n_with_data"] == 1
    assert sum(bar.most for bar in bars) == pytest.approx(100), "what each could give at most adds up to a full fit"
    assert all(bar.points <= bar.most + 1e-9 for bar in bars)
    assert all(after.x == pytest.approx(before.end) for before, after in pairwise(bars)), "a bar begins where one ends"


def test_reasons_are_the_largest_contributions_first(app: Flask):
    pair = stored("finance", financing_need(), loan_product())
    strongest = max(pair["contributions"], key=lambda part: part["points"])
    with in_language(app, "en"):
        found = explanations.reasons(pair["contributions"])
        assert found[0] == explanations.reasons([strongest])[0]
    assert len(found) == 2


def test_every_component_has_reasons(app: Flask):
    with in_language(app, "en"):
        for code in ComponentCode:
            texts = {
                explanations.reasons([{"code": code.value, "value": value, "points": 0.1}])[0]
                for value in (0.1, 0.5, 0.9)
            }
            assert len(texts) == 3


@pytest.mark.parametrize(
    ("deed", "code", "n_firms", "language", "words"),
    [
        ("lent", "track_industry", 3, "zh", "曾向同行业 3 家企业授信或放款"),
        ("lent", "track_industry", 3, "en", "Granted or paid out loans to 3 firms of the same industry"),
        ("supplied", "track_activity", 12, "zh", "曾获 12 家单位下单"),
        ("supplied", "track_region", None, "zh", "同类成交不足 3 家，只计分，不作说明"),
    ],
)
def test_a_track_record_is_told_by_a_number_of_firms(
    app: Flask, deed: str, code: str, n_firms: int | None, language: str, words: str
):
    part = {"code": code, "value": 0.9, "points": 0.1, "deed": deed, "n_firms": n_firms}
    with in_language(app, language):
        assert explanations.reasons([part]) == [words]


@pytest.mark.parametrize("market", Market)
def test_every_aspect_of_a_record_that_weighs_has_words(app: Flask, market: Market):
    deed = track_records._DEEDS[market]
    with in_language(app, "en"):
        for code in TRACK_RECORD:
            if declared_weights(market).get(code):
                part = {"code": code.value, "value": 0.6, "points": 0.1, "deed": deed, "n_firms": 4}
                assert "4" in explanations.reasons([part])[0]
