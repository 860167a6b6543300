"""Units of goods and exact conversion between them. Rows keep quantities as integer thousandths of a unit."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

MILLI = 1000


class Unit(StrEnum):
    TONNE = "tonne"
    KILOGRAM = "kilogram"
    KILOMETRE = "kilometre"
    METRE = "metre"
    SQUARE_METRE = "square_metre"
    CUBIC_METRE = "cubic_metre"
    LITRE = "litre"
    PIECE = "piece"
    TEN_THOUSAND_PIECES = "ten_thousand_pieces"
    SET = "set"
    MACHINE = "machine"
    BATCH = "batch"


@dataclass(frozen=True)
class _Measure:
    dimension: str
    factor: Decimal


_MEASURES: dict[Unit, _Measure] = {
    Unit.TONNE: _Measure("mass", Decimal(1000)),
    Unit.KILOGRAM: _Measure("mass", Decimal(1)),
    Unit.KILOMETRE: _Measure("length", Decimal(1000)),
    Unit.METRE: _Measure("length", Decimal(1)),
    Unit.SQUARE_METRE: _Measure("area", Decimal(1)),
    Unit.CUBIC_METRE: _Measure("volume", Decimal(1000)),
    Unit.LITRE: _Measure("volume", Decimal(1)),
    Unit.PIECE: _Measure("count", Decimal(1)),
    Unit.TEN_THOUSAND_PIECES: _Measure("count", Decimal(10_000)),
    Unit.SET: _Measure("set", Decimal(1)),
    Unit.MACHINE: _Measure("machine", Decimal(1)),
    Unit.BATCH: _Measure("batch", Decimal(1)),
}
_SPELLINGS = {
    "吨": Unit.TONNE, "t": Unit.TONNE, "公斤": Unit.KILOGRAM, "千克": Unit.KILOGRAM, "kg": Unit.KILOGRAM,
    "公里": Unit.KILOMETRE, "千米": Unit.KILOMETRE, "km": Unit.KILOMETRE, "米": Unit.METRE, "m": Unit.METRE,
    "平方米": Unit.SQUARE_METRE, "㎡": Unit.SQUARE_METRE, "m2": Unit.SQUARE_METRE, "立方米": Unit.CUBIC_METRE,
    "m3": Unit.CUBIC_METRE, "升": Unit.LITRE, "l": Unit.LITRE, "件": Unit.PIECE, "只": Unit.PIECE,
    "个": Unit.PIECE, "万件": Unit.TEN_THOUSAND_PIECES, "万只": Unit.TEN_THOUSAND_PIECES, "套": Unit.SET,
    "台": Unit.MACHINE, "批": Unit.BATCH,
}  # fmt: skip


def convert(value: Decimal, source: str, target: str) -> Decimal | None:
    """Exact value in the target unit; None where the units measure different things."""
    here, there = _MEASURES[Unit(source)], _MEASURES[Unit(target)]
    return value * here.factor / there.factor if here.dimension == there.dimension else None


def in_base_units() -> dict[Unit, int]:
    """How many base units of its dimension each unit is; quantities of one dimension compare by them."""
    return {unit: int(measure.factor) for unit, measure in _MEASURES.items()}


def parse_unit(text: str) -> Unit | None:
    """The unit of a spelling such as 吨, 吨/年, km; None if it is not known."""
    spelling = re.sub(r"/?(年|月|天)$", "", unicodedata.normalize("NFKC", text).strip().lower())
    if spelling in set(Unit):
        return Unit(spelling)
    return _SPELLINGS.get(spelling)
