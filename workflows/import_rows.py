"""Rows of a table taken one by one, each by the workflow that its form calls, so that every rule is the same.

The dry run is the same work, undone.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlmodel import Session

from access.actor import Actor
from models.search_term import indexed_once
from vocabulary.imports import RowKind
from workflows.errors import NotComplete
from workflows.sheet_rows import BadCell

Values = Mapping[str, Any]
"""What a row says, by our name of the column; None where its cell is empty."""
Reader = Callable[[str], Any]


@dataclass(frozen=True)
class Words:
    """How people write what we know by codes, in every language."""

    headings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Our name of a column -> its headings."""
    codes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Name of a classification or of a scale of bands -> words, as `plain` gives them -> the code or level."""


@dataclass(frozen=True)
class RowWriter:
    """How the rows of one noun are read and taken."""

    columns: tuple[str, ...]
    required: tuple[str, ...]
    readers: Callable[[Words], Mapping[str, Reader]]
    """How the text of a column becomes a value, a ValueError names why not; columns left out are kept as text."""
    key: tuple[str, ...]
    """Columns that together tell one row from another; the first one shows the complaint."""
    take: Callable[[Session, Actor, Values, date], RowKind]
    """Write what a row says; NEW, CHANGED or UNCHANGED. Raises NotComplete by column."""
    order: Callable[[Values], Any] | None = None
    """In which order rows are taken, where it is not that of the table."""


MOST_ROWS = 500
"""Rows of one table: all are taken in one transaction, which others wait for (8 ms a row)."""


@dataclass
class Found:
    """What the rows of a table come to, by their number as a spreadsheet counts them."""

    kinds: dict[int, RowKind] = field(default_factory=dict)
    problems: list[BadCell] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        return {kind.value: sum(found is kind for found in self.kinds.values()) for kind in RowKind}

    def refuse(self, number: int, column: str, reason: str) -> None:
        """A row stays out for what is wrong with one of its cells."""
        self.problems.append(BadCell(number, column, reason))
        if number > 1:  # the heading is no row
            self.kinds[number] = RowKind.BAD


def take_rows(
    session: Session,
    actor: Actor,
    writer: RowWriter,
    rows: Mapping[int, Values],
    mapping: Mapping[str, str],
    today: date,
) -> Found:
    """Write every good row; a bad one leaves nothing. `mapping`: our name of a column -> its heading.

    Search terms are left to the caller, who lets them be written once.
    """
    found, seen = Found(), set[Hashable]()
    order = writer.order
    numbers = sorted(rows, key=lambda number: order(rows[number])) if order else sorted(rows)
    for number in numbers:
        values = rows[number]
        key = tuple(values[name] for name in writer.key)
        if key in seen:
            found.refuse(number, mapping.get(writer.key[0], writer.key[0]), "repeated in the table")
            continue
        seen.add(key)
        try:
            with session.begin_nested():
                found.kinds[number] = writer.take(session, actor, values, today)
        except NotComplete as refused:
            for name, reason in refused.problems.items():
                found.refuse(number, mapping.get(name, name), reason)
    return found


class _Undone(Exception):
    pass


@contextmanager
def undone(session: Session) -> Iterator[None]:
    """What is written within is taken back at the end."""
    try:
        with session.begin_nested(), indexed_once(session):
            yield
            raise _Undone
    except _Undone:
        session.expire_all()
