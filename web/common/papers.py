"""Papers: a cover and tables, said once and given out as page, PDF and spreadsheet with the same figures."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from typing import Any

from flask import Response, send_file
from flask_babel import gettext as _

from web.common.environment import mark
from web.common.filters import MISSING, SHANGHAI, day, moment, money
from web.common.languages import language
from web.common.typesetting import typeset, typeset_apart

PDF = "application/pdf"
ANNEX_FROM = 1_000
"""A list of more rows than this becomes an annex of a PDF."""
_ANNEX_ROWS = 2_500
CHILDREN = min(4, os.cpu_count() or 1)
"""Processes that set annexes at the same time."""


class Kind(StrEnum):
    """What a column holds: decides alignment, words and the type of a spreadsheet's cell."""

    TEXT = "text"
    CODE = "code"
    """Digits that are a name, not a number: leading zeros stay."""
    COUNT = "count"
    NUMBER = "number"
    """With two decimals."""
    MONEY = "money"
    """Fen."""
    SHARE = "share"
    """In [0, 1], shown in per cent."""
    DIFFERENCE = "difference"
    """Of two shares, in [-1, 1], shown in percentage points with its sign; the heading names the unit."""
    DAY = "day"


class Sheet(StrEnum):
    """The paper of a PDF: A4 upright, or turned to landscape, or A3 turned for tables of many columns."""

    A4 = "a4"
    A4_WIDE = "a4-wide"
    A3_WIDE = "a3-wide"


_ROOM = {Sheet.A4: (493, 9.5), Sheet.A4_WIDE: (739, 8.5), Sheet.A3_WIDE: (1088, 8.5)}
"""Points between the margins, and the size of the letters."""
_INSET = 8
"""Points that a cell keeps free."""
NUMBERS = frozenset({Kind.COUNT, Kind.NUMBER, Kind.MONEY, Kind.SHARE, Kind.DIFFERENCE})


@dataclass(frozen=True)
class Column:
    """One column; `width` is its part of the page's width, relative to the others."""

    heading: str
    kind: Kind = Kind.TEXT
    width: float = 2


@dataclass(frozen=True)
class Linked:
    """A value that on the page opens the rows it counts."""

    value: Any
    url: str


@dataclass(frozen=True)
class Shown:
    """A cell as a page draws it."""

    text: str
    url: str
    is_number: bool
    heading: str


@dataclass(frozen=True)
class Section:
    """One table under a heading. Rows are values in the order of the columns, or `Linked` values; None is no value.

    A cell may also be a ready `str` in a column of numbers: words instead of a figure.
    """

    heading: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]]
    note: str = ""
    is_list: bool = False
    """A long list: a spreadsheet and a PDF have it, the page opens it from a figure."""
    drawing: str = ""
    """An SVG above the table, on a page of A3; `heading` says what it shows."""

    def shown(self) -> list[list[Shown]]:
        """The rows in the reader's words."""
        return [
            [
                Shown(words(plain(cell), column.kind), cell.url if isinstance(cell, Linked) else "",
                      column.kind in NUMBERS, heading_words(column))
                for cell, column in zip(row, self.columns, strict=True)
            ]
            for row in self.rows
        ]  # fmt: skip

    def texts(self) -> list[list[str]]:
        """The same rows as bare words."""
        kinds = [column.kind for column in self.columns]
        return [[words(plain(cell), kind) for cell, kind in zip(row, kinds, strict=True)] for row in self.rows]


@dataclass(frozen=True)
class Paper:
    """A report ready to be shown. `facts` are the cover's lines: who made it, when, for what, with which filters."""

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    file_name: str
    """Without an ending."""
    sheet: Sheet = Sheet.A4


def plain(cell: Any) -> Any:
    """The value of a cell, linked or not."""
    return cell.value if isinstance(cell, Linked) else cell


def heading_words(column: Column) -> str:
    """The heading; with the unit where the figures do not carry it."""
    if column.kind is not Kind.DIFFERENCE:
        return column.heading
    return _("%(heading)s（%(unit)s）", heading=column.heading, unit=_("百分点"))


def words(value: Any, kind: Kind) -> str:
    """A cell in the reader's language; a dash where there is no value."""
    if value is None:
        return MISSING
    if isinstance(value, str) and kind is not Kind.DAY:
        return value
    match kind:
        case Kind.MONEY:
            return money(value)
        case Kind.COUNT:
            return f"{value:,}"
        case Kind.NUMBER:
            return f"{value:,.2f}"
        case Kind.SHARE:
            return f"{value * 100:.1f}%"
        case Kind.DIFFERENCE:
            return f"{value * 100:+.1f}"
        case Kind.DAY:
            return moment(value) if isinstance(value, datetime) else day(value)
    return str(value)


def pdf(paper: Paper, *, template: str = "report.typ") -> bytes:
    """A tagged A4 document; nothing but the template and the packaged font is read.

    A list of more than `ANNEX_FROM` rows stands behind the document as an annex with pages of its own, without tags:
    setting 20,000 rows as one tagged table takes 9 s, 2.4 GB and 33 MB.
    """
    with ThreadPoolExecutor(CHILDREN) as pool:
        return begin_pdf(paper, pool, template=template)()


