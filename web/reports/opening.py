"""Figures that open exactly the rows they count: made from these rows, so that they cannot differ."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from web.common.papers import Kind, Linked, Section, heading_words, plain

_KEY = "c"


class OpenedList:
    """A list of a paper at its place among the sections.

    A figure's address names for each column it picks by a row that has the wanted value: rows stand in the same order
    in every language, so the address opens the same rows in all of them.
    """

    def __init__(self, place: int, section: Section, *, hidden: int | None = None) -> None:
        """`hidden` is a column that rows are picked by but that is not shown: it says the same in each of them."""
        self.place = place
        self.section = section if hidden is None else without_column(section, hidden)
        self._whole = section
        self._hidden = hidden
        self._index: dict[tuple[int, ...], dict[tuple[str, ...], list[int]]] = {}

    @cached_property
    def texts(self) -> list[list[str]]:
        return self._whole.texts()

    def count(self, **wanted: Any) -> Any:
        """How many rows have these words in columns c0, c1, …; 0 opens nothing."""
        columns, rows = self._find(wanted)
        return Linked(len(rows), self._url(columns, rows)) if rows else 0

    def total(self, money: int, **wanted: Any) -> Any:
        """The sum of a column over these rows, opening them; None where no row states an amount."""
        columns, rows = self._find(wanted)
        amounts = [plain(self._whole.rows[row][money]) for row in rows]
        stated = [amount for amount in amounts if isinstance(amount, int)]
        return Linked(sum(stated), self._url(columns, rows)) if stated else None

    def _find(self, wanted: dict[str, Any]) -> tuple[tuple[int, ...], list[int]]:
        """Values are compared as words."""
        columns = tuple(int(name.removeprefix(_KEY)) for name in wanted)
        if columns not in self._index:
            index: dict[tuple[str, ...], list[int]] = defaultdict(list)
            for row, texts in enumerate(self.texts):
                index[tuple(texts[column] for column in columns)].append(row)
            self._index[columns] = index
        return columns, self._index[columns].get(tuple(str(value) for value in wanted.values()), [])

    def _url(self, columns: tuple[int, ...], rows: Sequence[int]) -> str:
        shown = [column for column in columns if column != self._hidden]
        if self._hidden is not None:
            shown = [column - (column > self._hidden) for column in shown]
        query = urlencode([(f"{_KEY}{column}", rows[0]) for column in shown])
        return f"/rows/{self.place}" + (f"?{query}" if query else "")


def without_column(section: Section, column: int) -> Section:
    """The same table with a column less."""
    return replace(
        section,
        columns=(*section.columns[:column], *section.columns[column + 1 :]),
        rows=[[*row[:column], *row[column + 1 :]] for row in section.rows],
    )


def picked(section: Section, asked: dict[str, str]) -> tuple[list[str], list[Sequence[Any]]] | None:
    """The rows that an address asks for, with the words that picked them; None if it names what is not there."""
    texts, chosen = section.texts(), {}
    for name, value in asked.items():
        if not name.startswith(_KEY):
            continue
        column, row = name.removeprefix(_KEY), value
        if not (column.isdecimal() and row.isdecimal() and len(column) < 4 and len(row) < 9):
            return None
        if int(column) >= len(section.columns) or int(row) >= len(texts):
            return None
        chosen[int(column)] = texts[int(row)][int(column)]
    words = [f"{heading_words(section.columns[column])} · {text}" for column, text in sorted(chosen.items())]
    rows = [
        row
        for row, own in zip(section.rows, texts, strict=True)
        if all(own[column] == text for column, text in chosen.items())
    ]
    return words, rows


def sums(section: Section, rows: Sequence[Sequence[Any]]) -> list[tuple[str, int]]:
    """For each column of money its heading and sum over the rows: what a figure that opened them says."""
    found = []
    for place, column in enumerate(section.columns):
        amounts = [plain(row[place]) for row in rows]
        stated = [amount for amount in amounts if isinstance(amount, int)]
        if column.kind is Kind.MONEY and stated:
            found.append((column.heading, sum(stated)))
    return found
