"""A list as a file: the rows that the reader is shown, all pages of them, and nothing that runs."""

import csv
import io

import openpyxl
import pytest
from sqlmodel import select

from models.audit_event import AuditEvent
from tests.factories import make_chain, make_organization, make_user
from vocabulary.roles import OrganizationKind
from web.common import list_exports


@pytest.fixture
def client(session, sign_in_as):
    chain = make_chain(session)
    other = make_chain(session)
    for n in range(120):
        name = f"=cmd|{n}" if n == 7 else f"衡阳样本{n:03d}有限公司"
        make_organization(session, chain_id=chain.id, legal_name=name)
    make_organization(session, chain_id=other.id, legal_name="别链企业有限公司")
    return sign_in_as(make_user(session, make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)))


def _names(content):
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert {cell.data_type for sheet in book for row in sheet for cell in row} <= {"s", "n", "d"}, "no formula"
    return [row[0].value for row in book.worksheets[1].iter_rows(min_row=2)], book.worksheets[0]


def test_all_pages_of_what_is_shown_and_nothing_else(session, client):
    answer = client.get("/organizations/?page=2&export=xlsx")
    page_one = client.get("/organizations/?export=xlsx")
    names, about = _names(page_one.data)
    assert len(set(names)) == 120
    assert "=cmd|7" in names
    assert "别链企业有限公司" not in names
    assert {"导出人", "导出时间", "筛选条件", "行数"} <= {row[0].value for row in about.iter_rows()}
    assert len(_names(answer.data)[0]) == 70, "from the page asked for to the last"
    kept = session.exec(select(AuditEvent).where(AuditEvent.action == "list_exported")).all()
    assert [event.new["rows"] for event in kept] == [70, 120]


def test_the_filter_in_force_is_applied_and_named(client):
    names, about = _names(client.get("/organizations/?status=verified&q=样本00&export=xlsx").data)
    assert sorted(names) == [f"衡阳样本{n:03d}有限公司" for n in range(10) if n != 7]
    assert any("样本00" in str(cell.value) for row in about.iter_rows() for cell in row)


def test_a_csv_opens_in_excel_and_nothing_in_it_runs(client):
    content = client.get("/organizations/?export=csv").data
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert len(rows) == 121
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert "'=cmd|7" in [row[0] for row in rows]


def test_too_long_a_list_is_not_cut_but_refused(client, monkeypatch):
    monkeypatch.setattr(list_exports, "MAX_ROWS", 100)
    answer = client.get("/organizations/?export=xlsx")
    assert answer.status_code == 303
    assert "export" not in answer.location


def test_who_may_not_see_the_list_gets_no_file(session, sign_in_as):
    buyer = make_user(session, make_organization(session, OrganizationKind.BUYER))
    assert sign_in_as(buyer).get("/organizations/?export=xlsx").status_code == 403


def test_codes_stay_text_and_figures_become_numbers():
    assert list_exports._kind(["12", "1,234", "—"]) is list_exports.Kind.COUNT
    assert list_exports._kind(["0071", "12"]) is list_exports.Kind.TEXT
    assert list_exports._kind(["914304001234567890"]) is list_exports.Kind.TEXT
    assert list_exports._value("1,234.5 万元", list_exports.Kind.MONEY) == 1_234_500_000
