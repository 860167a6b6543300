"""The columns of a market's tables, made from its facts, and how each cell is read.

A cell is text without blanks around it and never empty: an empty cell is "no data" and is not asked.
"""

import math
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import takewhile
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from matchmaking.facts import Facts
from vocabulary.bands import SCALES
from vocabulary.classifications import GuaranteeMethod, LoanBasis, LoanPurpose, TaxGrade, Tier
from vocabulary.money import FEN_PER_YUAN
from vocabulary.standards import Certificate, parse_standards
from vocabulary.units import MILLI, Unit, parse_unit

LARGEST = 2**53
"""Amounts, quantities and counts stay below this, so that every path of the engine holds them exactly."""
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?|[+-]?\.[0-9]+")
_FLAGS = {"true": True, "1": True, "yes": True, "是": True, "false": False, "0": False, "no": False, "否": False}

Parse = Callable[[str], Any]


@dataclass(frozen=True)
class Column:
    """A column that is read: its name in the table, what it fills, how a cell reads, and how to say so."""

    name: str
    fact: str
    parse: Parse
    form: str
    aliases: tuple[str, ...] = ()
    is_required: bool = False


def text(cell: str) -> str:
    return cell


def _choice(codes: type[StrEnum]) -> Parse:
    def parse(cell: str) -> str:
        if cell not in set(codes):
            raise ValueError(f"unknown code; known are {', '.join(codes)}")
        return cell

    return parse


def _decimal(cell: str) -> Decimal:
    """A finite number from zero up."""
    if cell.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        raise ValueError("not a finite number")
    if not _NUMBER.fullmatch(cell):
        raise ValueError("not a number")
    number = Decimal(cell)
    if number < 0:
        raise ValueError("below zero")
    if number >= LARGEST:
        raise ValueError("too large")
    return number


def _scaled(factor: int) -> Parse:
    """A decimal number in whole parts of 1/factor."""

    def parse(cell: str) -> int:
        number = (_decimal(cell) * factor).to_integral_value()
        if number >= LARGEST:
            raise ValueError("too large")
        return int(number)

    return parse


def _count(cell: str) -> int:
    number = _decimal(cell)
    if number != number.to_integral_value():
        raise ValueError("not a whole number")
    return int(number)


def finite(cell: str) -> float:
    if not _NUMBER.fullmatch(cell):
        raise ValueError("not a finite number")
    number = float(cell)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


def _band(cell: str) -> int:
    levels = SCALES["revenue"].levels
    if cell not in {str(level) for level in levels} and not (_NUMBER.fullmatch(cell) and float(cell) in levels):
        raise ValueError(f"unknown band; bands are {levels[0]} to {levels[-1]}")
    return int(float(cell))


def _flag(cell: str) -> bool:
    if cell.lower() not in _FLAGS:
        raise ValueError("neither true nor false")
    return _FLAGS[cell.lower()]


def day(cell: str) -> date:
    try:
        return datetime.fromisoformat(cell).date()
    except ValueError:
        raise ValueError("not a day (YYYY-MM-DD)") from None


def _unit(cell: str) -> str:
    unit = parse_unit(cell)
    if unit is None:
        raise ValueError(f"unknown unit; known are {', '.join(Unit)}")
    return unit.value


def _standard(cell: str) -> str:
    """The usual spelling where we know the series, else as it stands."""
    found = parse_standards(cell)
    return found[0] if len(found) == 1 else cell


def _several(parse: Parse, separator: str) -> Parse:
    def parse_all(cell: str) -> tuple[Any, ...]:
        parts = (part.strip() for part in cell.split(separator))
        return tuple(dict.fromkeys(parse(part) for part in parts if part))

    return parse_all


def _path(cell: str) -> tuple[str, ...]:
    """Levels up to the first empty one: `C/32//` and `C/32` say the same."""
    return tuple(takewhile(bool, (part.strip() for part in cell.split("/"))))


