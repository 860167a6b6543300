from datetime import date
from decimal import Decimal

import pytest

from vocabulary import industries, regions
from vocabulary.bands import SCALES
from vocabulary.lifecycles import LIFECYCLES
from vocabulary.names import name_core
from vocabulary.plausibility import PlausibilityRule, findings
from vocabulary.profile_fields import FIELDS, FIRST_FORM
from vocabulary.search import industry_picker, region_picker
from vocabulary.standards import parse_standards, same_standard
from vocabulary.units import Unit, convert, parse_unit


@pytest.mark.parametrize(
    ("legal_name", "core"),
    [
        ("常宁市隆源铜业有限公司", "隆源铜业"),
        ("隆源铜业", "隆源铜业"),
        ("衡阳恒飞电缆有限责任公司", "恒飞电缆"),
        ("金杯电工衡阳电缆有限公司", "金杯电工衡阳电缆"),
        ("湖南省衡阳市星火(衡阳)机械制造股份有限公司", "星火机械制造"),
        ("衡阳", "衡阳"),
    ],
)
def test_name_core_drops_places_and_legal_form(legal_name: str, core: str) -> None:
    assert name_core(legal_name) == core


def test_a_name_core_fits_into_its_column_whatever_it_was_written_with() -> None:
    assert len(name_core("㎡" * 120)) == 120


def test_industry_path_runs_from_section_to_class() -> None:
    assert industries.path("3251") == ("C", "32", "325", "3251")
    assert industries.path("9999") == ()


def test_region_path_covers_the_economic_zones() -> None:
    assert regions.path("430482") == ("43", "4304", "430482")
    assert regions.path("430473") == ("43", "4304", "430473")
    assert regions.full_name("430482") == "湖南省衡阳市常宁市"


@pytest.mark.parametrize("query", ["铜压延", "tongyayan", "tyyjg", "3251"])
def test_an_industry_is_found_by_chinese_pinyin_initials_and_code(query: str) -> None:
    assert "3251" in [entry.code for entry in industry_picker().search(query)]


def test_a_region_is_found_by_pinyin() -> None:
    assert "430482" in [entry.code for entry in region_picker().search("changning")]
    assert region_picker().search("  ") == []


def test_units_convert_exactly_or_not_at_all() -> None:
    assert convert(Decimal("2.5"), Unit.TONNE, Unit.KILOGRAM) == 2500
    assert convert(Decimal(1), Unit.TONNE, Unit.KILOMETRE) is None
    assert parse_unit("吨/年") is Unit.TONNE
    assert parse_unit("桶") is None


def test_standards_are_recognised_in_any_spelling() -> None:
    assert parse_standards("执行gb/t3953—2009，参照 IEC 60228") == ["GB/T 3953-2009", "IEC 60228"]
    assert same_standard("GB/T 3953", "GB/T 3953-2009")
    assert not same_standard("GB/T 3953-1983", "GB/T 3953-2009")
    assert not same_standard("GB/T 3953", "GB/T 3952")


def test_a_band_starts_at_its_edge_and_missing_stays_missing() -> None:
    revenue = SCALES["revenue"]
    edge = revenue.edges[2]
    assert revenue.level_of(edge - 1) == 2
    assert revenue.level_of(edge) == 3
    assert revenue.level_of(None) is None
    assert [len(scale.levels) for scale in SCALES.values()] == [8] * len(SCALES)


def test_a_revenue_ten_thousand_times_too_high_is_named() -> None:
    values = {"revenue_fen": 3_000 * 10_000 * 1_000_000, "employees": 80, "registered_capital_fen": 1_000 * 1_000_000}
    rules = {finding.rule for finding in findings(values, today=date(2026, 1, 1))}
    assert rules == {PlausibilityRule.REVENUE_PER_HEAD, PlausibilityRule.REVENUE_YUAN_SLIP}


def test_plausible_and_missing_values_raise_nothing() -> None:
    assert findings({}, today=date(2026, 1, 1)) == []
    values = {"revenue_fen": 3_000 * 1_000_000, "employees": 80, "founded_on": date(2015, 1, 1), "figures_year": 2025}
    assert findings(values, today=date(2026, 1, 1)) == []


def test_the_first_form_stays_short() -> None:
    assert 18 <= len(FIRST_FORM) <= 25
    assert len({field.name for field in FIELDS}) == len(FIELDS)


def test_every_status_can_be_reached_from_the_first() -> None:
    for lifecycle in LIFECYCLES.values():
        reached = {lifecycle.initial}
        while more := {target for status in reached for target in lifecycle.next_steps(status)} - reached:
            reached |= more
        assert reached == set(lifecycle.statuses), lifecycle.noun


def test_places_and_zones_have_english_names():
    assert regions.name_en("430482") == "Changning"
    zones = [region for region in regions.by_code().values() if region.name_zh.endswith("松木经济开发区")]
    assert [regions.name_en(zone.code) for zone in zones] == ["Hunan Hengyang Songmu Economic Development Zone"]
