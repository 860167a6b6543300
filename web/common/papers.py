"""Papers: a cover and tables, said once and given out as page, PDF and spreadsheet with the same figures."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Response, send_file
from flask_babel import gettext as _

from web.common.filters import MISSING, SHANGHAI, day, moment, money
from web.common.languages import language

_TEMPLATES = Path(__file__).parents[2] / "templates" / "papers"
PDF = "application/pdf"


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


@dataclass(frozen=True)
class Paper:
    """A report ready to be shown. `facts` are the cover's lines: who made it, when, for what, with which filters."""

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    file_name: str
    """Without an ending."""


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


@cache
def font_directory() -> Path:
    """Where the packaged Chinese font lies: PDFs look the same on a server without fonts."""
    spec = find_spec("pylopdf_fonts_zh_cn")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def pdf(paper: Paper, *, template: str = "report.typ") -> bytes:
    """A tagged A4 document; nothing but the template and the packaged font is read."""
    import typst  # loading it takes 80 MB: only whoever asks for a PDF pays

    document: bytes = typst.compile(
        _TEMPLATES / template,
        root=_TEMPLATES,
        font_paths=[font_directory()],
        ignore_system_fonts=True,
        sys_inputs={"paper": json.dumps(_for_typst(paper), ensure_ascii=False)},
    )
    return document


def _for_typst(paper: Paper) -> dict[str, Any]:
    """Ready words only: the template sets them as text, so nothing a firm typed is ever run."""
    return {
        "language": language(),
        "title": paper.title,
        "subtitle": paper.subtitle,
        "brand": _("链融"),
        "contents": _("目录"),
        "none": _("没有记录。"),
        "day": _today(),
        "facts": [list(fact) for fact in paper.facts],
        "sections": [
            {
                "heading": section.heading,
                "note": section.note,
                "columns": [
                    {"heading": heading_words(column), "width": column.width, "right": column.kind in NUMBERS}
                    for column in section.columns
                ],
                "rows": [[cell.text for cell in row] for row in section.shown()],
            }
            for section in paper.sections
        ],
    }


def _today() -> list[int]:
    """Year, month and day in Shanghai, for the document's properties."""
    made = datetime.now(SHANGHAI).date()
    return [made.year, made.month, made.day]


def attachment(content: bytes, name: str, mimetype: str) -> Response:
    """A file to be saved under a name, which may be Chinese; kept by no cache on the way."""
    response = send_file(BytesIO(content), mimetype=mimetype, as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "no-store, private"
    return response
