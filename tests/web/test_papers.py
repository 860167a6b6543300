"""Papers: the same figures as spreadsheet and PDF, text never run, codes with their zeros, headers on every page."""

from datetime import UTC, date, datetime
from io import BytesIO
from subprocess import SubprocessError
from zipfile import ZipFile

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from web.common import papers
from web.common.papers import ANNEX_FROM, Column, Kind, Linked, Paper, Section, pdf
from web.common.spreadsheets import spreadsheet
from web.common.typesetting import font_directory, typeset_apart

_COLUMNS = (
    Column("单位名称", width=3), Column("代码", Kind.CODE), Column("家数", Kind.COUNT, 1), Column("金额", Kind.MONEY),
    Column("占比", Kind.SHARE), Column("差", Kind.DIFFERENCE), Column("日期", Kind.DAY),
)  # fmt: skip
_EVIL = "=cmd|' /C calc'!A0 #panic() $x$ \\ \"衡阳\""
_ROWS = (
    (_EVIL, "0430", Linked(1234, "/rows"), 123_456_000_000, 0.125, -0.04, date(2026, 9, 1)),
    ("隆源铜业", "007", 0, None, 1.0, 0.0, datetime(2026, 9, 1, 17, 0, tzinfo=UTC)),
    ("样本", "", "样本不足", None, None, None, None),
)


def _paper(*rows, **values):
    section = Section("到会：情况/明细*", _COLUMNS, rows or _ROWS, note="家数按单位计。")
    plain = {
        "title": "船山论坛 路演报告", "subtitle": "2026-09-01",
        "facts": (("制表人", "张三"), ("制表时间", "2026-11-25")),
        "sections": (section, Section("空表", _COLUMNS, ())), "file_name": "报告",
    }  # fmt: skip
    return Paper(**plain | values)


@pytest.fixture(params=["zh", "en"])
def reader(app, request):
    with app.test_request_context(headers={"Cookie": f"lang={request.param}"}):
        yield request.param


@pytest.fixture
def chinese(app):
    with app.test_request_context():
        yield


def _text(document):
    return "".join(page.extract_text() for page in PdfReader(BytesIO(document)).pages).replace("\n", "")


def test_a_spreadsheet_keeps_text_codes_numbers_and_days(chinese):
    book = CalamineWorkbook.from_filelike(BytesIO(spreadsheet(_paper())))
    assert book.sheet_names == ["关于本表", "到会：情况 明细", "空表"]
    header, first, second, third = book.get_sheet_by_index(1).to_python()
    assert header == ["单位名称", "代码", "家数", "金额（万元）", "占比", "差（百分点）", "日期"]
    assert first == [_EVIL, "0430", 1234.0, 123_456.0, 0.125, -4.0, date(2026, 9, 1)]
    assert second[:6] == ["隆源铜业", "007", 0.0, "", 1.0, 0.0]
    assert second[6].isoformat() == "2026-09-02T01:00:00"
    assert third == ["样本", "", "样本不足", "", "", "", ""]
    about = [cell for row in book.get_sheet_by_index(0).to_python() for cell in row]
    assert {"船山论坛 路演报告", "张三", "2026-11-25", "万元", "家数按单位计。"} <= set(about)


def test_a_spreadsheet_has_no_formula_and_its_header_stays_in_sight(chinese):
    with ZipFile(BytesIO(spreadsheet(_paper()))) as file:
        sheet = file.read("xl/worksheets/sheet2.xml").decode()
    assert "<f>" not in sheet
    assert 'state="frozen"' in sheet


def test_sheets_with_the_same_long_name_are_told_apart(chinese):
    sections = tuple(Section("很长的名称" * 10, _COLUMNS, ()) for _ in range(2))
    names = CalamineWorkbook.from_filelike(BytesIO(spreadsheet(_paper(sections=sections)))).sheet_names
    assert len({name for name in names if len(name) <= 31}) == 3


def test_a_pdf_says_what_the_spreadsheet_says_in_the_readers_language(reader):
    text = _text(pdf(_paper()))
    money, points = {"zh": ("12.35 亿元", "差（百分点）"), "en": ("CNY 1,234.56 million", "差 (percentage points)")}[
        reader
    ]
    for words in (
        "隆源铜业",
        "0430",
        "1,234",
        money,
        "12.5%",
        "-4.0",
        "2026-09-01",
        "样本不足",
        "家数按单位计。",
        "#panic()",
    ):
        assert words in text, words
    assert points.replace(" ", "") in text.replace(" ", "")


