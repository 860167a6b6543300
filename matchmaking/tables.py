"""Facts, history and results as tables, CSV or Parquet.

An absent column or an empty cell is "no data". Every bad cell of a file is named by row, column and reason, and then
nothing of the file is used. Rows are numbered as a spreadsheet numbers them: the heading is row 1.
"""

import csv
import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.csv import WriteOptions, write_csv

from matchmaking.cells import LARGEST, Column, columns_of, day, finite, text
from matchmaking.facts import Facts, Id
from matchmaking.history import Event, History

SUFFIXES = (".csv", ".parquet")
_SHOWN = 40
"""Characters of a bad cell that its reason repeats."""
_CACHED = 100_000
"""Distinct cells of a column whose values are kept, so that a repeated cell is read once."""


@dataclass(frozen=True)
class BadCell:
    """One problem. `row` is None for a problem of the whole file, `column` None for one of a whole row."""

    row: int | None
    column: str | None
    reason: str

    def __str__(self) -> str:
        where = [f"row {self.row}"] if self.row is not None else []
        where += [f"column {self.column}"] if self.column is not None else []
        return f"{', '.join(where)}: {self.reason}" if where else self.reason


class BadTable(Exception):
    """A file that cannot be used, with everything that is wrong with it."""

    def __init__(self, path: Path, problems: Sequence[BadCell]) -> None:
        super().__init__(f"{path}: {len(problems)} problems, the first: {problems[0]}")
        self.path = path
        self.problems = list(problems)


@dataclass(frozen=True)
class Read:
    """Rows of a table as dicts by fact, their row numbers, and the columns nobody reads."""

    rows: list[dict[str, Any]]
    numbers: list[int]
    unknown_columns: tuple[str, ...]


@dataclass(frozen=True)
class FactsTable:
    """Facts read from a table, in its order, and the columns that are no facts of the market."""

    rows: list[Any]
    unknown_columns: tuple[str, ...]


def read_facts(path: Path, kind: type[Facts]) -> FactsTable:
    """Facts of one side of a market. Raises BadTable naming every bad cell."""
    read = read_rows(path, columns_of(kind))
    seen: dict[str, int] = {}
    repeated = []
    for number, row in zip(read.numbers, read.rows, strict=True):
        if (first := seen.setdefault(row["id"], number)) != number:
            repeated.append(BadCell(number, "id", f"{row['id'][:_SHOWN]} stands in row {first} already"))
    if repeated:
        raise BadTable(path, repeated)
    return FactsTable([kind(**row) for row in read.rows], read.unknown_columns)


_PAIR = (
    Column("demand_id", "demand_id", text, "text", is_required=True),
    Column("supply_id", "supply_id", text, "text", is_required=True),
)
_EVENTS = (
    *_PAIR,
    Column("date", "on", day, "day, YYYY-MM-DD", is_required=True),
    Column("outcome", "outcome", text, "text"),
)
_SCORE = Column("score", "score", finite, "number", is_required=True)


@dataclass(frozen=True)
class HistoryTable:
    """A read history, and how many of its events were left out because their supply is not offered any more."""

    history: History
    n_departed: int


def read_history(path: Path, demands: Mapping[Id, Any], supply_ids: Collection[Id]) -> HistoryTable:
    """What really happened before. Raises BadTable, also for a demand that no table names.

    A supply that is known only by what it did is a row of the supplies with nothing but its id; what a supply did
    that is no row of them is left out, since lenders and suppliers come and go.
    """
    read = read_rows(path, _EVENTS)
    problems = [
        BadCell(number, "demand_id", f"no demand has the id {row['demand_id'][:_SHOWN]}")
        for number, row in zip(read.numbers, read.rows, strict=True)
        if row["demand_id"] not in demands
    ]
    if problems:
        raise BadTable(path, problems)
    events = tuple(
        Event(demands[row["demand_id"]], row["supply_id"], row["on"], row.get("outcome"))
        for row in read.rows
        if row["supply_id"] in supply_ids
    )
    return HistoryTable(History(events), len(read.rows) - len(events))


def read_truth(path: Path) -> pd.DataFrame:
    """What really happened, columns demand_id and supply_id as text."""
    return _frame(read_rows(path, _PAIR), ("demand_id", "supply_id"))


def read_recommendations(path: Path) -> pd.DataFrame:
    """What was recommended, columns demand_id, supply_id and score. Raises BadTable, also for a pair named twice."""
    read = read_rows(path, (*_PAIR, _SCORE))
    seen: dict[tuple[str, str], int] = {}
    problems = []
    for number, row in zip(read.numbers, read.rows, strict=True):
        pair = (row["demand_id"], row["supply_id"])
        if (first := seen.setdefault(pair, number)) != number:
            problems.append(BadCell(number, "supply_id", f"the pair stands in row {first} already"))
    if problems:
        raise BadTable(path, problems)
    return _frame(read, ("demand_id", "supply_id", "score"))


def _frame(read: Read, names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series([row[name] for row in read.rows], dtype=_dtype(name)) for name in names})


def _dtype(name: str) -> str:
    return "float64" if name == "score" else "object"


