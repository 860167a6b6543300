"""The desks of firms, banks and buyers: what is shown, what is not, and what one click does."""

import re
from datetime import date

import pytest
from sqlmodel import select

from models.pairing import Pairing
from models.recommendation import PairSignal
from models.session import open_session
from tests.factories import (
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_product_line,
    make_profile,
    make_purchase_need,
    make_user,
)
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind, Role
from workflows.recommendations import refresh_all

SECRETS = ("李明铜", "0734-8123456", "secret@firm.example", "厂房抵押说明", "37,123")


@pytest.fixture
def world(engine, session):
    """A firm with a need and a line, a bank, a buyer, and what the engine says of them."""
    chain = make_chain(session)
    firm = make_organization(session, chain_id=chain.id, legal_name="常宁铜线有限公司")
    make_profile(
        session, firm, revenue_fen=37_123 * FEN_PER_WAN // 10, contact_name="李明铜", contact_phone="0734-8123456",
        contact_email="secret@firm.example", collateral_note="厂房抵押说明",
    )  # fmt: skip
    bank = make_organization(session, OrganizationKind.BANK, legal_name="衡阳银行")
    buyer = make_organization(session, OrganizationKind.BUYER, legal_name="衡阳电缆采购部")
    users = {
        "firm": make_user(session, firm, Role.SIGNATORY),
        "bank": make_user(session, bank),
        "buyer": make_user(session, buyer),
    }
    make_financing_need(session, firm)
    make_product_line(session, firm)
    make_loan_product(session, bank)
    make_loan_product(session, bank, min_months_in_operation=600)
    make_purchase_need(session, buyer)
    session.commit()
    refresh_all(engine, today=date(2026, 6, 1))
    return users


def first_link(client, page, prefix):
    start = page.index(f'href="{prefix}') + 6
    return page[start : page.index('"', start)]


@pytest.mark.parametrize("role", ["bank", "buyer"])
def test_counterparts_see_bands_and_never_contacts_or_figures(sign_in_as, world, role):
    client = sign_in_as(world[role])
    page = client.get("/recommended-firms/").text
    assert "常宁铜线有限公司" in page
    link = first_link(client, page[page.index("<tbody>") :], "/recommended-firms/")
    detail = client.get(link).text
    assert "匹配度由以下各项相加而成" in detail
    for shown in (page, detail):
        for secret in SECRETS:
            assert secret not in shown


@pytest.mark.parametrize("role", ["bank", "buyer"])
def test_counterparts_see_the_computed_size_class_and_never_why(sign_in_as, world, role):
    client = sign_in_as(world[role])
    page = client.get("/recommended-firms/").text
    detail = client.get(first_link(client, page[page.index("<tbody>") :], "/recommended-firms/")).text
    assert re.search(r"企业划型（按办法计算）</dt>\s*<dd>小型</dd>", detail)
    for shown in (page, detail):
        assert "从业人员不足" not in shown
        assert "营收不足" not in shown


def test_buyers_are_shown_nothing_about_tax_or_collateral(sign_in_as, world):
    client = sign_in_as(world["buyer"])
    page = client.get("/recommended-firms/").text
    detail = client.get(first_link(client, page[page.index("<tbody>") :], "/recommended-firms/")).text
    assert "纳税信用等级" not in detail
    assert "可抵押资产估值" not in detail


def test_a_firm_reads_what_would_have_to_change_where_a_product_does_not_fit(sign_in_as, world):
    client = sign_in_as(world["firm"])
    index = client.get("/recommendations/").text
    page = client.get(first_link(client, index, "/recommendations/for/")).text
    assert "暂不符合" in page
    assert "怎样才能符合" in page
    assert "只需等待" in page


def test_interest_of_both_sides_is_mutual_and_opens_one_pairing(engine, sign_in_as, world):
    firm, bank = sign_in_as(world["firm"]), sign_in_as(world["bank"])
    page = bank.get("/recommended-firms/").text
    link = first_link(bank, page[page.index("<tbody>") :], "/recommended-firms/")
    bank.post(f"{link}/interest")
    again = firm.get(first_link(firm, firm.get("/recommendations/").text, "/recommendations/for/")).text
    assert "双方有意向" not in again, "one side's interest is not told"
    own = first_link(firm, again[again.index("<tbody>") :], "/recommendations/")
    assert "双方都有意向" in firm.post(f"{own}/interest", follow_redirects=True).text
    with open_session(engine, read_only=True) as session:
        pairings = session.exec(select(Pairing)).all()
        assert [pairing.is_mutual for pairing in pairings] == [True]


def test_a_dismissal_needs_a_reason_and_can_be_taken_back(engine, sign_in_as, world):
    bank = sign_in_as(world["bank"])
    page = bank.get("/recommended-firms/").text
    link = first_link(bank, page[page.index("<tbody>") :], "/recommended-firms/")
    bank.post(f"{link}/dismiss", data={"reason": "nonsense"})
    assert "常宁铜线有限公司" in bank.get("/recommended-firms/").text
    bank.post(f"{link}/dismiss", data={"reason": "debt_too_high", "note": "负债偏高"})
    with open_session(engine, read_only=True) as session:
        assert session.exec(select(PairSignal)).one().reason == "debt_too_high"
    assert "常宁铜线有限公司" not in bank.get("/recommended-firms/").text
    bank.post(f"{link}/restore")
    assert "常宁铜线有限公司" in bank.get("/recommended-firms/").text


@pytest.mark.parametrize("n", [0, 1, 4])
def test_comparing_takes_two_or_three(sign_in_as, world, n):
    bank = sign_in_as(world["bank"])
    answer = bank.get("/recommended-firms/compare", query_string={"ids": [f"x{i}" for i in range(n)]})
    assert answer.status_code == 302
    assert f"现在选了 {n} 家" in bank.get("/recommended-firms/").text


def test_anothers_recommendation_is_not_there(sign_in_as, session, world):
    bank = sign_in_as(world["bank"])
    page = bank.get("/recommended-firms/").text
    link = first_link(bank, page[page.index("<tbody>") :], "/recommended-firms/")
    stranger = sign_in_as(make_user(session, make_organization(session, OrganizationKind.BANK)))
    assert stranger.get(link).status_code == 404
    assert stranger.post(f"{link}/interest").status_code == 404