_CODES: dict[str, type[StrEnum]] = {
    "basis": LoanBasis,
    "order_bases": LoanBasis,
    "purpose": LoanPurpose, "purposes": LoanPurpose, "guarantee_methods": GuaranteeMethod, "tax_grade": TaxGrade,
    "tax_grades": TaxGrade, "tier": Tier, "tiers": Tier, "certificates": Certificate, "must_certificates": Certificate,
    "wished_certificates": Certificate,
}  # fmt: skip
_PATHS = frozenset({"industry_path", "region_path"})
_ALIASES = {"industry_path": ("category_path",), "region_path": ("delivery_region",)}
"""The supply market's own words for what both markets call industry and region."""


def columns_of(kind: type[Facts]) -> tuple[Column, ...]:
    """The columns of one side of a market, in the order of its facts."""
    hints = get_type_hints(kind)
    # Who refused whom is known to the product only; tables say what happened by their history.
    names = [field.name for field in fields(kind) if field.name != "refusals"]
    return tuple(_column(name, hints[name], names) for name in names)


def _column(fact: str, hint: Any, facts: Collection[str]) -> Column:
    aliases = tuple(alias for alias in _ALIASES.get(fact, ()) if alias not in facts)
    if fact == "id":
        return Column(fact, fact, text, "text, each once", is_required=True)
    if fact == "organization_id":
        return Column(fact, fact, text, "text: who is behind the row")
    if fact == "blocked":
        return Column(fact, fact, _several(text, "|"), "organization_id that this side does not want; several with |")
    if fact in _PATHS:
        return Column(fact, fact, _path, "codes from coarse to fine, separated by /", aliases)
    if fact.endswith("_fen"):
        return Column(fact.removesuffix("_fen"), fact, _scaled(FEN_PER_YUAN), "yuan")
    if fact.endswith("_milli"):
        return Column(fact.removesuffix("_milli"), fact, _scaled(MILLI), "number, in the unit of column unit")
    inner, is_many = _inner(hint)
    parse, form = _reader(fact, inner)
    if is_many:
        return Column(fact, fact, _several(parse, "|"), f"{form}; several separated by |")
    return Column(fact, fact, parse, form)


def _inner(hint: Any) -> tuple[Any, bool]:
    """The type of one value, and whether a cell holds several: `tuple[int, ...] | None` -> (int, True)."""
    if get_origin(hint) in (UnionType, Union):
        options = [option for option in get_args(hint) if option is not type(None)]
        hint = options[0] if len(options) == 1 else str
    return (get_args(hint)[0], True) if get_origin(hint) is tuple else (hint, False)


def _reader(fact: str, inner: Any) -> tuple[Parse, str]:
    if fact in _CODES:
        return _choice(_CODES[fact]), f"one of {', '.join(_CODES[fact])}"
    if "_band" in fact:
        return _band, f"band level 0 to {len(SCALES['revenue'].edges)}"
    if fact == "unit":
        return _unit, f"one of {', '.join(Unit)}, or as written: 吨, km"
    if fact.endswith("standards"):
        return _standard, "standard such as GB/T 3953-2009"
    if fact.endswith("_bps"):
        return _count, "hundredths of a percent a year"
    readers: dict[Any, tuple[Parse, str]] = {
        bool: (_flag, "true or false"),
        int: (_count, "whole number from 0 up"),
        date: (day, "day, YYYY-MM-DD"),
    }
    return readers.get(inner, (text, "text"))


def markdown(kind: type[Facts]) -> str:
    """The columns as a table for the documentation."""
    lines = ["| Column | Also read from | Cell |", "|---|---|---|"]
    for column in columns_of(kind):
        others = ", ".join(f"`{alias}`" for alias in column.aliases)
        form = column.form.replace("|", r"\|") + ("; required" if column.is_required else "")
        lines.append(f"| `{column.name}` | {others} | {form} |")
    return "\n".join(lines) + "\n"
