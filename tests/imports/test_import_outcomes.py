"""What came of cases, out of a table: steps recorded once, corrected where the table says otherwise."""

import io
from datetime import timedelta

import openpyxl
import pytest
from sqlmodel import col, select

from models.base import now
from models.pairing import CaseStep, Pairing
from tests.case_worlds import make_case_world
from vocabulary.classifications import CaseStepKind, Market
from workflows import cases
from workflows.calendar import today

HEADINGS = ["对接编号", "企业名称", "步骤", "日期", "金额（万元）", "跳过前面步骤的原因"]


def ago(days):
    return (today() - timedelta(days=days)).isoformat()


@pytest.fixture
def world(session):
    found = make_case_world(session, introduced_at=now() - timedelta(days=40))
    session.commit()
    return found


@pytest.fixture
def client(world, sign_in_as):
    return sign_in_as(world.handler)


def _steps(session):
    session.rollback()
    rows = session.exec(select(CaseStep).order_by(col(CaseStep.id))).all()
    session.commit()
    return [(step.kind.value, step.amount_fen) for step in rows]


def test_steps_in_any_order_come_in_once_and_move_the_case(session, client, world, checked, do_jobs):
    case, firm = world.pairing.public_id, world.firm.legal_name
    rows = [
        [case, firm, "放款", ago(3), "200", ""],
        [case, firm, "授信", ago(5), "300", "企业已有评级"],
        [case, firm, "联系", ago(30), "", ""],
    ]
    url, batch = checked(client, "outcomes", HEADINGS, rows)
    assert batch.counts == {"new": 3, "changed": 0, "unchanged": 0, "bad": 0}, batch.problems
    assert _steps(session) == []
    client.post(url, data={"step": "load"})
    do_jobs()
    assert _steps(session) == [("contact", None), ("credit_granted", 300_000_000), ("disbursed", 200_000_000)]
    pairing = session.get_one(Pairing, world.pairing.id, populate_existing=True)
    session.commit()
    assert pairing.status == "fulfilled"

    assert checked(client, "outcomes", HEADINGS, rows)[1].counts["unchanged"] == 3
    url, batch = checked(client, "outcomes", HEADINGS, [[case, firm, "放款", ago(3), "250", ""]])
    assert batch.counts["changed"] == 1
    client.post(url, data={"step": "load"})
    do_jobs()
    assert _steps(session)[-2:] == [("disbursed", 200_000_000), ("disbursed", 250_000_000)]


def test_what_a_form_would_refuse_is_named(session, client, world, checked):
    case, firm = world.pairing.public_id, world.firm.legal_name
    rows = [
        ["没有这个编号", "", "联系", ago(3), "", ""],
        [case, "别的公司", "联系", ago(3), "", ""],
        [case, firm, "样品", ago(3), "", ""],
        [case, firm, "授信", ago(2), "", "已有评级"],
        [case, firm, "尽职调查", ago(4), "", ""],
        [case, firm, "联系", ago(90), "", ""],
        [case, firm, "联系", ago(-3), "", ""],
    ]
    url, batch = checked(client, "outcomes", HEADINGS, rows)
    assert [(entry["row"], entry["column"]) for entry in batch.problems] == [
        (2, "对接编号"), (3, "企业名称"), (4, "步骤"), (5, "金额（万元）"), (6, "跳过前面步骤的原因"), (7, "日期"),
        (8, "日期"),
    ]  # fmt: skip
    page = client.get(url).text
    assert "不能早于引荐之日" in page
    assert "不是这个对接的企业" in page


def test_a_step_made_void_stays_void_and_the_firm_records_nothing(session, client, world, checked, sign_in_as):
    case = world.pairing.public_id
    step = cases.record_step(
        session, world.by_handler, world.pairing, kind=CaseStepKind.CONTACT, happened_on=today() - timedelta(days=9)
    )
    cases.correct_step(session, world.by_handler, step, happened_on=step.happened_on, is_void=True)
    session.commit()
    _url, batch = checked(client, "outcomes", HEADINGS, [[case, "", "联系", ago(9), "", ""]])
    assert [entry["reason"] for entry in batch.problems] == ["made void"]
    _url, batch = checked(sign_in_as(world.signatory), "outcomes", HEADINGS, [[case, "", "联系", ago(9), "", ""]])
    assert [entry["reason"] for entry in batch.problems] == ["recorded by the other side"]


@pytest.mark.parametrize("market", list(Market))
def test_the_template_lists_the_cases_under_way(session, sign_in_as, market):
    found = make_case_world(session, introduced_at=now(), market=market)
    session.commit()
    content = sign_in_as(found.handler).get("/imports/outcomes/template").data
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert [cell.value for cell in book.worksheets[0][2]][:2] == [found.pairing.public_id, found.firm.legal_name]
    choices = {cell.value for row in book.worksheets[2] for cell in row}
    assert ("授信" in choices) == (market is Market.FINANCE)
