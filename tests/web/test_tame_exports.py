"""A thousand names made to run in a spreadsheet are text in everything that is exported, read back by other readers."""

import csv
import re
from io import BytesIO, StringIO

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from web.common.list_exports import _as_csv
from web.common.papers import Column, Kind, Paper, Section
from web.common.sheet_files import marked_file
from web.common.spreadsheets import spreadsheet

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠", "{=", " =", "'=", '"=', "http://", "")
_RUNS = _STARTS[:12]
_NUMBER = re.compile(r"-[\d,]+")
_BODIES = ("cmd|' /C calc'!A0", 'HYPERLINK("http://x")', "1+1", "SUM(A1:A9)*cmd", "衡阳样本有限公司", "-5", "2.5e3")
_LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="￾￿")
_NAMES = st.builds(
    lambda start, body, rest: (start + body + rest)[:200],
    st.sampled_from(_STARTS),
    st.sampled_from(_BODIES) | st.text(_LETTERS, max_size=40),
    st.text(_LETTERS, max_size=8),
)
_A_HUNDRED = st.lists(_NAMES, min_size=100, max_size=100)
_TEN_TIMES = settings(
    max_examples=10, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
"""Without shrinking: of a hundred names it would take minutes, and the failure names them."""


def _cells(content: bytes) -> list[object]:
    """Every cell of every sheet; none may be a formula or lead anywhere."""
    cells = [cell for sheet in openpyxl.load_workbook(BytesIO(content)) for row in sheet for cell in row]
    running = [cell.value for cell in cells if cell.data_type not in ("s", "n", "d", "inlineStr")]
    leading = [cell.hyperlink.target for cell in cells if cell.hyperlink and cell.hyperlink.target]
    assert (running, leading) == ([], []), "runs"
    return [cell.value for cell in cells]


def _rows(content: bytes) -> list[list[str]]:
    rows = list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))
    running = [cell for row in rows for cell in row if cell.startswith(_RUNS) and not _NUMBER.fullmatch(cell)]
    assert running == [], "runs"
    return rows


@pytest.fixture
def chinese(app):
    with app.test_request_context():
        yield


@_TEN_TIMES
@given(_A_HUNDRED)
def test_a_spreadsheet_holds_names_as_text_wherever_they_stand(chinese, names):
    section = Section(
        names[0], (Column(names[1]), Column("代码", Kind.CODE)), [(name, name) for name in names], note=names[2]
    )
    found = _cells(spreadsheet(Paper(names[3], names[4], ((names[5], names[6]),), (section,), "x")))
    assert sum(isinstance(value, str) for value in found) >= 200


@_TEN_TIMES
@given(_A_HUNDRED)
def test_a_file_sent_back_with_its_problems_holds_names_as_text(chinese, names):
    _cells(
        marked_file(
            [[names[0], "代码"], *([name, name] for name in names)], {n: [(names[0], names[1])] for n in range(2, 102)}
        )
    )


@_TEN_TIMES
@given(_A_HUNDRED)
def test_a_csv_holds_names_that_do_not_run_and_can_be_read_back(names):
    headings, *rows = _rows(_as_csv([names[0], "代码"], [[name, name] for name in names]))
    assert [row[0].removeprefix("'") for row in rows] == [name.removeprefix("'") for name in names]
    assert headings[1] == "代码"


def test_the_readers_find_what_runs():
    book, file = openpyxl.Workbook(), BytesIO()
    book.active["A1"] = "=1+1"
    book.save(file)
    with pytest.raises(AssertionError, match="runs"):
        _cells(file.getvalue())
    with pytest.raises(AssertionError, match="runs"):
        _rows("衡阳,＝1+1".encode("utf-8-sig"))


def test_a_heading_of_rare_characters_makes_a_name_that_excel_takes(chinese):
    names = ["𠮷" * 40, "𠮷" * 40, "\0\x1f", "钢" * 40]
    found = openpyxl.load_workbook(BytesIO(spreadsheet(Paper("表", "衡阳", (), tuple(
        Section(name, (Column("名称"),), ()) for name in names), "x")))).sheetnames  # fmt: skip
    assert found[1:] == ["𠮷" * 15, "𠮷" * 13 + " 2", "-", "钢" * 31]
