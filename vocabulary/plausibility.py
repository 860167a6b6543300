"""Named checks of figures against each other (F6): they warn, and the firm may override one with a reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from vocabulary.money import FEN_PER_WAN, FEN_PER_YUAN
from vocabulary.stuffing import is_stuffed

_LOWEST_REVENUE_PER_HEAD = 10_000 * FEN_PER_YUAN
_HIGHEST_REVENUE_PER_HEAD = 2_000 * FEN_PER_WAN
_SLIP = 3_000  # a 万元/元 slip is a factor of 10,000; real ratios of these figures stay far below a third of it


class PlausibilityRule(StrEnum):
    REVENUE_PER_HEAD = "revenue_per_head"
    REVENUE_YUAN_SLIP = "revenue_yuan_slip"
    TAX_ABOVE_REVENUE = "tax_above_revenue"
    PAID_IN_ABOVE_REGISTERED = "paid_in_above_registered"
    DEBT_RATIO_RANGE = "debt_ratio_range"
    FOUNDED_IN_FUTURE = "founded_in_future"
    FIGURES_TOO_OLD = "figures_too_old"
    PROFIT_ABOVE_REVENUE = "profit_above_revenue"
    STUFFING = "stuffing"


@dataclass(frozen=True)
class Finding:
    """A check that did not hold, and the fields concerned; the first field shows the message."""

    rule: PlausibilityRule
    fields: tuple[str, ...]


Values = Mapping[str, Any]


def _revenue_per_head(v: Values, _today: date) -> bool:
    if not v.get("employees") or v.get("revenue_fen") is None:
        return False
    per_head = v["revenue_fen"] / v["employees"]
    return not _LOWEST_REVENUE_PER_HEAD <= per_head <= _HIGHEST_REVENUE_PER_HEAD


def _above(smaller: str, larger: str) -> Callable[[Values, date], bool]:
    def check(v: Values, _today: date) -> bool:
        return v.get(smaller) is not None and v.get(larger) is not None and v[smaller] > v[larger]

    return check


def _revenue_slip(v: Values, _today: date) -> bool:
    revenue, capital = v.get("revenue_fen"), v.get("registered_capital_fen")
    return bool(revenue and capital and (revenue > capital * _SLIP or capital > revenue * _SLIP))


def _debt_range(v: Values, _today: date) -> bool:
    return v.get("debt_ratio_percent") is not None and not 0 <= v["debt_ratio_percent"] <= 100


def _in_future(v: Values, today: date) -> bool:
    founded = v.get("founded_on")
    return founded is not None and founded > today


def _too_old(v: Values, today: date) -> bool:
    return v.get("figures_year") is not None and not today.year - 2 <= v["figures_year"] <= today.year


def _stuffed(v: Values, _today: date) -> bool:
    return is_stuffed(v.get("main_products"), v.get("introduction"))


_R = PlausibilityRule
_CHECKS: tuple[tuple[PlausibilityRule, tuple[str, ...], Callable[[Values, date], bool]], ...] = (
    (_R.REVENUE_PER_HEAD, ("revenue_fen", "employees"), _revenue_per_head),
    (_R.REVENUE_YUAN_SLIP, ("revenue_fen", "registered_capital_fen"), _revenue_slip),
    (_R.TAX_ABOVE_REVENUE, ("tax_paid_fen", "revenue_fen"), _above("tax_paid_fen", "revenue_fen")),
    (
        _R.PAID_IN_ABOVE_REGISTERED,
        ("paid_in_capital_fen", "registered_capital_fen"),
        _above("paid_in_capital_fen", "registered_capital_fen"),
    ),
    (_R.DEBT_RATIO_RANGE, ("debt_ratio_percent",), _debt_range),
    (_R.FOUNDED_IN_FUTURE, ("founded_on",), _in_future),
    (_R.FIGURES_TOO_OLD, ("figures_year",), _too_old),
    (_R.PROFIT_ABOVE_REVENUE, ("profit_fen", "revenue_fen"), _above("profit_fen", "revenue_fen")),
    (_R.STUFFING, ("main_products", "introduction"), _stuffed),
)


def findings(values: Values, *, today: date) -> list[Finding]:
    """Every check that does not hold for these profile values (amounts in fen, `founded_on` a date)."""
    return [Finding(rule, fields) for rule, fields, is_broken in _CHECKS if is_broken(values, today)]
