"""Columns that take the same values on every database: SQLite would store what PostgreSQL refuses, and the reverse.

SQLite keeps texts longer than the column and numbers of any size, PostgreSQL refuses U+0000 in a text; a ranking over
NaN breaks on both. Such a value is a ValueError, and a value of another kind a TypeError, before any SQL is sent.
"""

import math
import operator
from datetime import date, datetime
from numbers import Real
from typing import Any

from sqlalchemy import BigInteger, Column, Date, Float, Integer, MetaData, String, Table, TypeDecorator, event
from sqlmodel import AutoString


class _Strict(TypeDecorator[Any]):
    """Checks what is written; what is compared with keeps the plain type."""

    impl: Any = String
    cache_ok = True

    def __init__(self, plain: Any) -> None:
        super().__init__()
        self.plain = plain  # by its name here it is part of the key under which statements are cached
        self.impl = plain

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self.plain.coerce_compared_value(op, value)

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self.checked(value)

    def checked(self, value: Any) -> Any:
        raise NotImplementedError


class Words(_Strict):
    """A text of at most `length` characters that UTF-8 can write."""

    impl = String
    cache_ok = True

    def checked(self, value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError(f"a text column takes texts, not {type(value).__name__}")
        length = self.plain.length
        if length is not None and len(value) > length:
            raise ValueError(f"the column takes {length} characters, not {len(value)}")
        if "\0" in value:
            raise ValueError("no database column takes the character U+0000")
        value.encode()  # a surrogate that stands alone is a UnicodeEncodeError, which is a ValueError
        return str(value)


class Whole(_Strict):
    """An integer that fits."""

    impl = Integer
    cache_ok = True

    def checked(self, value: Any) -> int:
        if isinstance(value, bool):
            raise TypeError("a column of whole numbers takes no truth values")
        number = operator.index(value)
        bits = 63 if isinstance(self.plain, BigInteger) else 31
        if not -(2**bits) <= number < 2**bits:
            raise ValueError(f"{number} does not fit into {bits + 1} bits")
        return number


class Finite(_Strict):
    """A floating number, neither NaN nor infinite."""

    impl = Float
    cache_ok = True

    def checked(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, Real):
            raise TypeError(f"a column of numbers takes numbers, not {type(value).__name__}")
        number = float(value)
        if not math.isfinite(number):
            raise ValueError(f"{number} cannot be ordered")
        if number != value:
            raise ValueError(f"{value} is more exact than a floating number")
        return number


class Day(_Strict):
    """A day; a moment is none, for it depends on the time zone."""

    impl = Date
    cache_ok = True

    def checked(self, value: Any) -> date:
        if not isinstance(value, date) or isinstance(value, datetime):
            raise TypeError(f"a column of days takes dates, not {type(value).__name__}")
        return value


def strict(plain: Any) -> Any:
    """The strict kind of a plain column type; types of our own and others stay."""
    if isinstance(plain, AutoString):
        return Words(String(plain.length))
    if isinstance(plain, TypeDecorator):
        return plain
    kinds = ((String, Words), (Integer, Whole), (Float, Finite), (Date, Day))
    kind = next((ours for theirs, ours in kinds if isinstance(plain, theirs)), None)
    return plain if kind is None else kind(plain)


def make_strict(metadata: MetaData) -> None:
    """Give every column of the tables to come its strict type."""

    @event.listens_for(Column, "after_parent_attach")
    def _attached(column: Column[Any], table: Any) -> None:
        if isinstance(table, Table) and table.metadata is metadata:
            column.type = strict(column.type)
