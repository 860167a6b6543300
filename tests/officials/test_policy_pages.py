"""The policy sandbox on screen."""

import re
from datetime import timedelta

import pytest

from tests.factories import (
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_profile,
    make_user,
)
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind
from workflows.calendar import today


@pytest.fixture
def people(session):
    """Two people of the joint office, one of a chain's office and one of a bank; a firm that would gain."""
    chain = make_chain(session)
    joint, bank = (make_organization(session, kind) for kind in (OrganizationKind.JOINT_OFFICE, OrganizationKind.BANK))
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    firm = make_organization(session, chain_id=chain.id)
    make_profile(session, firm, revenue_fen=400 * FEN_PER_WAN)
    make_financing_need(session, firm)
    product = make_loan_product(
        session, bank, min_revenue_band=2, purposes=["working_capital"], guarantee_methods=["mortgage"],
        regions=["4304"],
    )  # fmt: skip
    product.expires_on = today() + timedelta(days=90)
    return [make_user(session, one) for one in (joint, joint, office, bank)], firm.legal_name


_FORM = {"title": "放宽营收", "reason": "小微企业", "manner": "relax", "value": "1"}


def test_a_scenario_from_its_form_to_the_banks_answer(sign_in_as, people, do_jobs):
    (author, other, office, officer), firm = people
    first, second, chain_office, bank = (sign_in_as(user) for user in (author, other, office, officer))
    assert "现行要求" in first.get("/policy/new/revenue_band").text
    made = first.post("/policy/new/revenue_band", data=_FORM)
    assert made.status_code == 303
    page = made.headers["Location"]
    assert chain_office.get(page).status_code == 404  # a draft is the joint office's own
    assert first.post(f"{page}/compute").status_code == 303
    waiting = first.get(page).text
    assert "排在队里" in waiting
    assert f'hx-get="{page}"' in waiting
    assert do_jobs() == 1
    looked = first.get(page, headers={"HX-Request": "true"})
    assert (looked.headers["HX-Refresh"], looked.text) == ("true", "")
    assert firm in first.get(page).text
    assert firm not in chain_office.get(page).text  # of another chain
    first.post(f"{page}/publish")
    assert "已发布" not in first.get(page).text
    second.post(f"{page}/publish")
    assert "待银行答复" in second.get(page).text
    accept = re.search(r'action="(/suggested-terms/\w+/accept)"', bank.get("/suggested-terms/").text)
    bank.post(accept[1])
    assert "银行已接受" in second.get(page).text


def test_every_count_opens_exactly_its_rows(sign_in_as, people, do_jobs):
    (author, *_), _firm = people
    client = sign_in_as(author)
    page = client.post("/policy/new/revenue_band", data=_FORM).headers["Location"]
    client.post(f"{page}/compute")
    do_jobs()
    text = client.get(page).text
    found = re.findall(r'href="(/policy/\w+\?[^"]*change=[^"]*)">(\d+)', text)
    assert found
    for address, n in found:
        rows = client.get(address.replace("&amp;", "&")).text
        opened = re.search(r"共 (\d+) 条", rows)
        assert (int(opened[1]) if opened else 0) == int(n), address
    pair = re.search(r'href="(/policy/\w+/pairs/\w+)"', client.get(f"{page}?list=pairs").text)
    assert "营业收入" in client.get(pair[1]).text


def test_what_is_wrong_stands_beside_its_field(sign_in_as, people):
    (author, *_), _firm = people
    client = sign_in_as(author)
    same = client.post("/policy/new/revenue_band", data=_FORM | {"value": "7"})
    assert (same.status_code, "没有任何变化" in same.text) == (422, True)
    blank = client.post("/policy/new-weights/finance", data={"title": "全零", "reason": "试"} | _zero(client))
    assert (blank.status_code, "权重不能全部为 0" in blank.text) == (422, True)
    assert (
        client.post("/policy/new-weights/finance", data={"title": "x", "reason": "y", "weight_text": "-3"}).status_code
        == 422
    )
    assert client.get("/policy/new/nothing").status_code == 404


def _zero(client):
    page = client.get("/policy/new-weights/finance").text
    return dict.fromkeys(re.findall(r'name="(weight_\w+)"', page), "0")
