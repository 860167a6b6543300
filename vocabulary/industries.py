"""GB/T 4754-2017, the national classification of industries: sections, divisions, groups and classes."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "industries.csv"


@dataclass(frozen=True)
class Industry:
    """One entry. `level` is 1 section (A), 2 division (32), 3 group (325), 4 class (3251)."""

    code: str
    level: int
    parent: str
    name_zh: str
    note: str


@cache
def by_code() -> dict[str, Industry]:
    """All entries by code, in the order of the standard."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: Industry(row["code"], int(row["level"]), row["parent"], row["name_zh"].strip(), row["note"])
            for row in csv.DictReader(file)
        }


@cache
def path(code: str) -> tuple[str, ...]:
    """The entry's line from coarse to fine, `3251` -> `("C", "32", "325", "3251")`; empty for an unknown code."""
    entry = by_code().get(code)
    return () if entry is None else (*(path(entry.parent) if entry.parent else ()), code)


def name(code: str | None) -> str:
    """Chinese name, or the code itself if it is unknown."""
    entry = by_code().get(code or "")
    return entry.name_zh if entry else (code or "")


def full_name(code: str) -> str:
    """Division and entry: `有色金属冶炼和压延加工业 / 铜压延加工`."""
    line = path(code)
    return " / ".join(name(part) for part in ((line[1], line[-1]) if len(line) > 2 else line[-1:]))
