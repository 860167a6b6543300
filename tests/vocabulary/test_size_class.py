from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocabulary import industries
from vocabulary.classifications import SizeClass
from vocabulary.money import FEN_PER_WAN
from vocabulary.size_class import Limits, Sector, Shortfall, SizeField, rule_on, rules, size_class

RULE = rule_on(date(2026, 11, 25))
_ORDER = list(SizeClass)
_S = SizeClass


def classify(industry, staff=None, revenue_wan=None, assets_wan=None):
    return size_class(
        RULE,
        industry_code=industry,
        staff=staff,
        revenue_fen=None if revenue_wan is None else revenue_wan * FEN_PER_WAN,
        assets_fen=None if assets_wan is None else assets_wan * FEN_PER_WAN,
    )


@pytest.mark.parametrize(
    ("industry", "staff", "revenue_wan", "assets_wan", "expected"),
    [
        ("3251", 350, 1_900, None, _S.SMALL),
        ("3251", 350, 2_000, None, _S.MEDIUM),
        ("3251", 299, 2_000, None, _S.SMALL),
        ("3251", 1_000, 40_000, None, _S.LARGE),
        ("3251", 999, 40_000, None, _S.MEDIUM),
        ("3831", 1_200, 100, None, _S.MICRO),
        ("3831", 19, 900_000, None, _S.MICRO),
        ("0111", None, 499, None, _S.SMALL),
        ("4710", None, 80_000, 79_999, _S.MEDIUM),
        ("5162", 20, 5_000, None, _S.MEDIUM),
        ("5221", 300, 20_000, None, _S.LARGE),
        ("5910", 300, 3_000, None, _S.MEDIUM),
        ("5920", 300, 3_000, None, _S.MEDIUM),
        ("5920", 100, 999, None, _S.SMALL),
        ("6421", 100, 1_000, None, _S.MEDIUM),
        ("6513", 100, 1_000, None, _S.MEDIUM),
        ("7010", None, 200_000, 10_000, _S.LARGE),
        ("7020", 300, 999, None, _S.SMALL),
        ("7211", 100, None, 8_000, _S.MEDIUM),
        ("7030", 99, None, None, _S.SMALL),
        ("8511", 300, None, None, _S.LARGE),
    ],
)
def test_class_at_the_limits_of_each_sector(industry, staff, revenue_wan, assets_wan, expected):
    assert classify(industry, staff, revenue_wan, assets_wan).size is expected


def test_the_reason_names_the_limits_missed_and_only_those():
    assert classify("3251", 350, 1_900).short_of == (Shortfall(SizeField.REVENUE, 2_000 * FEN_PER_WAN),)
    assert classify("3251", 250, 1_900).short_of == (
        Shortfall(SizeField.STAFF, 300),
        Shortfall(SizeField.REVENUE, 2_000 * FEN_PER_WAN),
    )
    assert classify("3251", 2_000, 50_000).short_of == ()


def test_missing_figures_are_named_and_others_are_not_asked_for():
    assert classify(None, 10, 10).missing == (SizeField.INDUSTRY,)
    assert classify("no such code", 10, 10).missing == (SizeField.INDUSTRY,)
    assert classify("3251").missing == (SizeField.STAFF, SizeField.REVENUE)
    assert classify("3251", 0, 0).size is _S.MICRO
    assert classify("7211", 10, None, None).missing == (SizeField.ASSETS,)
    assert classify("0111", None, 10).size is _S.MICRO


@pytest.mark.parametrize("industry", ["6621", "8310", "5320", "7040", "8412", "T"])
def test_industries_outside_the_rule_get_no_class(industry):
    finding = classify(industry, 500, 5_000, 5_000)
    assert (finding.size, finding.is_covered, finding.missing) == (None, False, ())


def test_rule_in_force_is_that_of_the_day():
    assert RULE.version == "2017"
    assert "213" in RULE.source
    assert rule_on(date(1990, 1, 1)) is rules()[0]
    assert all(rule_on(rule.effective_from) is rule for rule in rules())


def test_limits_fall_and_every_code_of_the_rule_is_known_and_in_one_sector():
    for rule in rules():
        codes = [code for sector in rule.sectors for code in sector.industries]
        assert len(codes) == len(set(codes))
        assert set(codes) <= set(industries.by_code())
        assert len(rule.sectors) == 16
        for sector in rule.sectors:
            for limits in sector.limits:
                large, medium, small = limits.at_least
                assert large > medium > small > 0


_PAIRS = [
    (sector.industries[0], sector, limits, place)
    for sector in RULE.sectors
    for limits in sector.limits
    for place in range(3)
]
_figures = st.integers(min_value=0, max_value=10**13)


def _with(industry: str, sector: Sector, changed: Limits, value: int, others: int):
    figures = {limits.field: others for limits in sector.limits} | {changed.field: value}
    return size_class(
        RULE, industry_code=industry, staff=figures.get(SizeField.STAFF), revenue_fen=figures.get(SizeField.REVENUE),
        assets_fen=figures.get(SizeField.ASSETS),
    )  # fmt: skip


@given(st.sampled_from(_PAIRS))
def test_one_below_a_limit_is_one_class_lower_when_nothing_else_binds(case):
    industry, sector, limits, place = case
    edge = limits.at_least[place]
    assert _with(industry, sector, limits, edge, 10**15).size is _ORDER[place]
    below = _with(industry, sector, limits, edge - 1, 10**15)
    assert below.size is _ORDER[place + 1]
    assert below.short_of == (Shortfall(limits.field, edge),)


@given(st.sampled_from(_PAIRS), _figures, _figures)
def test_the_smallest_indicator_decides_and_growing_never_shrinks_the_class(case, value, others):
    industry, sector, limits, _place = case
    finding = _with(industry, sector, limits, value, others)
    alone = [each.class_of(value if each is limits else others) for each in sector.limits]
    assert finding.size is max(alone, key=_ORDER.index)
    grown = _with(industry, sector, limits, value * 2 + 1, others)
    assert _ORDER.index(grown.size) <= _ORDER.index(finding.size)


@given(st.sampled_from(_PAIRS), _figures, _figures)
def test_reaching_what_the_reason_names_lifts_the_firm(case, value, others):
    industry, sector, limits, _place = case
    finding = _with(industry, sector, limits, value, others)
    raised = {short.field: short.limit for short in finding.short_of}
    figures = {each.field: value if each is limits else others for each in sector.limits} | raised
    lifted = size_class(
        RULE, industry_code=industry, staff=figures.get(SizeField.STAFF), revenue_fen=figures.get(SizeField.REVENUE),
        assets_fen=figures.get(SizeField.ASSETS),
    )  # fmt: skip
    if finding.size is not SizeClass.LARGE:
        assert _ORDER.index(lifted.size) == _ORDER.index(finding.size) - 1
