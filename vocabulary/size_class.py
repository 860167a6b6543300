"""Large, medium, small or micro: the statistical size class of a firm, by versioned national rule.

The limits are reference data, `data/size_limits.csv` (staff in persons, money in 万元), each set with its source and
first day in `data/size_rules.csv`; a new rule is new lines with a new version, and old days keep their old rule.
"""

import csv
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

from vocabulary import industries
from vocabulary.classifications import SizeClass
from vocabulary.money import FEN_PER_WAN

_DATA = Path(__file__).parent / "data"


class SizeField(StrEnum):
    """What the rule reads of a firm, by the name of the profile's field."""

    INDUSTRY = "industry_code"
    STAFF = "employees"
    REVENUE = "revenue_fen"
    ASSETS = "total_assets_fen"


class SizeMatch(StrEnum):
    """How a claim compares with the computed class."""

    DIFFERS = "differs"
    UNCLAIMED = "unclaimed"
    UNDETERMINED = "undetermined"
    AGREES = "agrees"


_INDICATORS = {"staff": SizeField.STAFF, "revenue": SizeField.REVENUE, "assets": SizeField.ASSETS}
_RANKS = {size: rank for rank, size in enumerate(SizeClass)}
_FROM_LARGEST = (SizeClass.LARGE, SizeClass.MEDIUM, SizeClass.SMALL)


@dataclass(frozen=True)
class Limits:
    """The lower limits of one indicator in one sector, largest class first: persons, or fen."""

    field: SizeField
    at_least: tuple[int, int, int]

    def class_of(self, value: int) -> SizeClass:
        """The class this indicator alone would give; a value on a limit belongs to the class above it."""
        reached = (size for size, limit in zip(_FROM_LARGEST, self.at_least, strict=True) if value >= limit)
        return next(reached, SizeClass.MICRO)


@dataclass(frozen=True)
class Sector:
    """An industry of the rule: its name there, the codes of GB/T 4754 it holds, its indicators."""

    name_zh: str
    industries: tuple[str, ...]
    limits: tuple[Limits, ...]


@dataclass(frozen=True)
class SizeRule:
    version: str
    effective_from: date
    source: str
    sectors: tuple[Sector, ...]

    def sector_of(self, industry_code: str) -> Sector | None:
        """The sector whose code is nearest above an industry; None if the rule does not cover it, as banks."""
        return _sector_of(self.version, industry_code)


@dataclass(frozen=True)
class Shortfall:
    """A lower limit that is not reached: persons, or fen."""

    field: SizeField
    limit: int


@dataclass(frozen=True)
class SizeFinding:
    """The computed class with its reason. `size` is None where figures are missing or the rule does not apply.

    `short_of` names the limits of the next larger class that the firm misses; empty for a large firm.
    """

    version: str
    size: SizeClass | None
    short_of: tuple[Shortfall, ...] = ()
    missing: tuple[SizeField, ...] = ()
    is_covered: bool = True
    """Whether the rule has limits for the industry."""


@cache
def rules() -> tuple[SizeRule, ...]:
    """All versions, oldest first."""
    found = []
    for row in _rows("size_rules.csv"):
        limits = [line for line in _rows("size_limits.csv") if line["version"] == row["version"]]
        names = dict.fromkeys(line["sector"] for line in limits)
        sectors = tuple(_sector(name, [line for line in limits if line["sector"] == name]) for name in names)
        found.append(SizeRule(row["version"], date.fromisoformat(row["effective_from"]), row["source"], sectors))
    return tuple(sorted(found, key=lambda rule: rule.effective_from))


@cache
def rule_on(day: date) -> SizeRule:
    """The rule in force on a day; of days before the first rule, the first."""
    return next((rule for rule in reversed(rules()) if rule.effective_from <= day), rules()[0])


def size_class(
    rule: SizeRule, *, industry_code: str | None, staff: int | None, revenue_fen: int | None, assets_fen: int | None
) -> SizeFinding:
    """The class of a firm: large, medium and small ask for every limit of the sector, else one class further down.

    Indicators that the sector does not use may be missing. An industry code that is unknown counts as missing.
    """
    if not industry_code or not industries.path(industry_code):
        return SizeFinding(rule.version, None, missing=(SizeField.INDUSTRY,))
    sector = rule.sector_of(industry_code)
    if sector is None:
        return SizeFinding(rule.version, None, is_covered=False)
    figures = {SizeField.STAFF: staff, SizeField.REVENUE: revenue_fen, SizeField.ASSETS: assets_fen}
    missing = tuple(limits.field for limits in sector.limits if figures[limits.field] is None)
    if missing:
        return SizeFinding(rule.version, None, missing=missing)
    known = [(limits, figures[limits.field] or 0) for limits in sector.limits]
    rank = max(_RANKS[limits.class_of(value)] for limits, value in known)
    if rank == 0:
        return SizeFinding(rule.version, SizeClass.LARGE)
    short_of = tuple(
        Shortfall(limits.field, limits.at_least[rank - 1])
        for limits, value in known
        if value < limits.at_least[rank - 1]
    )
    return SizeFinding(rule.version, list(SizeClass)[rank], short_of)


@cache
def _sector_of(version: str, industry_code: str) -> Sector | None:
    of_code = {code: sector for sector in _rule(version).sectors for code in sector.industries}
    return next((of_code[code] for code in reversed(industries.path(industry_code)) if code in of_code), None)


def _rule(version: str) -> SizeRule:
    return next(rule for rule in rules() if rule.version == version)


def _sector(name: str, lines: list[dict[str, str]]) -> Sector:
    return Sector(name, tuple(lines[0]["industries"].split()), tuple(_limits(line) for line in lines))


def _limits(line: dict[str, str]) -> Limits:
    field = _INDICATORS[line["indicator"]]
    unit = 1 if field is SizeField.STAFF else FEN_PER_WAN
    return Limits(field, (int(line["large"]) * unit, int(line["medium"]) * unit, int(line["small"]) * unit))


def _rows(name: str) -> list[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
