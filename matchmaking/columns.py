"""Facts by column: each fact as codes into its distinct values, so that a rule is asked once per distinct value."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matchmaking.facts import Facts, Id, id_key

_DENSE = 1 << 22
"""Up to this many combinations of codes are counted in an array; more are sorted."""


@dataclass(frozen=True)
class Column:
    """One fact of n rows: row i has `values[codes[i]]`. `codes` is int32 of shape (n,)."""

    codes: NDArray[np.int32]
    values: Sequence[Any]


class Levels(NamedTuple):
    """Rows grouped by equal facts: `codes` int32 (n_rows,), `first` int64 (n_levels,) one row of each level."""

    codes: NDArray[np.int32]
    first: NDArray[np.int64]


class Columns:
    """Rows of one fact type by column. Made from rows, or from columns where a table has no rows to begin with."""

    def __init__(self, kind: type[Facts], n_rows: int, rows: Sequence[Any] | None, known: dict[str, Column]) -> None:
        self.kind = kind
        self._n_rows = n_rows
        self._rows = rows
        self._known = known

    @classmethod
    def from_rows(cls, rows: Iterable[Any], kind: type[Facts] = Facts) -> "Columns":
        """Columns over rows of one type; `kind` names it where there are none."""
        listed = list(rows)
        return cls(type(listed[0]) if listed else kind, len(listed), listed, {})

    @classmethod
    def from_columns(cls, kind: type[Facts], columns: dict[str, Column]) -> "Columns":
        """Columns by fact name, `id` among them; a fact that is left out has its default in every row.

        Raises ValueError on an unknown fact or on columns of different length.
        """
        if strange := set(columns) - {field.name for field in fields(kind)}:
            raise ValueError(f"unknown facts: {sorted(strange)}")
        lengths = {len(column.codes) for column in columns.values()}
        if len(lengths) != 1:
            raise ValueError(f"columns of different length: {sorted(lengths)}")
        return cls(kind, lengths.pop(), None, dict(columns))

    def __len__(self) -> int:
        return self._n_rows

    @cached_property
    def ids(self) -> list[Id]:
        return self.facts("id")

    @property
    def texts(self) -> list[str]:
        return self.facts("text")

    @cached_property
    def id_order(self) -> NDArray[np.int64]:
        """Position of each row in the order of ids, shape (n_rows,): numbers by value, strings by code point."""
        order = sorted(range(len(self)), key=lambda row: id_key(self.ids[row]))
        position = np.empty(len(self), dtype=np.int64)
        position[order] = np.arange(len(self))
        return position

    def row(self, index: int) -> Any:
        """The row as its market's fact type."""
        if self._rows is not None:
            return self._rows[index]
        return self.kind(**{name: column.values[column.codes[index]] for name, column in self._known.items()})

    def rows(self, indices: Iterable[int] | None = None) -> list[Any]:
        """Some rows, or all."""
        if self._rows is not None and indices is None:
            return list(self._rows)
        return [self.row(int(index)) for index in (range(len(self)) if indices is None else indices)]

    def facts(self, name: str) -> list[Any]:
        """One fact of every row."""
        if self._rows is not None:
            return [getattr(row, name) for row in self._rows]
        column = self.column(name)
        return [column.values[code] for code in column.codes]

    def column(self, name: str) -> Column:
        """One fact by codes; distinct values stand in order of first appearance."""
        if name not in self._known:
            self._known[name] = self._factorized(name)
        return self._known[name]

    def _factorized(self, name: str) -> Column:
        if self._rows is None:
            return Column(np.zeros(len(self), dtype=np.int32), [_default(self.kind, name)])
        seen: dict[Hashable, int] = {}
        codes = np.fromiter(
            (seen.setdefault(getattr(row, name), len(seen)) for row in self._rows), dtype=np.int32, count=len(self)
        )
        return Column(codes, list(seen))

    def levels(self, names: Sequence[str]) -> Levels:
        """Rows grouped by the named facts; without names every row is in one group."""
        if len(self) == 1:
            return Levels(np.zeros(1, dtype=np.int32), np.zeros(1, dtype=np.int64))
        combined = np.zeros(len(self), dtype=np.int64)
        size = 1
        for name in names:
            column = self.column(name)
            if size * len(column.values) > _DENSE:
                combined = np.unique(combined, return_inverse=True)[1].astype(np.int64)
                size = int(combined.max(initial=-1)) + 1
            combined = combined * len(column.values) + column.codes
            size *= len(column.values)
        if size > _DENSE:
            _, first, inverse = np.unique(combined, return_index=True, return_inverse=True)
            return Levels(inverse.astype(np.int32), first.astype(np.int64))
        row_of = np.full(size, -1, dtype=np.int64)
        row_of[combined[::-1]] = np.arange(len(self) - 1, -1, -1)
        present = np.flatnonzero(row_of >= 0)
        renamed = np.zeros(size, dtype=np.int32)
        renamed[present] = np.arange(len(present), dtype=np.int32)
        return Levels(renamed[combined], row_of[present])

    def take(self, indices: NDArray[Any] | slice) -> "Columns":
        """The rows at `indices`, in that order."""
        chosen = np.arange(len(self))[indices]
        known = {name: Column(column.codes[chosen], column.values) for name, column in self._known.items()}
        rows = None if self._rows is None else [self._rows[index] for index in chosen.tolist()]
        return Columns(self.kind, len(chosen), rows, known)

    def compact(self) -> "Columns":
        """The same rows without the values that none of them has: what is worth sending elsewhere."""
        if self._rows is not None:
            return Columns(self.kind, len(self), self._rows, {})
        return Columns(self.kind, len(self), None, {name: _compacted(one) for name, one in self._known.items()})


def _compacted(column: Column) -> Column:
    present, codes = np.unique(column.codes, return_inverse=True)
    return Column(codes.astype(np.int32), [column.values[code] for code in present])


def as_columns(rows: "Columns | Iterable[Any]", kind: type[Facts]) -> Columns:
    """Rows as they are if they are columns already."""
    return rows if isinstance(rows, Columns) else Columns.from_rows(rows, kind)


def distinct_rows(table: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """A row of each content, and for each row of the table the place of its content among those."""
    seen: dict[bytes, int] = {}
    places = np.array([seen.setdefault(row.tobytes(), len(seen)) for row in table], dtype=np.int32)
    _, first = np.unique(places, return_index=True)
    return first.astype(np.int64), places


def _default(kind: type[Facts], name: str) -> Any:
    (field,) = (field for field in fields(kind) if field.name == name)
    if field.default is MISSING:
        raise ValueError(f"{name} is required")
    return field.default
