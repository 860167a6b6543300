"""Every list as a spreadsheet: the rows of all its pages, read from the very tables that the reader is shown.

So an export can hold nothing that the page does not: rights, hidden names, bands and words are those of the page.
"""

import csv
import io
import re
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

from flask import Flask, Response, current_app, flash, g, make_response, redirect, request
from flask_babel import gettext as _

from models.base import now
from models.session import unit_of_work
from vocabulary.audit_actions import AuditAction
from vocabulary.money import FEN_PER_WAN
from web.common.database import engine
from web.common.filters import MISSING, moment
from web.common.identity import current_actor
from web.common.papers import Column, Kind, Paper, Section, attachment
from web.common.spreadsheets import XLSX, spreadsheet
from workflows.audit import record

MAX_ROWS = 2_500
_CSV = "text/csv"
_COUNT = re.compile(r"-?\d{1,3}(,?\d{3})*")
_WAN = re.compile(r"(-?[\d,]+(?:\.\d+)?)\s*万元")
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
"""A spreadsheet would run what begins so; some read the wide forms like the narrow ones."""
_SILENT = frozenset({"script", "style", "svg", "button", "form", "select"})


@dataclass
class _Table:
    headings: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


class _Page(HTMLParser):
    """Title, the filters in force, and the table that stands before the pager."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.title, self.found, self.filters = "", _Table(), dict[str, str]()
        self._table: _Table | None = None
        self._row: list[str] | None = None
        self._text: list[str] | None = None
        self._silent, self._in_head, self._label, self._select = 0, False, "", ""
        self._labels: dict[str, str] = {}
        self._tables: list[_Table] = []
        self._at_tab = self._is_tab = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        classes = values.get("class", "").split()
        if tag in _SILENT and self._table is not None:
            self._silent += 1
        elif tag == "table" and "ledger" in classes:
            self._table = _Table()
        elif tag == "thead":
            self._in_head = True
        elif tag == "tr" and self._table is not None:
            self._row = []
        elif tag in ("th", "td", "h1", "label"):
            self._text, self._label = [], values.get("for", "")
        elif tag == "a" and values.get("aria-current") == "true":
            self._text, self._is_tab = [], True
        elif tag == "select":
            self._select = values.get("id", "")
        elif tag == "option" and "selected" in values and values.get("value"):
            self._text = []
        elif tag == "input" and values.get("type", "text") != "hidden" and values.get("id") in self._labels:
            if values.get("value") and (values.get("type") != "checkbox" or "checked" in values):
                self.filters[self._labels[values["id"]]] = values["value"]
        elif "pager" in classes and self._tables:
            self.found = self._tables[-1]

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and self._silent:
            self._silent -= 1
            return
        text = " ".join(" ".join(self._text or ()).split())
        table = self._table
        if tag in ("th", "td") and table is not None and self._row is not None:
            self._row.append(text)
        elif tag == "tr" and table is not None and self._row is not None:
            if self._in_head:
                table.headings = self._row
            elif len(self._row) == len(table.headings):
                table.rows.append(self._row)
            self._row = None
        elif tag == "thead":
            self._in_head = False
        elif tag == "table" and table is not None:
            self._tables.append(table)
            self._table = None
        elif tag == "h1":
            self.title = text
        elif tag == "label":
            self._labels[self._label] = text
        elif tag == "option" and self._text is not None and self._select in self._labels:
            self.filters[self._labels[self._select]] = text
        elif tag == "a" and self._is_tab:
            self.filters[_("分类")], self._is_tab = text, False
        if tag in ("th", "td", "h1", "label", "option") or (tag == "a" and table is None):
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._silent:
            self._text.append(data)


def init_list_exports(app: Flask) -> None:
    """`?export=xlsx` or `?export=csv` on any page with a pager gives the whole list as a file."""
    app.after_request(_exported)
    app.jinja_env.globals["MAX_EXPORT_ROWS"] = MAX_ROWS


def _exported(response: Response) -> Any:
    kind, page = request.args.get("export"), g.get("list_page")
    if kind not in ("xlsx", "csv") or page is None or response.status_code != 200 or request.method != "GET":
        return response
    first = _Page(response.get_data(as_text=True))
    if page.total > MAX_ROWS or not first.found.headings:
        flash(_("一次最多导出 %(n)s 条，请缩小范围。", n=MAX_ROWS), "warning")
        return redirect(page.url(1), 303)
    rows = list(first.found.rows)
    for number in range(page.number + 1, page.last + 1):
        rows += _Page(_rendered(number)).found.rows
    _leave_line(len(rows))
    paper = _paper(first, rows)
    if kind == "csv":
        return attachment(_as_csv(first.found.headings, rows), f"{paper.file_name}.csv", _CSV)
    return attachment(spreadsheet(paper), f"{paper.file_name}.xlsx", XLSX)


def _rendered(number: int) -> str:
    """Another page of the same list, by the same view."""
    g.export_page = number
    view = current_app.view_functions[str(request.endpoint)]
    return make_response(view(**(request.view_args or {}))).get_data(as_text=True)


def _leave_line(n_rows: int) -> None:
    """Commits before the file is given out, as of any reading: without the line there is no file."""
    with unit_of_work(engine()) as session:
        record(
            session, current_actor(), AuditAction.LIST_EXPORTED, subject_kind="list", subject_id=0,
            new={"route": str(request.endpoint), "rows": n_rows},
        )  # fmt: skip


def _paper(page: _Page, rows: list[list[str]]) -> Paper:
    actor, kinds = current_actor(), [_kind([row[n] for row in rows]) for n in range(len(page.found.headings))]
    chosen = "；".join(f"{name}：{value}" for name, value in page.filters.items()) or _("全部")
    columns = tuple(Column(heading or "-", kind) for heading, kind in zip(page.found.headings, kinds, strict=True))
    values = [[_value(text, kind) for text, kind in zip(row, kinds, strict=True)] for row in rows]
    facts = (
        (_("导出人"), f"{actor.name}（{actor.organization_name}）"), (_("导出时间"), moment(now())),
        (_("筛选条件"), chosen), (_("行数"), str(len(rows))),
    )  # fmt: skip
    name = re.sub(r'[\\/:*?"<>|\s]+', "-", page.title) or "list"
    return Paper(page.title, actor.organization_name, facts, (Section(page.title, columns, values),), name)


def _kind(texts: list[str]) -> Kind:
    """Numbers where every cell is one; a code, which may begin with a zero or be long, stays text."""
    filled = [text for text in texts if text and text != MISSING]
    if filled and all((_COUNT.fullmatch(text) and len(text) < 12 and not text.startswith("0")) or text == "0"
                      for text in filled):  # fmt: skip
        return Kind.COUNT
    return Kind.MONEY if filled and all(_WAN.fullmatch(text) for text in filled) else Kind.TEXT


def _value(text: str, kind: Kind) -> Any:
    if not text or text == MISSING:
        return None
    if kind is Kind.COUNT:
        return int(text.replace(",", ""))
    found = _WAN.fullmatch(text) if kind is Kind.MONEY else None
    return int(Decimal(found[1].replace(",", "")) * FEN_PER_WAN) if found else text


def _as_csv(headings: list[str], rows: list[list[str]]) -> bytes:
    """UTF-8 with a mark, by which Excel and WPS know it; nothing in it runs."""
    file = io.StringIO()
    csv.writer(file).writerows([[_tamed(cell) for cell in row] for row in (headings, *rows)])
    return file.getvalue().encode("utf-8-sig")


def _tamed(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_RUNS) and not _COUNT.fullmatch(cell) else cell
