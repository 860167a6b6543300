"""The problem list on screen, from the firm to the office and back."""

import re

import pytest

from tests.factories import make_chain, make_organization, make_user
from vocabulary.roles import OrganizationKind


@pytest.fixture
def chain(session):
    return make_chain(session)


@pytest.fixture
def firm_user(session, chain):
    return make_user(session, make_organization(session, chain_id=chain.id))


@pytest.fixture
def office_user(session, chain):
    return make_user(session, make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id))


def _raised(client):
    answer = client.post("/my-problems/new", data={"kind": "land", "title": "用地指标", "text": "二期未落实"})
    assert answer.status_code == 303
    return answer.headers["Location"].rsplit("/", 1)[1]


def test_the_firm_and_the_office_bring_a_problem_to_its_end(sign_in_as, firm_user, office_user):
    firm, office = sign_in_as(firm_user), sign_in_as(office_user)
    number = _raised(firm)
    assert "用地指标" in office.get("/problems/").text
    form = {"bureau": "市自然资源和规划局", "due_on": "2099-01-05"}
    assert office.post(f"/problems/{number}/hand-over", data=form).status_code == 303
    assert office.post(f"/problems/{number}/answer", data={"answer": "已列入计划"}).status_code == 303
    page = firm.get(f"/my-problems/{number}").text
    assert "已列入计划" in page
    assert firm.post(f"/my-problems/{number}/agree").status_code == 303
    assert "已办结" in office.get(f"/problems/{number}").text


def test_what_was_typed_stays_beside_its_error(sign_in_as, firm_user, office_user):
    firm, office = sign_in_as(firm_user), sign_in_as(office_user)
    answer = firm.post("/my-problems/new", data={"kind": "land", "title": "用地指标", "text": ""})
    assert answer.status_code == 422
    assert 'value="用地指标"' in answer.text
    number = _raised(firm)
    late = office.post(f"/problems/{number}/hand-over", data={"bureau": "市税务局", "due_on": "2020-01-01"})
    assert late.status_code == 422
    assert "不能早于今天" in late.text
    assert 'value="市税务局"' in late.text


def test_every_count_opens_exactly_its_rows(sign_in_as, firm_user, office_user):
    firm, office = sign_in_as(firm_user), sign_in_as(office_user)
    numbers = [_raised(firm) for _ in range(3)]
    office.post(f"/problems/{numbers[0]}/close", data={"closing_note": "重复反映"})
    text = office.get("/problems/").text
    counted = re.findall(r'href="(/problems/[^"]*)"[^>]*>[^<]*<span class="count">(\d+)<', text)
    assert [int(count) for _, count in counted] == [3, 2, 0, 0, 1, 0]
    for url, count in counted:
        page = office.get(url.replace("&amp;", "&")).text
        assert len(re.findall(r'<th scope="row"><a href="/problems/', page)) == int(count), url
