"""The library of key projects on screen."""

import re

import pytest

from models.project import Project
from tests.factories import make_chain, make_organization, make_user
from vocabulary.lifecycles import ProjectStatus
from vocabulary.projects import ProjectKind
from vocabulary.roles import OrganizationKind


@pytest.fixture
def chain(session):
    return make_chain(session, name_zh="有色金属链")


@pytest.fixture
def client(session, sign_in_as, chain):
    return sign_in_as(make_user(session, make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)))


def _filed(client, **values):
    answer = client.post("/projects/new", data={"name": "铜杆项目", "kind": "fill"} | values)
    return answer, answer.headers.get("Location", "")


def test_a_project_is_filed_started_and_reported(client, chain):
    _, page = _filed(
        client, chain_id=chain.id, investment_fen="20000", planned_start_on="2026-01-01",
        planned_finish_on="2027-12-31",
    )  # fmt: skip
    assert client.post(f"{page}/steps/started", data={"on": "2026-01-10"}).status_code == 303
    report = {"month": "2026-02", "invested_fen": "100", "progress": "平整场地", "action": "report"}
    assert client.post(f"{page}/reports", data=report).status_code == 303
    text = client.get(page).text
    assert "2026-02" in text
    assert "已上报" in text
    again = client.post(f"{page}/reports", data=report)
    assert again.status_code == 409


def test_what_was_typed_stays_beside_its_error(client, chain):
    answer, _ = _filed(client, chain_id=chain.id, planned_start_on="2026-05-01", planned_finish_on="2026-04-01")
    assert answer.status_code == 422
    assert "不能早于开工日期" in answer.text
    assert "铜杆项目" in answer.text


def test_the_second_editor_sees_both_values(client, chain):
    _, page = _filed(client, chain_id=chain.id)
    values = {"name": "铜杆项目", "kind": "fill", "chain_id": chain.id, "version": 1}
    assert client.post(f"{page}/edit", data=values | {"land": "已供地"}).status_code == 303
    late = client.post(f"{page}/edit", data=values | {"land": "正在报批"})
    assert late.status_code == 409
    assert "已供地" in late.text
    assert "正在报批" in late.text


def test_every_count_opens_exactly_its_rows(session, client, chain):
    for number, status in enumerate((ProjectStatus.RESERVE, ProjectStatus.RESERVE, ProjectStatus.DROPPED)):
        reason = "退出" if status is ProjectStatus.DROPPED else None
        session.add(
            Project(
                chain_id=chain.id, name=f"项目{number}", kind=ProjectKind.FILL, status=status, dropped_reason=reason
            )
        )
    session.commit()
    text = client.get("/projects/").text
    counted = re.findall(r'href="(/projects/\?[^"]*)"[^>]*>(?:(?!</a>).)*?class="count">(\d+)<', text, re.S)
    assert len(counted) >= 10
    for url, number in counted:
        page = client.get(url.replace("&amp;", "&")).text
        assert len(re.findall(r'<th scope="row"><a href="/projects/', page)) == int(number), url


def test_an_office_of_another_chain_finds_nothing(session, sign_in_as, client, chain):
    _, page = _filed(client, chain_id=chain.id)
    other = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    stranger = sign_in_as(make_user(session, other))
    assert stranger.get(page).status_code == 404
    assert "铜杆项目" not in stranger.get("/projects/").text
