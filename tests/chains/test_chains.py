"""The chain pages: who, what is missing, what was achieved."""

import re
from datetime import date

import pytest
from sqlmodel import select

from models.base import now
from models.chain import ChainLink
from models.pairing import CaseStep
from tests.factories import (
    make_chain,
    make_financing_need,
    make_link,
    make_loan_product,
    make_organization,
    make_pairing,
    make_placement,
    make_product_line,
    make_profile,
    make_purchase_need,
    make_user,
)
from vocabulary.chains import FirmStanding
from vocabulary.classifications import CaseStepKind, ChainPlacement, LinkPosition
from vocabulary.lifecycles import PairingStatus, PostingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind

K = ChainPlacement


@pytest.fixture
def chain(session):
    return make_chain(session, code="copper", name_zh="铜产业链", name_en="Copper")


@pytest.fixture
def visitor(session, sign_in_as, chain):
    buyer = make_organization(session, OrganizationKind.BUYER)
    return lambda: sign_in_as(make_user(session, buyer))


def boxes(page):
    """What a screen reader says of each link on the wide map."""
    wide = page.split('class="map map-wide"')[1].split("</svg>")[0]
    return re.findall(r'<a class="map-link"[^>]*aria-label="([^"]*)"', wide)


def test_the_map_says_of_each_link_its_state_its_firms_by_kind_and_its_leader(session, chain, visitor):
    wire = make_link(session, chain, name_zh="铜线加工", position=LinkPosition.UPSTREAM)
    make_link(session, chain, name_zh="漆包线")
    cable = make_link(session, chain, name_zh="电缆", position=LinkPosition.DOWNSTREAM)
    for n, kind in enumerate((K.CONFIRMED, K.CONFIRMED, K.FILED, K.GUESSED)):
        firm = make_organization(session, chain_id=chain.id, short_name=f"铜企{n}")
        make_profile(session, firm)
        values = {"kind": kind, "score": 0.8 if kind is K.GUESSED else None}
        values |= {"standing": FirmStanding.LEADER} if n == 0 else {}
        make_placement(session, firm, wire.id, **values)
    lone = make_organization(session, chain_id=chain.id)
    make_profile(session, lone, chain_link_id=cable.id)
    assert boxes(visitor().get("/chains/copper").text) == [
        "铜线加工，上游，稳固，确认 2 · 申报 1 · 推测 1，龙头：铜企0",
        "漆包线，中游，缺失，确认 0 · 申报 0 · 推测 0",
        "电缆，下游，单薄，确认 1 · 申报 0 · 推测 0",
    ]


def test_a_need_without_an_eligible_firm_is_shown_on_the_link_that_makes_the_good(session, chain, visitor):
    make_link(session, chain, name_zh="铜压延", industry_prefixes="325")
    make_link(session, chain, name_zh="铜冶炼", industry_prefixes="32")
    buyer = make_organization(session, chain_id=chain.id)
    make_purchase_need(session, buyer)
    client = visitor()
    said = boxes(client.get("/chains/copper").text)
    assert [text.endswith("采购需求 1 条，1 条无人能供") for text in said] == [True, False]
    link = session.exec(select(ChainLink).where(ChainLink.name_zh == "铜压延")).one()
    page = client.get(f"/chains/copper/links/{link.code}").text
    assert "采购电工圆铜线" in page
    assert "无人能供" in page


def test_firms_on_no_link_and_on_two_are_said_in_words(session, chain, visitor):
    one, two = make_link(session, chain), make_link(session, chain)
    both, nowhere = (make_organization(session, chain_id=chain.id) for _ in range(2))
    make_profile(session, both, chain_link_id=one.id)
    make_placement(session, both, two.id)
    make_profile(session, nowhere)
    page = visitor().get("/chains/copper").text
    assert "另有 1 家已核验企业不在任何环节上" in page
    assert "1 家企业在两个以上环节上" in page


def test_a_chain_without_office_leader_and_links_says_so(chain, visitor):
    page = visitor().get("/chains/copper").text
    assert "本链暂无办公室，核验、审定和督办由联席会议办公室承担。" in page
    assert "还没有环节" in page
    assert "没有采购需求，不计算" in page


@pytest.mark.parametrize(
    ("n_met", "n_base", "words"),
    [(0, 0, "没有采购需求，不计算"), (2, 4, "样本不足（2/4 条）"), (2, 5, "40%（2/5 条）")],
)
def test_the_local_share_is_counted_by_hand_and_not_shown_of_few(session, chain, visitor, n_met, n_base, words):
    buyer = make_organization(session, OrganizationKind.BUYER, chain_id=chain.id)
    firm = make_organization(session, chain_id=chain.id, region_code="430482")
    stranger = make_organization(session, region_code="430100")
    for n in range(n_base):
        need = make_purchase_need(session, buyer)
        supplier = firm if n < n_met else stranger
        make_pairing(session, need, make_product_line(session, supplier), chain, status=PairingStatus.FULFILLED,
                     decided_by_id=make_user(session, buyer).id, introduced_at=now())  # fmt: skip
    draft = make_purchase_need(session, buyer)
    draft.status, draft.opened_at = PostingStatus.DRAFT, None
    session.flush()
    assert f"<dd>{words}</dd>" in visitor().get("/chains/copper").text


def loan(session, chain, wan, link):
    firm, bank = make_organization(session, chain_id=chain.id), make_organization(session, OrganizationKind.BANK)
    make_profile(session, firm, chain_link_id=link.id)
    pairing = make_pairing(session, make_financing_need(session, firm), make_loan_product(session, bank), chain)
    officer = make_user(session, bank)
    for kind, amount in ((CaseStepKind.CREDIT_GRANTED, wan), (CaseStepKind.DISBURSED, wan // 2)):
        session.add(
            CaseStep(pairing_id=pairing.id, kind=kind, happened_on=date(2026, 5, 1), amount_fen=amount * FEN_PER_WAN,
                     recorded_by_id=officer.id)
        )  # fmt: skip
    session.flush()


def test_loans_of_a_link_with_few_borrowers_are_for_its_office_only(session, chain, sign_in_as, visitor):
    link = make_link(session, chain)
    session.commit()
    before = visitor().get("/chains/copper").text
    loan(session, chain, 600, link)
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    official = make_user(session, office)
    stranger, own = visitor(), sign_in_as(official)
    url = f"/chains/copper/links/{link.code}"
    assert "600 万元" not in stranger.get(url).text
    assert "借款企业不足 5 家" in stranger.get(url).text
    assert "600 万元" in own.get(url).text
    achieved = [page[page.index("办成了什么") :] for page in (before, stranger.get("/chains/copper").text)]
    assert achieved[0] == achieved[1], "one loan looks like none"
    outside = [stranger.get(address).text for address in ("/chains/copper", "/chains/", url)]
    assert all("少于 5" in page and "600 万元" not in page and "300 万元" not in page for page in outside)
    for _ in range(4):
        loan(session, chain, 200, link)
    session.commit()
    for address in ("/chains/copper", url):
        page = stranger.get(address).text
        assert "1,400 万元" in page
        assert "700 万元" in page
        assert "少于 5" not in page.split("融资需求")[-1] or address != url


def test_credit_granted_and_disbursed_are_never_added_and_a_corrected_step_no_longer_counts(
    session, chain, sign_in_as, visitor
):
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
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    page = sign_in_as(make_user(session, office)).get("/chains/copper").text
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
