"""Tables of text out of the files of spreadsheets: every cell as somebody would read it, codes with their zeros."""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

from workflows import file_content

Table = list[list[str]]
MAX_ROWS = 10_001
"""With the heading."""
MAX_COLUMNS = 60
_LONGEST = 4_000
_SPOILT = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands before the reason in a cell that shows no typed value."""
_EXACT = 10**15
"""A spreadsheet keeps fifteen digits; what is longer has lost its last ones."""
_ERRORS = re.compile(r"#(?:REF!|N/A|NAME\?|VALUE!|DIV/0!|NUM!|NULL!)")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_FORMULA = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br=\"([A-Z]{1,3})(\d{1,7})\"[^>]*>\s*<(?:\w+:)?f\b")


class NoTable(Exception):
    """The file cannot be read as tables; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Sheet:
    name: str
    rows: Table


def read_sheets(name: str, content: bytes) -> list[Sheet]:
    """The sheets that hold something, of an XLSX or a CSV file. Raises NoTable."""
    if not content:
        raise NoTable("empty")
    if content.startswith(b"PK"):
        found = _read_xlsx(content)
    else:
        if b"\0" in content:
            raise NoTable("neither XLSX nor CSV")
        found = [Sheet(name[:80], read_csv(content))]
    kept = [sheet for sheet in found if len(sheet.rows) > 1]
    if not kept:
        raise NoTable("no rows")
    if any(len(sheet.rows) > MAX_ROWS for sheet in kept):
        raise NoTable("too many rows")
    if any(len(row) > MAX_COLUMNS for sheet in kept for row in sheet.rows):
        raise NoTable("too many columns")
    return kept


def read_csv(content: bytes) -> Table:
    """UTF-8 with or without a mark, else GB18030, which spreadsheets in China save. Raises NoTable."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise NoTable("neither UTF-8 nor GB18030") from error
    try:
        return [[_unquoted(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except csv.Error as error:
        raise NoTable(f"not a CSV file ({error})") from error


def refuse_spoilt(text: str) -> str:
    """The text of a cell. Raises ValueError where there is a formula, an error, a number that lost its digits
    or U+0000, which no column takes."""
    if text.startswith(_SPOILT):
        raise ValueError(text[1:])
    if _ERRORS.fullmatch(text):
        raise ValueError("error of a formula")
    if "\0" in text:
        raise ValueError("unreadable character")
    return text


def shown(text: str) -> str:
    """A cell for people: nothing in place of what cannot be read."""
    return "" if text.startswith(_SPOILT) else text


def _unquoted(cell: str) -> str:
    """`="0071"` is how a CSV file tells a spreadsheet that a code is text."""
    return cell[2:-1] if cell.startswith('="') and cell.endswith('"') and '"' not in cell[2:-1] else cell


def _read_xlsx(content: bytes) -> list[Sheet]:
    if file_content.media_type(content) != file_content.XLSX or file_content.problem(content, file_content.XLSX):
        raise NoTable("not a sound XLSX file")
    from python_calamine import CalamineError, CalamineWorkbook  # only whoever brings a spreadsheet pays for loading

    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            names = book.sheet_names
            tables = [book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names]
    except CalamineError as error:
        raise NoTable("not a sound XLSX file") from error
    formulas = _formulas(content)
    return [
        Sheet(name[:80], _trimmed([
            [_cell(value, (row, place) in formulas.get(name, set())) for place, value in enumerate(cells)]
            for row, cells in enumerate(cells_of)
        ]))
        for name, cells_of in zip(names, tables, strict=True)
    ]  # fmt: skip


def _formulas(content: bytes) -> dict[str, set[tuple[int, int]]]:
    """(row, column) from 0 of the cells with a formula, by the name of the sheet."""
    with ZipFile(io.BytesIO(content)) as package:
        book = ElementTree.fromstring(package.read("xl/workbook.xml"))  # noqa: S314 -- no document type: checked
        relations = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
        targets = {entry.get("Id", ""): entry.get("Target", "") for entry in relations}
        found = {}
        for sheet in book.iter(f"{_MAIN}sheet"):
            target = targets.get(sheet.get(_RELATION, ""), "")
            part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            if part in package.namelist():
                places = _FORMULA.findall(package.read(part))
                found[sheet.get("name", "")] = {(int(row) - 1, _column(letters)) for letters, row in places}
        return found


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _cell(value: Any, is_formula: bool) -> str:
    if is_formula:
        return f"{_SPOILT}formula"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        if abs(value) >= _EXACT:
            return f"{_SPOILT}number lost its last digits"
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == value.time().min else value.isoformat(" ", "seconds")
    return value.isoformat() if isinstance(value, date) else str(value)[:_LONGEST]


def _trimmed(rows: Table) -> Table:
    """Without the empty rows and columns behind the last value, which spreadsheets like to keep."""
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    width = max((place + 1 for row in rows for place, cell in enumerate(row) if cell.strip()), default=0)
    return [row[:width] for row in rows]
