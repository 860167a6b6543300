"""Papers as spreadsheets that Excel and WPS open as they are: one sheet about the paper, one for each table."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from unicodedata import east_asian_width

from flask_babel import gettext as _

from vocabulary.money import FEN_PER_WAN
from web.common.filters import SHANGHAI
from web.common.papers import NUMBERS, Column, Kind, Paper, branded, heading_words, plain

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""A firm called `=cmd|…` stays text."""
_FORMATS = {
    Kind.TEXT: "@", Kind.CODE: "@", Kind.COUNT: "#,##0", Kind.NUMBER: "#,##0.00", Kind.MONEY: "#,##0.00##",
    Kind.SHARE: "0.0%", Kind.DIFFERENCE: "+0.0;-0.0;0.0", Kind.DAY: "yyyy-mm-dd",
}  # fmt: skip
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\'\x00-\x1f\x7f\ufffe\uffff]")
_SHEET_NAME = 31
"""UTF-16 units that Excel allows."""
_NARROWEST, _WIDEST = 8, 48


def spreadsheet(paper: Paper) -> bytes:
    """An .xlsx of the paper: text is text, codes keep their zeros, numbers are numbers, the header stays in sight."""
    import xlsxwriter  # only whoever asks for a spreadsheet pays for loading it

    file = BytesIO()
    with xlsxwriter.Workbook(file, OPTIONS) as book:
        book.set_properties({"title": paper.title, "author": branded(), "created": datetime.now(UTC)})
        styles = _styles(book)
        about = book.add_worksheet(_("关于本表"))
        names = _sheet_names([about.name, *(section.heading for section in paper.sections)])[1:]
        _write_about(about, paper, names, styles)
        for section, name in zip(paper.sections, names, strict=True):
            _write_table(book.add_worksheet(name), section.columns, section.rows, styles)
    return file.getvalue()


def _styles(book: Any) -> dict[str, Any]:
    plain_style = {"valign": "top", "font_size": 10}
    return {
        "title": book.add_format({"font_size": 16, "valign": "vcenter"}),
        "name": book.add_format(plain_style | {"font_color": "#5B6873"}),
        "moment": book.add_format(plain_style | {"num_format": "yyyy-mm-dd hh:mm"}),
        "wrapped": book.add_format(plain_style | {"text_wrap": True, "num_format": "@"}),
        "head": book.add_format(
            {"font_size": 10, "bold": True, "text_wrap": True, "valign": "vcenter", "bottom": 2, "bg_color": "#EEF2F5"}
        ),
    } | {
        kind: book.add_format(plain_style | {"num_format": code, "text_wrap": kind is Kind.TEXT})
        for kind, code in _FORMATS.items()
    }


def _write_about(sheet: Any, paper: Paper, names: Sequence[str], styles: dict[str, Any]) -> None:
    """Title, who made it, when and with which filters; then the sheets with what each holds."""
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 90)
    sheet.set_row(0, 26)
    sheet.write_string(0, 0, paper.title, styles["title"])
    sheet.write_string(1, 0, paper.subtitle, styles["name"])
    sheet.write_string(2, 0, branded(), styles["name"])
    row = 3
    for name, text in (*paper.facts, (_("金额单位"), _money_unit())):
        sheet.write_string(row, 0, name, styles["name"])
        sheet.write_string(row, 1, text, styles["wrapped"])
        row += 1
    sheet.write_row(row + 1, 0, (_("工作表"), _("内容")), styles["head"])
    for n, (name, section) in enumerate(zip(names, paper.sections, strict=True), start=row + 2):
        sheet.write_url(n, 0, f"internal:'{name}'!A1", string=name)
        sheet.write_string(n, 1, section.note or section.heading, styles["wrapped"])
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _write_table(sheet: Any, columns: Sequence[Column], rows: Sequence[Sequence[Any]], styles: dict[str, Any]) -> None:
    for place, column in enumerate(columns):
        heading = _with_unit(column)
        sheet.write_string(0, place, heading, styles["head"])
        texts = [heading, *(str(plain(row[place]) or "") for row in rows[:200])]
        sheet.set_column(place, place, min(_WIDEST, max(_NARROWEST, *(_width(text) + 2 for text in texts))))
        for n, row in enumerate(rows, start=1):
            _write_cell(sheet, n, place, plain(row[place]), column.kind, styles)
    sheet.freeze_panes(1, 0)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&C&P / &N")


def _write_cell(sheet: Any, row: int, place: int, value: Any, kind: Kind, styles: dict[str, Any]) -> None:
    """Money in the unit of the header, differences in percentage points, times in Shanghai's; no value stays empty."""
    style = styles[kind]
    if value is None:
        sheet.write_blank(row, place, None, style)
    elif isinstance(value, str):
        sheet.write_string(row, place, value, styles[Kind.TEXT] if kind in NUMBERS else style)
    elif kind is Kind.MONEY:
        sheet.write_number(row, place, value / FEN_PER_WAN, style)
    elif kind is Kind.DIFFERENCE:
        sheet.write_number(row, place, round(value * 100, 4), style)
    elif kind in NUMBERS:
        sheet.write_number(row, place, value, style)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, place, value.astimezone(SHANGHAI).replace(tzinfo=None), styles["moment"])
    elif kind is Kind.DAY:
        sheet.write_datetime(row, place, value, style)
    else:
        sheet.write_string(row, place, str(value), style)


def _with_unit(column: Column) -> str:
    """A spreadsheet's numbers are bare, so the header says what they count."""
    if column.kind is not Kind.MONEY:
        return heading_words(column)
    return _("%(heading)s（%(unit)s）", heading=column.heading, unit=_money_unit())


def _money_unit() -> str:
    return _("万元")


def _width(text: str) -> int:
    """Columns of a fixed-width letter: a Chinese character takes two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _cut(text: str, n_units: int) -> str:
    """The beginning of a text, as Excel counts it: a rare character takes two units and is not halved."""
    return text.encode("utf-16-le")[: 2 * n_units].decode("utf-16-le", "ignore")


def _sheet_names(headings: Sequence[str]) -> list[str]:
    """Names that Excel accepts and that differ from each other, whatever their case."""
    names: list[str] = []
    for heading in headings:
        name = _cut(_NOT_IN_SHEET_NAMES.sub(" ", heading).strip(), _SHEET_NAME) or "-"
        n = 2
        while name.casefold() in {other.casefold() for other in names}:
            name, n = f"{_cut(name, _SHEET_NAME - 4)} {n}", n + 1
        names.append(name)
    return names
