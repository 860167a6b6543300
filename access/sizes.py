"""The computed size class of firms. Everybody may read the class; its reason names a limit, so not everybody that.

`size_of` and `size_of_values` return the reason too: they are for the engine room, the firm itself and its office.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from models.firm_profile import FirmProfile
from vocabulary.size_class import SizeField, SizeFinding, rule_on, size_class


def size_of(profile: FirmProfile) -> SizeFinding:
    """By the rule in force at the end of the year the figures are of."""
    return size_of_row(profile)


def size_of_row(row: Any) -> SizeFinding:
    """The same for a row that has the profile's columns."""
    return _finding(row.figures_year, row.industry_code, row.employees, row.revenue_fen, row.total_assets_fen)


def size_of_values(values: Mapping[str, Any]) -> SizeFinding:
    """The same for the values of a draft or a submission."""
    return _finding(
        values.get("figures_year"), values.get(SizeField.INDUSTRY), values.get(SizeField.STAFF),
        values.get(SizeField.REVENUE), values.get(SizeField.ASSETS),
    )  # fmt: skip


def _finding(
    year: Any, industry: str | None, staff: int | None, revenue_fen: int | None, assets_fen: int | None
) -> SizeFinding:
    rule = rule_on(date(year, 12, 31) if isinstance(year, int) and 1 <= year <= 9998 else date.max)
    return size_class(rule, industry_code=industry, staff=staff, revenue_fen=revenue_fen, assets_fen=assets_fen)