def begin_pdf(paper: Paper, pool: ThreadPoolExecutor, *, template: str = "report.typ") -> Callable[[], bytes]:
    """Begin to set a document in a pool, whose threads only wait for child processes; the result gives its bytes."""
    annexes = [n for n, section in enumerate(paper.sections) if section.is_list and len(section.rows) > ANNEX_FROM]
    main = json.dumps(_for_typst(paper, leave_out=annexes), ensure_ascii=False)
    if not annexes:
        return lambda: typeset(template, main)
    parts = [pool.submit(typeset_apart, template, main)]
    for number, place in enumerate(annexes, start=1):
        parts += [
            pool.submit(typeset_apart, template, json.dumps(part, ensure_ascii=False), is_tagged=False)
            for part in _annex(paper, paper.sections[place], number)
        ]
    return lambda: _joined([part.result() for part in parts])


def _joined(parts: Sequence[bytes]) -> bytes:
    from pypdf import PdfWriter

    whole, file = PdfWriter(clone_from=BytesIO(parts[0])), BytesIO()
    for part in parts[1:]:
        whole.append(BytesIO(part), import_outline=False)
    whole.write(file)
    return file.getvalue()


def _annex(paper: Paper, section: Section, number: int) -> Iterator[dict[str, Any]]:
    """The documents of one long list, each with a number of rows that is set quickly."""
    rows, n_parts = section.rows, -(-len(section.rows) // _ANNEX_ROWS)
    for part in range(n_parts):
        kept = replace(section, rows=rows[part * _ANNEX_ROWS : (part + 1) * _ANNEX_ROWS])
        name = _annex_name(number) if n_parts == 1 else f"{_annex_name(number)} ({part + 1}/{n_parts})"
        ready = _for_typst(replace(paper, sections=(kept,))) | {"annex": name}
        (only,) = ready["sections"]
        only["lines"] = _one_line_rows(only["rows"], kept.columns, paper.sheet)
        yield ready


def _one_line_rows(rows: Sequence[Sequence[str]], columns: Sequence[Column], sheet: Sheet) -> list[bool]:
    """Which rows surely need one line: a row of a known height is laid out once instead of twice."""
    page, size = _ROOM[sheet]
    share = page / sum(column.width for column in columns)
    letters = [(column.width * share - _INSET) / size for column in columns]
    return [all(_letters(text) <= room for text, room in zip(row, letters, strict=True)) for row in rows]


@lru_cache(65_536)
def _letters(text: str) -> float:
    """At most how wide a text is set, in Chinese characters: digits are a little over half, capitals up to as wide."""
    if not text.isascii():
        n_changes = sum(one.isascii() != other.isascii() for one, other in pairwise(text))
        return 1.05 * len(text) + 0.25 * n_changes  # a quarter is left free between Chinese and Latin letters
    n_digits = sum(letter.isdigit() for letter in text)
    return 0.56 * n_digits + 0.7 * (len(text) - n_digits) + 0.3 * sum(map(text.count, "MW@%"))


def _annex_name(number: int) -> str:
    return _("附表 %(n)s", n=number)


def _where_to_find(section: Section, annex: int) -> str:
    return _("共 %(n)s 行，见%(annex)s。", n=len(section.rows), annex=_annex_name(annex))


def _for_typst(paper: Paper, *, leave_out: Sequence[int] = ()) -> dict[str, Any]:
    """Ready words only: the template sets them as text, so nothing a firm typed is ever run.

    Of the sections left out only the heading stands, with the name of their annex.
    """
    return {
        "annex": "",
        "sheet": paper.sheet.value,
        "language": language(),
        "title": paper.title,
        "subtitle": paper.subtitle,
        "brand": branded(),
        "contents": _("目录"),
        "none": _("没有记录。"),
        "day": _today(),
        "facts": [list(fact) for fact in paper.facts],
        "sections": [
            {
                "heading": section.heading,
                "note": _where_to_find(section, leave_out.index(place) + 1) if place in leave_out else section.note,
                "drawing": section.drawing,
                "apart": place in leave_out,
                "lines": [],
                "columns": [
                    {"heading": heading_words(column), "width": column.width, "right": column.kind in NUMBERS}
                    for column in section.columns
                ],
                "rows": [] if place in leave_out else section.texts(),
            }
            for place, section in enumerate(paper.sections)
        ],
    }


def _today() -> list[int]:
    """Year, month and day in Shanghai, for the document's properties."""
    made = datetime.now(SHANGHAI).date()
    return [made.year, made.month, made.day]


def branded() -> str:
    """The product's name, and outside production the environment: on the cover and on every page of a PDF."""
    return _("链融（%(environment)s）", environment=environment) if (environment := mark()) else _("链融")


def attachment(content: bytes, name: str, mimetype: str) -> Response:
    """A file to be saved under a name, which may be Chinese; kept by no cache on the way.

    Outside production the name begins with the environment, so that no file is taken for one of the live city.
    """
    name = f"{environment}-{name}" if (environment := mark()) else name
    response = send_file(BytesIO(content), mimetype=mimetype, as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "no-store, private"
    return response