def test_a_pdf_is_tagged_a4_titled_and_embeds_its_font(chinese):
    reader = PdfReader(BytesIO(pdf(_paper())))
    page = reader.pages[0]
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.metadata.title == "船山论坛 路演报告"
    assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
    fonts = {str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].values()}
    assert fonts
    assert all("NotoSansSC" in font for font in fonts)
    assert font_directory().name == "pylopdf_fonts_zh_cn"


def test_a_long_table_repeats_its_header_and_pages_are_numbered(chinese):
    rows = [(f"企业 {n}", "1", n, None, None, None, None) for n in range(90)]
    pages = [page.extract_text() for page in PdfReader(BytesIO(pdf(_paper(*rows)))).pages]
    assert len(pages) >= 4
    assert all("单位名称" in page for page in pages[1:4])
    assert f"2 / {len(pages)}" in pages[1]


_ANNEX_COLUMNS = (Column("单位名称", width=4), Column("代码", Kind.CODE, 2), Column("家数", Kind.COUNT, 1))


def _annex_paper(rows):
    sections = (
        Section("概览", _COLUMNS, _ROWS), Section("企业名录", _ANNEX_COLUMNS, rows, note="已核验。", is_list=True)
    )  # fmt: skip
    return _paper(sections=sections)


def test_a_long_list_is_an_annex_with_every_row_and_pages_of_its_own(chinese):
    rows = [(f"衡阳企业{n}有限公司", f"0{n:05d}", n) for n in range(ANNEX_FROM + 1)]
    document = PdfReader(BytesIO(pdf(_annex_paper(rows))))
    texts = [page.extract_text() for page in document.pages]
    whole = "".join(texts)
    assert f"共 {ANNEX_FROM + 1} 行，见附表 1。" in whole
    assert [code for _name, code, _n in rows if code not in whole] == []
    annex = [text for text in texts if "附表 1 ·" in text]
    assert f"附表 1 · 1 / {len(annex)}" in annex[0]
    assert all("单位名称" in text for text in annex), "each page repeats the header"
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"], "what is no annex stays tagged"


def test_a_list_in_several_parts_says_which(chinese, monkeypatch):
    monkeypatch.setattr(papers, "_ANNEX_ROWS", 600)
    rows = [(f"企业{n}", f"{n:05d}", n) for n in range(ANNEX_FROM + 1)]
    whole = _text(pdf(_annex_paper(rows)))
    assert "附表 1 (1/2)" in whole
    assert "附表 1 (2/2)" in whole
    assert [code for _name, code, _n in rows if code not in whole] == []


def test_a_row_taken_for_one_line_never_needs_two(chinese):
    """Texts as wide as the estimate lets them be: if one wrapped, its words would lie on two lines."""
    alphabet = ("W", "M", "@", "0", "A", "i", "衡", "（", "m", "G", "%", "-", "衡W", "A0", "％")
    for sheet in papers.Sheet:
        page, size = papers._ROOM[sheet]
        room = (page * 4 / 7 - papers._INSET) / size
        texts = []
        for letters in alphabet:
            text = ""
            while papers._letters(text + letters) <= room:
                text += letters
            texts.append(text)
        rows = [(text, "1", "1") for text in texts]
        assert papers._one_line_rows(rows, _ANNEX_COLUMNS, sheet) == [True] * len(rows)
        section = Section("名录", _ANNEX_COLUMNS, rows)
        lines = []
        for page in PdfReader(BytesIO(pdf(_paper(sections=(section,), sheet=sheet)))).pages:
            lines += page.extract_text().split("\n")
        squeezed = [line.replace(" ", "") for line in lines]
        assert [text for text in texts if not any(text in line for line in squeezed)] == []


def test_a_row_that_may_need_two_lines_is_left_to_the_layout():
    rows = [("很长的名称" * 20, "1", "1"), ("短", "1", "1")]
    assert papers._one_line_rows(rows, _ANNEX_COLUMNS, papers.Sheet.A4) == [False, True]


def test_a_drawing_stands_on_a_page_of_a3(chinese):
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50"><text x="9" y="30">铜线</text></svg>'
    section = Section("图谱", _COLUMNS, _ROWS, drawing=drawing)
    pages = PdfReader(BytesIO(pdf(_paper(sections=(section,))))).pages
    sizes = [[round(float(side)) for side in page.mediabox[2:]] for page in pages]
    assert [1191, 842] in sizes
    assert sizes[-1] == [595, 842], "the table goes on where the others are"


def test_a_child_that_fails_is_said(chinese):
    with pytest.raises(SubprocessError):
        typeset_apart("report.typ", "not a paper")