def read_rows(path: Path, columns: Sequence[Column]) -> Read:
    """Every row of a file as a dict by fact; facts without data are left out. Raises BadTable naming every bad cell."""
    lines = _lines(path)
    _, heading = next(lines)
    wanted, unknown = _placed(path, columns, heading)
    caches: list[dict[str, Any]] = [{} for _ in wanted]
    found, numbers, problems = [], [], []
    for number, cells in lines:
        if len(cells) != len(heading):
            problems.append(BadCell(number, None, f"{len(cells)} cells under {len(heading)} headings"))
            continue
        row = {}
        for (place, column), cache in zip(wanted, caches, strict=True):
            cell = cells[place].strip()
            if not cell:
                if column.is_required:
                    problems.append(BadCell(number, column.name, "missing"))
                continue
            if cell in cache:
                row[column.fact] = cache[cell]
                continue
            try:
                value = column.parse(cell)
            except ValueError as error:
                problems.append(BadCell(number, heading[place], f"{error}: {cell[:_SHOWN]}"))
                continue
            if len(cache) < _CACHED and column.parse is not text:
                cache[cell] = value
            row[column.fact] = value
        found.append(row)
        numbers.append(number)
    if problems:
        raise BadTable(path, problems)
    return Read(found, numbers, unknown)


def _placed(
    path: Path, columns: Sequence[Column], heading: Sequence[str]
) -> tuple[list[tuple[int, Column]], tuple[str, ...]]:
    """Where each column stands, and the headings that are none of them. Raises BadTable on a double or missing one."""
    problems = [
        BadCell(1, name, "the column stands twice") for name in dict.fromkeys(heading) if heading.count(name) > 1
    ]
    placed = []
    for column in columns:
        named = [name for name in (column.name, *column.aliases) if name in heading]
        if len(named) > 1:
            problems.append(BadCell(1, named[1], f"says the same as column {named[0]}"))
        if named:
            placed.append((heading.index(named[0]), column))
        elif column.is_required:
            problems.append(BadCell(1, column.name, "no such column"))
    if problems:
        raise BadTable(path, problems)
    known = {name for column in columns for name in (column.name, *column.aliases)}
    return placed, tuple(name for name in heading if name not in known)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Row numbers and cells as text, the heading first. Raises BadTable where the file cannot be read."""
    require_suffix(path)
    try:
        yield from _parquet_lines(path) if path.suffix == ".parquet" else _csv_lines(path)
    except FileNotFoundError:
        raise BadTable(path, [BadCell(None, None, "no such file")]) from None
    except UnicodeDecodeError:
        reason = "not UTF-8; save the table as UTF-8 CSV or as Parquet"
        raise BadTable(path, [BadCell(_undecodable_line(path), None, reason)]) from None
    except (pa.ArrowException, OSError) as error:
        raise BadTable(path, [BadCell(None, None, f"cannot be read: {error}")]) from error


def _csv_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(2**31 - 1)
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        number = 0
        try:
            for cells in reader:
                number += 1
                if number == 1:
                    yield 1, [name.strip() for name in cells]
                elif cells:
                    yield number, cells
        except csv.Error as error:
            raise BadTable(path, [BadCell(number + 1, None, f"cannot be read: {error}")]) from error
    if number == 0:
        raise BadTable(path, [BadCell(None, None, "an empty file has no heading")])


def _parquet_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    with pq.ParquetFile(path) as file:
        names = list(file.schema_arrow.names)
        yield 1, names
        number = 1
        for batch in file.iter_batches():
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                number += 1
                yield number, [_as_cell(value) for value in values]


def _as_cell(value: Any) -> str:
    """A Parquet value as a CSV would have it: null empty, lists with |, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "|".join(_as_cell(part) for part in value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST:
        return str(int(value))
    return str(value)


def _undecodable_line(path: Path) -> int:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1


# Writing


def require_suffix(path: Path) -> None:
    """Raise BadTable unless the name says which kind of table it is."""
    if path.suffix not in SUFFIXES:
        raise BadTable(path, [BadCell(None, None, f"a table ends with {' or '.join(SUFFIXES)}")])


def write_table(path: Path, blocks: Iterable[pd.DataFrame]) -> None:
    """Write CSV or Parquet by the name's ending, block by block, wholly or not at all: nobody sees half a table.

    All blocks have the columns and types of the first, of which there must be one, with rows or without.
    Raises BadTable where the place cannot be written to.
    """
    require_suffix(path)

    tables = (pa.Table.from_pandas(block, preserve_index=False) for block in blocks)
    replace_file(path, lambda target: (_write_parquet if path.suffix == ".parquet" else _write_csv)(target, tables))


def _write_parquet(target: Path, tables: Iterator[pa.Table]) -> None:
    first = next(tables)
    with pq.ParquetWriter(target, first.schema) as writer:
        for table in chain((first,), tables):
            writer.write_table(table)


def _write_csv(target: Path, tables: Iterator[pa.Table]) -> None:
    first = next(tables)
    with target.open("wb") as file:
        file.write((",".join(first.column_names) + "\n").encode())
        for table in chain((first,), tables):
            file.write(_csv_lines_of(table))


def _csv_lines_of(table: pa.Table) -> pa.Buffer:
    """Lines with quotes only where some text of the block needs them; numbers read back as they are."""
    for style in ("none", "needed"):
        with suppress(pa.ArrowInvalid):
            sink = pa.BufferOutputStream()
            write_csv(table, sink, WriteOptions(include_header=False, quoting_style=style))
            return sink.getvalue()
    raise AssertionError("quoted text can always be written")


def replace_file(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a file beside `path`, then put it in its place. Raises BadTable where that is impossible."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    except OSError as error:
        raise BadTable(path, [BadCell(None, None, f"cannot be written: {error.strerror}")]) from error
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise BadTable(path, [BadCell(None, None, f"cannot be written: {error.strerror}")]) from error
    finally:
        temporary.unlink(missing_ok=True)
