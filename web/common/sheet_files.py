"""Spreadsheets for people who bring rows in: templates, and what was refused with the reasons. Every cell is text."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _

from web.common.spreadsheets import OPTIONS

_TEMPLATE_ROWS = 1_000
_WIDTH = 22


def reason_heading() -> str:
    """Heading of the column with the reasons; nothing is read from it when the file comes back."""
    return _("导入结果")


def template_file(
    columns: Mapping[str, LazyString],
    explanations: Mapping[str, LazyString | str],
    choices: Mapping[str, Sequence[str]],
    rows: Sequence[Sequence[str]] = (),
) -> bytes:
    """Headings over text cells, a sheet that explains them, and drop-downs of the given choices.

    `rows`: what is filled in already, from the first column on.
    """
    import xlsxwriter  # only whoever asks for a spreadsheet pays for loading it
    from xlsxwriter.utility import xl_col_to_name

    file = BytesIO()
    with xlsxwriter.Workbook(file, OPTIONS) as book:
        text, head = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "bg_color": "#EEF2F5"})
        sheet, notes, lists = (book.add_worksheet(name) for name in (_("数据"), _("填写说明"), _("选项")))
        sheet.set_column(0, len(columns) - 1, _WIDTH, text)
        sheet.freeze_panes(1, 0)
        notes.set_column(0, 0, _WIDTH)
        notes.set_column(1, 1, 70)
        for place, (name, heading) in enumerate(columns.items()):
            sheet.write_string(0, place, str(heading), head)
            notes.write_string(place, 0, str(heading), head)
            notes.write_string(place, 1, str(explanations.get(name, "")))
            options = choices.get(name, ())
            for n, option in enumerate(options):
                lists.write_string(n, place, option)
            if options:
                letter = xl_col_to_name(place)
                source = f"='{lists.name}'!${letter}$1:${letter}${len(options)}"
                sheet.data_validation(1, place, _TEMPLATE_ROWS, place, {"validate": "list", "source": source})
        for line, row in enumerate(rows, start=1):
            for place, value in enumerate(row):
                sheet.write_string(line, place, value, text)
    return file.getvalue()


def marked_file(rows: Sequence[Sequence[str]], reasons: Mapping[int, Sequence[tuple[str, str]]]) -> bytes:
    """The rows with problems under their heading. `reasons`: row as a spreadsheet numbers it -> (heading, words)."""
    import xlsxwriter

    file, headings = BytesIO(), [heading.strip() for heading in rows[0]] if rows else []
    with xlsxwriter.Workbook(file, OPTIONS) as book:
        text, head = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "bg_color": "#EEF2F5"})
        bad = book.add_format({"num_format": "@", "bg_color": "#FBE3E0", "font_color": "#9C1C12"})
        sheet = book.add_worksheet(_("有错误的行"))
        sheet.set_column(0, len(headings), _WIDTH, text)
        sheet.freeze_panes(1, 0)
        kept = [place for place, heading in enumerate(headings) if heading != reason_heading()]
        for n, place in enumerate(kept):
            sheet.write_string(0, n, headings[place], head)
        sheet.write_string(0, len(kept), reason_heading(), head)
        for line, number in enumerate(sorted(number for number in reasons if number > 1), start=1):
            _write_row(sheet, line, rows[number - 1], kept, headings, reasons[number], (text, bad))
            words = [f"{_('第 %(n)s 行', n=number)} {heading}：{reason}" for heading, reason in reasons[number]]
            sheet.write_string(line, len(kept), "；".join(words), bad)
    return file.getvalue()


def _write_row(
    sheet: Any,
    line: int,
    cells: Sequence[str],
    kept: Sequence[int],
    headings: Sequence[str],
    reasons: Sequence[tuple[str, str]],
    styles: tuple[Any, Any],
) -> None:
    bad_headings = {heading for heading, _reason in reasons}
    for n, place in enumerate(kept):
        style = styles[1] if headings[place] in bad_headings else styles[0]
        value = cells[place] if place < len(cells) else ""
        if value:
            sheet.write_string(line, n, value, style)
        else:
            sheet.write_blank(line, n, None, style)
