"""Firms out of spreadsheets: what is good comes in once, what is bad is named, nothing is half loaded."""

import io

import openpyxl
import pytest
from sqlmodel import col, func, select

from benchmarks.import_tables import HEADINGS, as_csv, firm, table
from models.firm_profile import FirmProfile
from models.import_batch import ImportBatch
from models.organization import Organization
from tests.factories import make_chain, make_organization, make_user
from vocabulary.imports import ImportStatus
from vocabulary.roles import OrganizationKind
from workflows import import_batches
from workflows.sheets import NoTable, read_sheets


def as_xlsx(rows):
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in [HEADINGS, *rows]:
        book.active.append(row)
        for cell in book.active[book.active.max_row]:
            cell.data_type = "s" if cell.value is not None else "n"
    book.save(file)
    return file.getvalue()


@pytest.fixture
def chain(session):
    return make_chain(session)


@pytest.fixture
def official(session, chain):
    return make_user(session, make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id))


@pytest.fixture
def client(official, sign_in_as):
    return sign_in_as(official)


def _send(client, content, name="企业.csv"):
    answer = client.post("/imports/firms/", data={"file": (io.BytesIO(content), name)})
    assert answer.status_code == 303, answer.text
    return answer.location


def _check(client, session, url):
    client.post(url, data={"step": "check", **_latest(session).mapping})
    return _latest(session)


def _latest(session):
    session.rollback()
    batch = session.exec(select(ImportBatch).order_by(col(ImportBatch.id).desc())).first()
    session.refresh(batch)
    session.commit()
    return batch


def _n_firms(session):
    session.rollback()
    n = session.exec(select(func.count()).where(Organization.kind == OrganizationKind.ENTERPRISE)).one()
    session.commit()
    return n


@pytest.mark.parametrize("make", [as_csv, as_xlsx])
def test_good_rows_come_in_bad_ones_are_marked_and_again_nothing_is_new(session, client, make, do_jobs):
    rows, spoilt = table(200, 7)
    name = "企业.csv" if make is as_csv else "企业.xlsx"
    url = _send(client, make(rows), name)
    batch = _check(client, session, url)
    assert batch.counts == {"new": 193, "changed": 0, "unchanged": 0, "bad": 7}
    assert {entry["row"]: entry["column"] for entry in batch.problems} == spoilt
    assert _n_firms(session) == 0, "a dry run writes no firm"

    client.post(url, data={"step": "load"})
    assert do_jobs() == 0, "all or nothing"
    client.post(url, data={"step": "load_good"})
    do_jobs()
    assert _n_firms(session) == 193

    again = _check(client, session, _send(client, make(rows), name))
    assert again.counts == {"new": 0, "changed": 0, "unchanged": 193, "bad": 7}

    marked = openpyxl.load_workbook(io.BytesIO(client.get(f"{url}/marked").data)).active
    assert marked.max_row == 8
    assert {cell.data_type for row in marked for cell in row} <= {"s", "n"}, "no formula, whatever a name begins with"
    assert all("第" in row[-1].value for row in marked.iter_rows(min_row=2))


def test_a_corrected_error_file_brings_in_what_was_left_out(session, client, do_jobs):
    rows, spoilt = table(20, 3)
    url = _send(client, as_csv(rows))
    _check(client, session, url)
    client.post(url, data={"step": "load_good"})
    do_jobs()
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{url}/marked").data))
    for line, number in enumerate(sorted(spoilt), start=2):
        for place, value in enumerate(firm(number - 2), start=1):
            book.active.cell(line, place, value)
    file = io.BytesIO()
    book.save(file)
    again = _send(client, file.getvalue(), "改好.xlsx")
    assert _check(client, session, again).counts == {"new": 3, "changed": 0, "unchanged": 0, "bad": 0}


def test_every_way_of_spoiling_a_row_is_named(session, client):
    rows, spoilt = table(60, 48)
    batch = _check(client, session, _send(client, as_csv(rows, "gb18030")))
    assert {entry["row"]: entry["column"] for entry in batch.problems} == spoilt
    assert all(entry["reason"] for entry in batch.problems)
    assert batch.counts["new"] == 12


def test_a_crash_in_the_middle_leaves_nothing(session, client, monkeypatch, do_jobs):
    rows, _spoilt = table(30, 0)
    url = _send(client, as_csv(rows))
    _check(client, session, url)
    true_record, calls = import_batches.record_each, []

    def fails_midway(*args, **kwargs):
        calls.append(1)
        if len(calls) > 1:
            raise RuntimeError("killed")
        return true_record(*args, **kwargs)

    monkeypatch.setattr(import_batches, "_AT_ONCE", 15)
    monkeypatch.setattr(import_batches, "record_each", fails_midway)
    client.post(url, data={"step": "load"})
    do_jobs()
    assert len(calls) == 2, "it was really in the middle"
    assert _n_firms(session) == 0
    assert _latest(session).status is ImportStatus.CHECKED


