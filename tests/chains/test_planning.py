"""The pages of a chain's plan."""

import re
from datetime import date
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import select

from models.chain_plan import ChainPlan, PlanTask
from models.project import ChainTarget
from tests.factories import make_chain, make_link, make_organization, make_placement, make_user
from vocabulary.projects import TargetKind
from vocabulary.roles import OrganizationKind


@pytest.fixture
def chain(session):
    return make_chain(session, code="copper")


@pytest.fixture
def client(session, sign_in_as, chain):
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    return sign_in_as(make_user(session, office))


@pytest.fixture
def task(session, client):
    assert client.post("/plans/copper", data={"starts_on": "2026-01-01"}).status_code == 303
    row = session.exec(select(PlanTask).order_by(PlanTask.id)).first()
    session.commit()
    return row


def _filled(**values):
    return {"phase": "foundation", "starts_on": "2026-01-01", "due_on": "2026-04-30", "version": "1"} | values


def test_a_chain_without_plan_says_so_and_begins_one(session, client):
    assert "还没有计划" in client.get("/plans/copper").text
    client.post("/plans/copper", data={"starts_on": "2026-01-01"})
    assert session.exec(select(ChainPlan.starts_on)).all() == [date(2026, 1, 1)]
    page = client.get("/plans/copper").text
    assert [word in page for word in ("搭框架", "摸家底", "提效益", "个工作日", "没有指标，也没有说明")] == [True] * 5


def test_a_figure_of_the_plan_opens_exactly_the_rows_it_counts(session, client, chain, task):
    link = make_link(session, chain)
    for _n in range(3):
        make_placement(session, make_organization(session), link.id)
    session.commit()
    client.post(f"/plans/copper/tasks/{task.public_id}", data=_filled(measure="firms_confirmed", target="20"))
    page = client.get("/plans/copper").text
    url, shown = re.search(r'<a href="(/plans/copper/measures/[^"]+)">(\d+)</a> / 20', page).groups()
    assert (client.get(url).text.count('<tr class="measured">'), shown) == (3, "3")


def test_a_target_of_zero_is_refused_with_words_and_kept_out(session, client, task):
    values = {"year": "2026", "kind": "roadshows_held", "at_least": "0"}
    answer = client.post("/plans/copper/targets", data=values)
    assert (answer.status_code, "目标为 0 无法衡量进度" in answer.text) == (422, True)
    assert session.exec(select(ChainTarget)).all() == []
    session.commit()
    assert client.post("/plans/copper/targets", data=values | {"at_least": "2"}).status_code == 303
    assert session.exec(select(ChainTarget.kind, ChainTarget.at_least)).all() == [(TargetKind.ROADSHOWS_HELD, 2)]


def test_the_second_of_two_people_sees_both_values(client, task):
    url = f"/plans/copper/tasks/{task.public_id}"
    assert client.post(url, data=_filled(note="对方写的")).status_code == 303
    answer = client.post(url, data=_filled(note="自己写的"))
    assert answer.status_code == 409
    assert "对方写的" in answer.text
    assert "自己写的" in answer.text


def test_the_spreadsheet_has_the_nine_tasks(client, task):
    book = CalamineWorkbook.from_filelike(BytesIO(client.get("/plans/copper/xlsx").data))
    rows = book.get_sheet_by_name("任务").to_python()
    assert [row[1] for row in rows[1:]] == [
        "搭框架", "摸家底", "挖典型", "抓招商", "落项目", "促联合", "引人才", "降成本", "提效益"
    ]  # fmt: skip
