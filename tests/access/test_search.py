"""What is found by words: every piece of a name, pinyin, codes; never what the reader may not see."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from access.actor import Actor
from access.lists.found import FoundNoun, found
from access.search import found_by, organization
from models.organization import Organization
from models.product_line import ProductLine
from models.search_term import SearchTerm, index_all
from tests.factories import (
    actor_of,
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_pairing,
    make_product_line,
    make_profile,
    make_purchase_need,
    make_user,
)
from vocabulary.lifecycles import PostingStatus
from vocabulary.roles import OrganizationKind
from vocabulary.search import terms, words
from workflows.recommendations import refresh_demand

TODAY = date(2026, 6, 15)
_K = OrganizationKind


def titles(session: Session, actor: Actor, q: str) -> dict[FoundNoun, list[str]]:
    return {group.noun: [hit.title for hit in group.hits] for group in found(session, actor, q, on=TODAY)}


def named(session: Session, q: str) -> list[str]:
    statement = select(Organization.legal_name).where(found_by(q, organization(Organization.id)))
    return list(session.exec(statement.order_by(col(Organization.id))))


@pytest.mark.parametrize(
    "q",
    [
        "隆源", "源铜", "铜业有限", "常宁市隆源铜业有限公司", "longyuan", "yuantong", "lyty", "ly", "LYTY", "隆源 有限",
        "tongye 常宁", "91430482MA4L1", "９１４３０４８２",
    ],
)  # fmt: skip
def test_a_firm_is_found_by_each_piece_of_its_name_by_pinyin_and_by_code(session: Session, q: str) -> None:
    make_organization(session, legal_name="常宁市隆源铜业有限公司", uscc="91430482MA4L1ABCDE")
    make_organization(session, legal_name="衡阳县大山油茶合作社")
    assert named(session, q) == ["常宁市隆源铜业有限公司"]


@pytest.mark.parametrize("q", ["隆铜", "铜隆", "隆源 油茶", "ongyuan", "%", "_", "！", "", "MA4L1ABCDE9"])
def test_what_is_not_in_it_does_not_find_it(session: Session, q: str) -> None:
    make_organization(session, legal_name="常宁市隆源铜业有限公司", uscc="91430482MA4L1ABCDE")
    assert named(session, q) == []


_CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=16)


@given(_CHINESE, st.data())
def test_every_piece_of_a_chinese_name_begins_a_term_and_nothing_else_does(name: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(name) - 1))
    piece = name[start : data.draw(st.integers(start + 1, len(name)))]
    found_terms = terms(texts=(name,))
    assert any(term.startswith(piece) for term in found_terms)
    stranger = data.draw(_CHINESE)
    assert any(term.startswith(stranger) for term in found_terms) == (stranger in name)


@pytest.mark.parametrize("q", ["GB/T3956", "gb/t 3956", "GB/T 3956-2008", "T3956", "3956", "2008"])
def test_a_standard_is_found_however_it_is_spaced(q: str) -> None:
    found_terms = terms(texts=("按GB/T 3956-2008执行",))
    assert all(any(term.startswith(word) for term in found_terms) for word in words(q))
    assert not any(term.startswith(("8 ", "956")) for term in found_terms)


def test_terms_follow_the_texts_and_can_be_written_anew(session: Session) -> None:
    firm = make_organization(session, legal_name="常宁市隆源铜业有限公司")
    line = make_product_line(session, firm, specification="电工圆铜线")
    firm.legal_name = "常宁市金杯电缆有限公司"
    own = session.get_one(ProductLine, line.id)
    own.specification, own.standards = "镀锡扁线", ["GB/T 4910-2022"]
    session.flush()
    assert named(session, "隆源") == []
    assert named(session, "金杯") == ["常宁市金杯电缆有限公司"]
    statement = select(SearchTerm).order_by(col(SearchTerm.kind), col(SearchTerm.row_id), col(SearchTerm.term))
    kept = [row.model_dump() for row in session.exec(statement)]
    index_all(session.connection())
    session.expire_all()
    assert [row.model_dump() for row in session.exec(statement)] == kept
    assert kept


@pytest.fixture
def market(session: Session) -> dict[str, Any]:
    """Two chains; in the first a firm with need and line, a bank's product, a buyer that hides its name."""
    chain, other = make_chain(session, name_zh="铜基新材料"), make_chain(session, name_zh="油茶", code="oil")
    firm = make_organization(session, chain_id=chain.id, legal_name="常宁市隆源铜业有限公司")
    make_profile(session, firm)
    bank = make_organization(session, _K.BANK, legal_name="衡阳农商银行")
    buyer = make_organization(session, _K.BUYER, legal_name="神秘电缆有限公司")
    need, line = make_financing_need(session, firm), make_product_line(session, firm)
    product, wanted = make_loan_product(session, bank), make_purchase_need(session, buyer, hide_name=True)
    need.title, line.title, product.title, wanted.title = "扩产流动资金", "镀锡铜线", "铜企快贷", "采购镀锡铜线"
    wanted.chain_id = chain.id
    make_pairing(session, need, product, chain)
    refresh_demand(session, need.id, today=TODAY)
    refresh_demand(session, wanted.id, today=TODAY)
    offices = [make_organization(session, _K.CHAIN_OFFICE, chain_id=each.id) for each in (chain, other)]
    organizations = {"firm": firm, "bank": bank, "buyer": buyer, "office": offices[0], "other_office": offices[1]}
    actors: dict[str, Any] = {name: actor_of(make_user(session, row), row) for name, row in organizations.items()}
    return actors | {"need": need, "line": line, "product": product, "wanted": wanted}


