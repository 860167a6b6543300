"""Gaps on screen: from the list to a project and back; the firm sees its task; nobody else sees any."""

import re
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import select

from models.chain import ChainLink
from models.gap import Gap, GapTask
from tests.factories import (
    make_chain,
    make_link,
    make_organization,
    make_product_line,
    make_profile,
    make_purchase_need,
    make_user,
)
from vocabulary.gaps import GapKind
from vocabulary.roles import OrganizationKind
from workflows.calendar import today
from workflows.gap_keeping import refresh_gaps
from workflows.recommendations import refresh_demand


@pytest.fixture
def chain(session):
    return make_chain(session)


@pytest.fixture
def office_user(session, chain):
    return make_user(session, make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id))


@pytest.fixture
def firm_user(session, chain):
    firm = make_organization(session, chain_id=chain.id, region_code="430482")
    make_profile(session, firm)
    make_product_line(session, firm)
    return make_user(session, firm)


@pytest.fixture
def gap(session, chain, firm_user):
    link = make_link(session, chain)
    for tonnes in (20, 35):
        buyer = make_organization(session, OrganizationKind.BUYER, chain_id=chain.id)
        need = make_purchase_need(
            session, buyer, specification="TMY 10×100", quantity_milli=tonnes * 1000, budget_fen=tonnes * 8_000_000,
            must_certificates=["iatf16949"],
        )  # fmt: skip
        need.title, need.chain_link_id = f"采购镀锡铜排{tonnes}吨", link.id
        session.flush()
        refresh_demand(session, need.id, today=today())
    refresh_gaps(session, today())
    found = session.exec(select(Gap).where(Gap.kind == GapKind.UNMET_PURCHASE)).one()
    session.commit()
    return found


def _form(user, **values):
    return {"title": "引进铜排企业", "owner_id": str(user.id), "due_on": "2099-01-05", "note": ""} | values


def test_every_count_of_the_list_opens_exactly_its_rows(sign_in_as, office_user, gap):
    office = sign_in_as(office_user)
    page = office.get("/gaps/").text
    counts = re.findall(r'href="(/gaps/\?[^"]*)"[^>]*>[^<]*<span class="count">(\d+)</span>', page)
    assert len(counts) >= 8
    for address, count in counts:
        rows = re.findall(r'<th scope="row">', office.get(address.replace("&amp;", "&")).text)
        assert len(rows) == int(count), address


def test_the_page_of_a_gap_shows_as_many_needs_as_it_counts(sign_in_as, office_user, gap):
    page = sign_in_as(office_user).get(f"/gaps/{gap.public_id}").text
    assert "55 吨" in page
    evidence = page.split('id="evidence"')[1].split("</table>")[0]
    assert evidence.count('<th scope="row">') == gap.n_needs == 2


def test_a_lead_becomes_a_project_that_names_its_gap(session, sign_in_as, office_user, gap):
    office = sign_in_as(office_user)
    assert office.post(f"/gaps/{gap.public_id}/leads", data=_form(office_user)).status_code == 303
    task = session.exec(select(GapTask.public_id)).one()
    session.commit()
    answer = office.post(f"/gaps/tasks/{task}", data={"name": "铜排项目", "investor": "甲", "investment_fen": "5000"})
    assert answer.status_code == 303
    project = office.get(answer.headers["Location"]).text
    assert f"/gaps/{gap.public_id}" in project
    assert "铜排项目" in office.get(f"/gaps/{gap.public_id}").text


def test_a_near_miss_is_told_what_it_lacks(session, sign_in_as, office_user, firm_user, gap):
    office, firm = sign_in_as(office_user), sign_in_as(firm_user)
    page = office.get(f"/gaps/{gap.public_id}").text
    option = re.search(r'<option[^>]* value="(\w{12})">', page.split('name="near_miss"')[1])
    assert option
    form = _form(office_user, title="取得认证", near_miss=option.group(1))
    assert office.post(f"/gaps/{gap.public_id}/upgrades", data=form).status_code == 303
    own = firm.get("/my-upgrades/").text
    assert "取得认证" in own
    assert "IATF 16949" in own


def test_what_was_typed_stays_beside_its_error(sign_in_as, office_user, gap):
    office = sign_in_as(office_user)
    answer = office.post(f"/gaps/{gap.public_id}/leads", data=_form(office_user, due_on="2020-01-01"))
    assert answer.status_code == 422
    assert "不能早于今天" in answer.text
    assert 'value="引进铜排企业"' in answer.text


def test_the_spreadsheet_has_the_rows_of_the_list(sign_in_as, office_user, gap):
    answer = sign_in_as(office_user).get("/gaps/xlsx?status=open")
    book = CalamineWorkbook.from_filelike(BytesIO(answer.data))
    rows = book.get_sheet_by_index(1).to_python()
    assert rows[1][0] == "镀锡铜排"
    assert rows[1][6] == 440  # 万元


def test_the_page_of_a_link_shows_its_gaps_to_its_office_only(session, sign_in_as, office_user, firm_user, chain, gap):
    code, chain_code = session.get(ChainLink, gap.chain_link_id).code, chain.code
    session.commit()
    address = f"/chains/{chain_code}/links/{code}"
    assert f"/gaps/{gap.public_id}" in sign_in_as(office_user).get(address).text
    assert f"/gaps/{gap.public_id}" not in sign_in_as(firm_user).get(address).text