def test_a_changed_figure_is_taken_from_a_file_only_where_a_file_said_it(session, client, do_jobs):
    rows, _spoilt = table(2, 0)
    url = _send(client, as_csv(rows))
    _check(client, session, url)
    client.post(url, data={"step": "load"})
    do_jobs()
    filed = session.exec(select(FirmProfile).order_by(col(FirmProfile.id))).first()
    assert filed.provenance["employees"]["source"] == "imported"
    filed.provenance = filed.provenance | {"employees": {"source": "self_filed"}}
    session.add(filed)
    session.commit()
    for row in rows:
        row[HEADINGS.index("从业人员")] = "90"
    url = _send(client, as_csv(rows))
    assert _check(client, session, url).counts == {"new": 0, "changed": 1, "unchanged": 1, "bad": 0}
    client.post(url, data={"step": "load"})
    do_jobs()
    session.expire_all()
    assert sorted(session.exec(select(FirmProfile.employees)).all()) == [80, 90]


def test_an_office_neither_imports_into_another_chain_nor_sees_its_tables(session, client, sign_in_as):
    other = make_chain(session)
    rows, _spoilt = table(1, 0)
    make_organization(session, legal_name=rows[0][0], uscc=rows[0][1], chain_id=other.id)
    stranger = make_user(session, make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=other.id))
    session.commit()
    url = _send(client, as_csv(rows))
    batch = _check(client, session, url)
    assert [entry["reason"] for entry in batch.problems] == ["not of this chain"]
    other_client = sign_in_as(stranger)
    assert other_client.get(url).status_code == 404
    assert other_client.get(f"{url}/marked").status_code == 404


def test_numbers_that_lost_digits_and_formulas_are_refused_in_a_spreadsheet():
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["统一社会信用代码", "企业名称", "编号"])
    book.active.append([914304001234567890, "=1+1", "0071"])
    book.save(file)
    (sheet,) = read_sheets("a.xlsx", file.getvalue())
    assert [cell[1:] for cell in sheet.rows[1][:2]] == ["number lost its last digits", "formula"]
    assert sheet.rows[1][2] == "0071"


def test_what_no_column_takes_is_named_before_anything_is_loaded(client, session):
    rows, _spoilt = table(3, 0)
    rows[0][0] += "_x0000_"  # how a spreadsheet writes U+0000
    rows[1][HEADINGS.index("从业人员")] = "3000000000"
    batch = _check(client, session, _send(client, as_xlsx(rows), "企业.xlsx"))
    assert [entry["reason"] for entry in batch.problems] == ["unreadable character", "too large"]


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PK\x03\x04junk", "企业名称\n".encode()])
def test_what_is_no_table_is_refused(content):
    with pytest.raises(NoTable):
        read_sheets("a", content)


def test_pages_and_template_open(client, session):
    rows, _spoilt = table(20, 3)
    url = _send(client, as_csv(rows))
    assert "哪一列是什么" in client.get(url).text
    _check(client, session, url)
    page = client.get(url).text
    assert "试算结果" in page
    assert "没有填写" in page
    book = openpyxl.load_workbook(io.BytesIO(client.get("/imports/firms/template").data))
    assert [cell.value for cell in book.worksheets[0][1]][:2] == ["企业名称", "统一社会信用代码"]
    client.post(url, data={"step": "drop"})
    assert _latest(session).sheets == []
    assert client.get("/imports/firms/").status_code == 200


def test_another_sheet_of_a_checked_file_is_checked_anew(session, client, do_jobs):
    book = openpyxl.Workbook()
    book.active.append(["企业名称"])
    book.active.append(["常宁市甲铜业有限公司"])
    second = book.create_sheet("第二张")
    second.append(["企业名称"])
    for name in ("衡阳乙铜业有限公司", "衡阳丙铜业有限公司", ""):
        second.append([name, "x"])
    file = io.BytesIO()
    book.save(file)
    url = _send(client, file.getvalue(), "两张.xlsx")
    assert _check(client, session, url).counts["new"] == 1
    client.post(url, data={"step": "sheet", "sheet": "1"})
    batch = _latest(session)
    assert (batch.counts["new"], batch.counts["bad"]) == (2, 1)
    client.post(url, data={"step": "load_good"})
    do_jobs()
    assert _n_firms(session) == 2
