"""The reason of a computed size class, in both languages."""

import pytest
from flask_babel import force_locale

from vocabulary.money import FEN_PER_WAN
from vocabulary.size_class import rules, size_class
from web.common.size_words import size_reason, size_words


def _words(app, language, industry, staff, revenue_wan):
    revenue = None if revenue_wan is None else revenue_wan * FEN_PER_WAN
    found = size_class(rules()[0], industry_code=industry, staff=staff, revenue_fen=revenue, assets_fen=None)
    with app.test_request_context(), force_locale(language):
        return size_words(found), size_reason(found)


@pytest.mark.parametrize(
    ("industry", "staff", "revenue_wan", "expected"),
    [
        ("3251", 350, 1_900, ("小型", "营收不足2000万")),
        ("3251", 250, 1_900, ("小型", "从业人员不足300人；营收不足2000万")),
        ("3251", 1_500, 50_000, ("大型", "各项指标都达到大型的下限")),
        ("3251", 350, None, ("无法判定", "缺少：营业收入")),
        ("6621", 350, 1_900, ("无法判定", "该行业不在划型办法的范围内")),
    ],
)
def test_reason_in_chinese(app, industry, staff, revenue_wan, expected):
    assert _words(app, "zh", industry, staff, revenue_wan) == expected


def test_reason_in_english(app):
    assert _words(app, "en", "3251", 350, 1_900) == ("Small", "revenue below CNY 20 million")