def test_each_finds_what_is_theirs_to_see(session: Session, market: dict[str, Any]) -> None:
    assert titles(session, market["office"], "铜") == {
        FoundNoun.ORGANIZATION: ["常宁市隆源铜业有限公司"],
        FoundNoun.FINANCING_NEED: ["扩产流动资金"],
        FoundNoun.LOAN_PRODUCT: ["铜企快贷"],
        FoundNoun.PURCHASE_NEED: ["采购镀锡铜线"],
        FoundNoun.PRODUCT_LINE: ["镀锡铜线"],
        FoundNoun.PAIRING: ["扩产流动资金"],
    }
    assert titles(session, market["other_office"], "铜") == {FoundNoun.LOAN_PRODUCT: ["铜企快贷"]}
    assert titles(session, market["firm"], "镀锡") == {
        FoundNoun.PRODUCT_LINE: ["镀锡铜线"],
        FoundNoun.RECOMMENDATION: ["采购镀锡铜线"],
    }
    assert titles(session, market["bank"], "隆源") == {FoundNoun.RECOMMENDATION: ["扩产流动资金"]}
    assert titles(session, market["bank"], "镀锡") == {}


def test_a_name_kept_back_is_not_found_by_guessing_it(session: Session, market: dict[str, Any]) -> None:
    assert titles(session, market["firm"], "神秘") == {}
    (group,) = [
        group
        for group in found(session, market["firm"], "采购镀锡", on=TODAY)
        if group.noun is FoundNoun.RECOMMENDATION
    ]
    assert group.hits[0].context is None
    assert titles(session, market["buyer"], "神秘")[FoundNoun.PURCHASE_NEED] == ["采购镀锡铜线"]


def test_a_draft_is_found_by_its_owner_only(session: Session, market: dict[str, Any]) -> None:
    bank = session.get_one(Organization, market["bank"].organization_id)
    draft = make_loan_product(session, bank)
    draft.title, draft.status, draft.opened_at = "内部试算产品", PostingStatus.DRAFT, None
    session.flush()
    assert titles(session, market["office"], "试算") == {}
    assert titles(session, market["bank"], "试算") == {FoundNoun.LOAN_PRODUCT: ["内部试算产品"]}
