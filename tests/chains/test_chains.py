"""The chain pages: who, what is missing, what was achieved."""

from datetime import date

import pytest

from models.base import now
from models.pairing import CaseStep
from tests.factories import (
    make_chain,
    make_financing_need,
    make_link,
    make_loan_product,
    make_organization,
    make_pairing,
    make_profile,
    make_purchase_need,
    make_user,
)
from vocabulary.classifications import CaseStepKind
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind


@pytest.fixture
def chain(session):
    return make_chain(session, code="copper", name_zh="铜产业链", name_en="Copper")


@pytest.fixture
def visitor(session, sign_in_as, chain):
    buyer = make_organization(session, OrganizationKind.BUYER)
    return lambda: sign_in_as(make_user(session, buyer))


def test_a_link_shows_its_firms_and_an_empty_one_is_named_a_gap(session, chain, visitor):
    link = make_link(session, chain, name_zh="铜线加工")
    make_link(session, chain, name_zh="漆包线")
    firm = make_organization(session, chain_id=chain.id, legal_name="常宁铜线有限公司")
    make_profile(session, firm, chain_link_id=link.id)
    page = visitor().get("/chains/copper").text
    assert "常宁铜线有限公司" in page
    assert page.count("缺失环节") == 1


def test_a_need_without_an_eligible_firm_is_shown_on_the_link_that_makes_the_good(session, chain, visitor):
    make_link(session, chain, name_zh="铜压延", industry_prefixes="325")
    buyer = make_organization(session, chain_id=chain.id)
    make_purchase_need(session, buyer)
    page = visitor().get("/chains/copper").text
    assert "未满足的需求 1 条" in page
    assert "采购电工圆铜线" in page


def test_credit_granted_and_disbursed_are_never_added_and_a_corrected_step_no_longer_counts(session, chain, visitor):
    firm = make_organization(session, chain_id=chain.id)
    bank = make_organization(session, OrganizationKind.BANK)
    pairing = make_pairing(session, make_financing_need(session, firm), make_loan_product(session, bank), chain)
    officer = make_user(session, bank)

    def step(kind, wan, **values):
        row = CaseStep(
            pairing_id=pairing.id,
            kind=kind,
            happened_on=date(2026, 5, 1),
            amount_fen=wan * FEN_PER_WAN,
            recorded_by_id=officer.id,
            created_at=now(),
            **values,
        )
        session.add(row)
        session.flush()
        return row

    step(CaseStepKind.CREDIT_GRANTED, 800)
    wrong = step(CaseStepKind.DISBURSED, 5000)
    step(CaseStepKind.DISBURSED, 500, corrects_id=wrong.id)
    page = visitor().get("/chains/copper").text
    assert "800 万元" in page
    assert "500 万元" in page
    assert "5,000 万元" not in page
    assert "1,300 万元" not in page


def test_an_unknown_chain_is_the_same_page_as_any_missing_one(visitor):
    client = visitor()
    assert client.get("/chains/nowhere").status_code == 404


def test_english_names_are_used_in_english(visitor):
    client = visitor()
    client.set_cookie("lang", "en")
    page = client.get("/chains/").text
    assert "Copper" in page
    assert "铜产业链" not in page
