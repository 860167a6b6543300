"""The two lists of the coordination mechanism: the filed form column by column, the same on page, XLSX and PDF."""

from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlmodel import select

from access.lists.funding_lists import FundingFilters, funding_list
from access.rules import NotAllowed, Recused
from models.standard_check import StandardCheck
from tests.factories import (
    actor_of,
    make_actor,
    make_chain,
    make_financing_need,
    make_organization,
    make_profile,
    make_recognition,
    make_user,
)
from vocabulary.chains import TieKind
from vocabulary.classifications import Tier
from vocabulary.coordination import FundingList, FundingStandard
from vocabulary.lifecycles import PostingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.funding_standards import check_standard
from workflows.recusals import declare_tie

FORM = [
    "序号", "企业名称", "统一社会信用代码", "所属区县", "所属产业链", "所属行业", "企业划型", "梯度培育层级",
    "融资需求金额（万元）", "贷款用途", "期限（月）", "合规持续经营", "固定经营场所", "真实融资需求", "信用状况良好",
    "贷款用途依法合规", "联系人", "联系电话", "申报日期",
]  # fmt: skip
ALL, BOTH = FundingFilters(), (FundingList.APPLICATION, FundingList.RECOMMENDED)


@pytest.fixture
def chain(session):
    return make_chain(session, name_zh="新型能源及电力装备")


@pytest.fixture
def office(session, chain):
    return make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)


@pytest.fixture
def official(session, office):
    return actor_of(make_user(session, office), office)


@pytest.fixture
def need(session, chain):
    firm = make_organization(session, chain_id=chain.id, legal_name="衡阳隆源铜业有限公司", uscc="91430400MA4L000001")
    make_profile(
        session, firm, address="常宁市水口山路 1 号", employees=350, revenue_fen=1_900 * FEN_PER_WAN,
        contact_name="李四", contact_phone="10007340001",
    )  # fmt: skip
    make_recognition(session, firm)
    return make_financing_need(session, firm, amount_fen=1_250 * FEN_PER_WAN)


def _names(session, actor, kind, filters=ALL):
    return [line.firm for line in funding_list(session, actor, kind, on=today(), filters=filters)]


def test_a_need_is_recommended_once_an_official_found_that_it_is_real(session, official, need):
    assert [len(_names(session, official, kind)) for kind in BOTH] == [1, 0]
    with pytest.raises(NotComplete):
        check_standard(session, official, need, FundingStandard.REAL_NEED, is_met=True, evidence=" ")
    check_standard(session, official, need, FundingStandard.REAL_NEED, is_met=True, evidence="走访核实")
    assert [len(_names(session, official, kind)) for kind in BOTH] == [1, 1]
    check_standard(session, official, need, FundingStandard.FIXED_PREMISES, is_met=False, evidence="已搬离")
    assert [len(_names(session, official, kind)) for kind in BOTH] == [1, 0]
    check_standard(session, official, need, FundingStandard.FIXED_PREMISES, is_met=True, evidence="新址已核实")
    assert [len(_names(session, official, kind)) for kind in BOTH] == [1, 1]
    assert len(session.exec(select(StandardCheck)).all()) == 3


def test_strangers_the_tied_and_closed_needs_are_refused(session, official, need):
    stranger = make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    bank = make_actor(session, OrganizationKind.BANK)
    for actor in (stranger, bank):
        with pytest.raises(NotAllowed):
            check_standard(session, actor, need, FundingStandard.REAL_NEED, is_met=True, evidence="x")
    declare_tie(session, official, organization_id=need.organization_id, kind=TieKind.RELATIVE, note="亲属")
    with pytest.raises(Recused):
        check_standard(session, official, need, FundingStandard.REAL_NEED, is_met=True, evidence="x")
    need.status = PostingStatus.PAUSED
    session.flush()
    assert _names(session, official, FundingList.APPLICATION) == []
    assert _names(session, stranger, FundingList.APPLICATION) == []
    with pytest.raises(NotAllowed):
        funding_list(session, bank, FundingList.APPLICATION, on=today(), filters=ALL)


def test_filters_go_by_the_tier_that_counts_and_the_district(session, official, need, chain):
    def found(**values):
        return len(_names(session, official, FundingList.APPLICATION, FundingFilters(**values)))

    assert (found(tier=Tier.SRDI), found(tier=Tier.NONE), found(tier=Tier.CHAMPION)) == (1, 0, 0)
    assert (found(district="430482"), found(district="430406"), found(chain_id=chain.id)) == (1, 0, 1)


def test_the_export_equals_the_form_column_by_column_on_all_three_doors(session, office, official, need, sign_in_as):
    check_standard(session, official, need, FundingStandard.REAL_NEED, is_met=True, evidence="走访核实")
    client = sign_in_as(make_user(session, office))
    file = client.get("/funding-lists/application/xlsx").data
    header, row = CalamineWorkbook.from_filelike(BytesIO(file)).get_sheet_by_name("申报清单").to_python()
    assert header == FORM
    assert row == [
        1.0, "衡阳隆源铜业有限公司", "91430400MA4L000001", "常宁市", "新型能源及电力装备", "3251 铜压延加工", "小型",
        "专精特新中小企业", 1_250.0, "流动资金", 12.0, "符合", "符合", "符合", "符合", "符合", "李四", "10007340001",
        today(),
    ]  # fmt: skip
    file = client.get("/funding-lists/recommended/xlsx").data
    book = CalamineWorkbook.from_filelike(BytesIO(file))
    header, row = book.get_sheet_by_name("推荐清单").to_python()
    assert header == [*FORM, "核对日期", "核对人", "拟推荐银行"]
    assert row[-3:-1] == [today(), official.name]
    proof = book.get_sheet_by_name("五项标准的依据").to_python()[1]
    assert "走访核实" in proof[3]
    page = client.get("/funding-lists/?list=recommended").text
    document = PdfReader(BytesIO(client.get("/funding-lists/recommended/pdf").data))
    printed = "".join(text.extract_text() for text in document.pages).replace("\n", "")
    assert document.pages[0].mediabox.width > document.pages[0].mediabox.height
    for words in ("衡阳隆源铜业有限公司", "1,250 万元", "走访核实", "小型", "10007340001", today().isoformat()):
        assert words in page, words
        assert words.replace(" ", "") in printed.replace(" ", ""), words


def test_an_official_checks_a_standard_on_the_page(session, office, need, sign_in_as):
    url = f"/funding-lists/{need.public_id}"
    client = sign_in_as(make_user(session, office))
    assert "待走访核实" in client.get(url).text
    form = {"standard": "real_need", "is_met": "yes", "evidence": "走访核实"}
    assert client.post(url, data=form | {"evidence": ""}).status_code == 422
    assert client.post(url, data=form | {"is_met": ""}).status_code == 422
    assert client.post(url, data=form).status_code == 303
    assert "列入推荐清单" in client.get(url).text


def test_words_stand_where_figures_are_missing(session, official, chain):
    firm = make_organization(session, chain_id=chain.id)
    make_profile(session, firm, industry_code=None, founded_on=None, tax_grade=None)
    make_financing_need(session, firm)
    (line,) = funding_list(session, official, FundingList.APPLICATION, on=today(), filters=ALL)
    assert (line.size, line.tier, line.is_recommended, line.last_check) == (None, None, False, None)
    young = make_organization(session, chain_id=chain.id)
    make_profile(session, young, founded_on=today() - timedelta(days=40))
    make_financing_need(session, young)
    assert len(_names(session, official, FundingList.APPLICATION)) == 2
