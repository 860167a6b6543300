"""GB/T 2260 administrative divisions, with the economic zones of Hengyang that have statistical codes."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pypinyin import lazy_pinyin

_FILE = Path(__file__).parent / "data" / "regions.csv"
_SUFFIXES = ("自治州", "自治县", "自治区", "特别行政区", "地区", "新区", "省", "市", "区", "县", "盟", "旗")
CITY = "430400"
"""Hengyang, the city this product is run for."""


@dataclass(frozen=True)
class Region:
    code: str
    level: str
    parent: str
    name_zh: str


@cache
def by_code() -> dict[str, Region]:
    """All regions by their six digits."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: Region(row["code"], row["level"], row["parent"], row["name_zh"])
            for row in csv.DictReader(file)
        }


@cache
def path(code: str) -> tuple[str, ...]:
    """Prefixes from coarse to fine, `430482` -> `("43", "4304", "430482")`; empty for an unknown code."""
    region = by_code().get(code)
    if region is None:
        return ()
    if region.level == "province":
        return (code[:2],)
    return (code[:2], code[:4]) if region.level == "city" else (code[:2], code[:4], code)


def prefix(code: str) -> str:
    """The shortest prefix that covers the region: `430400` -> `4304`."""
    line = path(code)
    return line[-1] if line else code


def children(code: str) -> tuple[Region, ...]:
    """Regions directly below, in order of code."""
    return tuple(region for region in by_code().values() if region.parent == code)


def name(code: str | None) -> str:
    """Chinese name of a full code or a prefix, or the text itself if it is unknown."""
    region = by_code().get((code or "").ljust(6, "0"))
    return region.name_zh if region else (code or "")


def full_name(code: str) -> str:
    """Province, city and county in one: 湖南省衡阳市常宁市."""
    return "".join(name(part) for part in path(code))


def short_name(code: str) -> str:
    """The name without its rank, as people say it: 常宁市 -> 常宁."""
    zh = name(code)
    for suffix in _SUFFIXES:
        if zh.endswith(suffix) and len(zh) - len(suffix) >= 2:
            return zh.removesuffix(suffix)
    return zh


_ZONES_EN = {
    "高新技术产业开发区": "High-tech Development Zone",
    "高新技术产业园区": "High-tech Industrial Park",
    "经济技术开发区": "Economic and Technological Development Zone",
    "经济开发区": "Economic Development Zone",
    "工业集中区": "Industrial Zone",
    "工业园区": "Industrial Park",
    "工业园": "Industrial Park",
}


@cache
def name_en(code: str) -> str:
    """Pinyin of the short name: Changning; a zone in words: Hunan Hengyang Songmu Economic Development Zone."""
    zh = name(code)
    suffix = next((suffix for suffix in _ZONES_EN if zh.endswith(suffix)), None)
    if suffix is None:
        return _pinyin(short_name(code))
    stem, words = zh.removesuffix(suffix), []
    for above in (short_name(part) for part in path(code)[:-1]):
        if stem.startswith(above):
            words.append(_pinyin(above))
            stem = stem.removeprefix(above)
    return " ".join([*words, *([_pinyin(stem)] if stem else []), _ZONES_EN[suffix]])


def _pinyin(zh: str) -> str:
    return "".join(lazy_pinyin(zh)).capitalize()
