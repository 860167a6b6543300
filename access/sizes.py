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
    return size_of_values({name: getattr(profile, name) for name in (*SizeField, "figures_year")})


def size_of_values(values: Mapping[str, Any]) -> SizeFinding:
    """The same for the values of a draft or a submission."""
    year = values.get("figures_year")
    rule = rule_on(date(year, 12, 31) if isinstance(year, int) and 1 <= year <= 9998 else date.max)
    return size_class(
        rule,
        industry_code=values.get(SizeField.INDUSTRY),
        staff=values.get(SizeField.STAFF),
        revenue_fen=values.get(SizeField.REVENUE),
        assets_fen=values.get(SizeField.ASSETS),
    )
