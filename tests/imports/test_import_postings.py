"""Purchase needs and loan products out of tables: the same rows as by form, once."""

import io
from datetime import timedelta

import openpyxl
import pytest
from sqlmodel import col, func, select

from access.lists.postings import PostingNoun, posting_values
from models.audit_event import AuditEvent
from models.loan_product import LoanProductVersion
from models.posting import Demand, Supply
from models.recommendation import RecommendationRun
from models.search_term import SearchTerm
from tests.factories import make_organization, make_user
from vocabulary.lifecycles import PostingStatus
from vocabulary.roles import OrganizationKind
from workflows.calendar import today

NEED = {
    "标题": "采购电工圆铜线 {n} 号", "产品类别": "3251", "规格型号": "直径 2.6 mm", "采购数量": "120.5",
    "计量单位": "吨",
    "最早交货日期": "", "最晚交货日期": "{day}", "交货地": "衡阳市", "预算（万元）": "850", "账期（天）": "60",
    "可由多家供应商分批供货": "否", "必须符合的标准": "GB/T 3953-2009、GB/T 3956-2008",
    "必须具备的认证": "ISO 9001 质量管理体系", "说明": "用于布电线",
}  # fmt: skip
PRODUCT = {
    "产品名称": "铜链贷 {n} 号", "最低金额（万元）": "50", "最高金额（万元）": "1000", "最短期限（月）": "6",
    "最长期限（月）": "36", "最低年利率（%）": "3.45", "最高年利率（%）": "4.35%", "贷款用途": "流动资金，设备购置",
    "接受的担保方式": "抵押、信用", "服务地区": "4304", "营业收入最低档": "500 – 1,000 万元",
    "面向的企业规模（从业人员）": "100-300人",
}  # fmt: skip
DAY = today() + timedelta(days=60)


def need(n, **other):
    return [text.format(n=n, day=DAY.strftime("%Y/%-m/%-d")) for text in (NEED | other).values()]


def product(n, **other):
    return [text.format(n=n) for text in (PRODUCT | other).values()]


@pytest.fixture
def buyer(session):
    return make_organization(session, OrganizationKind.BUYER)


@pytest.fixture
def bank(session):
    return make_organization(session, OrganizationKind.BANK)


@pytest.fixture
def client_of(session, sign_in_as):
    return lambda organization: sign_in_as(make_user(session, organization))


def _count(session, row, *where):
    session.rollback()
    n = session.exec(select(func.count()).select_from(row).where(*where)).one()
    session.commit()
    return n


def test_needs_come_in_once_published_found_and_recommended(session, client_of, buyer, checked, do_jobs, newest):
    client = client_of(buyer)
    rows = [need(1), need(2), need(3, 采购数量="很多"), need(4, 最晚交货日期=""), need(2, 采购数量="7")]
    url, batch = checked(client, "purchase-needs", NEED, rows)
    assert batch.counts == {"new": 2, "changed": 0, "unchanged": 0, "bad": 3}
    assert {entry["row"]: entry["column"] for entry in batch.problems} == {4: "采购数量", 5: "最晚交货日期", 6: "标题"}
    assert _count(session, Demand) == 0, "a dry run writes no need"
    assert _count(session, SearchTerm, SearchTerm.kind == "demand") == 0

    client.post(url, data={"step": "load"})
    assert do_jobs() == 0, "all or nothing"
    client.post(url, data={"step": "load_good"})
    assert "自动更新" in client.get(url).text, "the page follows the job"
    do_jobs()
    demands = session.exec(select(Demand).order_by(col(Demand.id))).all()
    assert [demand.status for demand in demands] == [PostingStatus.OPEN] * 2
    values = posting_values(session, PostingNoun.PURCHASE_NEED, demands[0])
    assert (values["quantity_milli"], values["unit"], values["budget_fen"]) == (120_500, "tonne", 850_000_000)
    assert values["must_standards"] == ["GB/T 3953-2009", "GB/T 3956-2008"]
    assert (values["must_certificates"], values["accept_partial"]) == (["iso9001"], False)
    assert (values["delivery_region_code"], values["window_end"]) == ("430400", DAY)
    session.commit()
    assert _count(session, SearchTerm, SearchTerm.kind == "demand", SearchTerm.term == "铜线") == 2
    assert _count(session, RecommendationRun, col(RecommendationRun.demand_id).is_not(None)) == 2
    assert _count(session, AuditEvent, AuditEvent.action == "posting_open") == 2
    assert newest().status == "loaded"

    _url, again = checked(client, "purchase-needs", NEED, rows[:2])
    assert again.counts == {"new": 0, "changed": 0, "unchanged": 2, "bad": 0}


def test_a_posting_that_ended_is_not_made_anew_by_the_same_row(session, client_of, buyer, checked, do_jobs):
    client = client_of(buyer)
    url, _batch = checked(client, "purchase-needs", NEED, [need(1)])
    client.post(url, data={"step": "load"})
    do_jobs()
    demand = session.exec(select(Demand)).one()
    session.commit()
    client.post(f"/purchase-needs/{demand.public_id}/close", data={"reason": "已买到"})
    assert checked(client, "purchase-needs", NEED, [need(1)])[1].counts["unchanged"] == 1
    assert checked(client, "purchase-needs", NEED, [need(1, 采购数量="90")])[1].counts["new"] == 1


def test_products_become_new_versions_and_a_fraction_is_no_rate(session, client_of, bank, checked, do_jobs, newest):
    client = client_of(bank)
    rows = [product(1), product(2, **{"最低年利率（%）": "0.0345"}), product(3, 贷款用途="买房"),
            product(4, **{"最高金额（万元）": "10"})]  # fmt: skip
    url, batch = checked(client, "loan-products", PRODUCT, rows)
    assert {entry["row"]: entry["column"] for entry in batch.problems} == {
        3: "最低年利率（%）", 4: "贷款用途", 5: "最高金额（万元）",
    }  # fmt: skip
    page = client.get(url).text
    assert "而不是 0.0435" in page
    assert "不能小于最低金额" in page
    client.post(url, data={"step": "load_good"})
    do_jobs()
    supply = session.exec(select(Supply)).one()
    values = posting_values(session, PostingNoun.LOAN_PRODUCT, supply)
    session.commit()
    assert (values["rate_from_bps"], values["rate_to_bps"], values["regions"]) == (345, 435, ["430400"])
    assert values["purposes"] == ["working_capital", "equipment"]
    assert (values["min_revenue_band"], values["size_bands"]) == (2, [4])

    url, batch = checked(client, "loan-products", PRODUCT, [product(1, **{"最高年利率（%）": "4.1"})])
    assert batch.counts == {"new": 0, "changed": 1, "unchanged": 0, "bad": 0}
    assert _count(session, LoanProductVersion) == 1, "a dry run writes no version"
    client.post(url, data={"step": "load"})
    do_jobs()
    assert _count(session, LoanProductVersion) == 2
    assert newest().counts["changed"] == 1


def test_rows_gone_bad_since_the_dry_run_stop_a_whole_table_and_are_shown(
    session, client_of, bank, checked, do_jobs, newest
):
    client = client_of(bank)
    url, _batch = checked(client, "loan-products", PRODUCT, [product(1), product(2)])
    client.post(url, data={"step": "load"})
    do_jobs()
    for rate in ("5.1", "5.2", "5.3"):
        url, _batch = checked(client, "loan-products", PRODUCT, [product(1, **{"最高年利率（%）": rate})])
        client.post(url, data={"step": "load"})
        if rate == "5.3":
            url, batch = checked(
                client, "loan-products", PRODUCT, [product(1, **{"最高年利率（%）": "5.4"}), product(9)]
            )
            assert batch.counts["bad"] == 0
            client.post(url, data={"step": "load"})
        do_jobs()
    assert newest().status == "checked"
    assert newest().counts == {"new": 1, "changed": 0, "unchanged": 0, "bad": 1}
    assert _count(session, Supply) == 2, "not even the good row"
    page = client.get(url).text
    assert "试算之后数据有了变化" in page
    assert "今天已修改 3 次" in page


def test_while_a_table_is_loaded_nobody_changes_or_drops_it(session, client_of, buyer, checked, newest):
    client = client_of(buyer)
    url, batch = checked(client, "purchase-needs", NEED, [need(1)])
    client.post(url, data={"step": "load"})
    assert client.post(url, data={"step": "drop"}).status_code == 409
    assert client.post(url, data={"step": "check", **batch.mapping}).status_code == 409
    assert newest().status == "checked"


def test_an_unverified_organization_gets_drafts(session, client_of, checked, do_jobs):
    buyer = make_organization(session, OrganizationKind.BUYER, status="registered", verified_at=None)
    client = client_of(buyer)
    url, _batch = checked(client, "purchase-needs", NEED, [need(1)])
    client.post(url, data={"step": "load"})
    do_jobs()
    assert session.exec(select(Demand.status)).one() is PostingStatus.DRAFT


def test_one_organization_sees_no_other_table(session, client_of, buyer, bank, checked):
    url, _batch = checked(client_of(buyer), "purchase-needs", NEED, [need(1)])
    other = client_of(make_organization(session, OrganizationKind.BUYER))
    assert other.get(url).status_code == 404
    assert client_of(bank).get("/imports/purchase-needs/").status_code == 403


@pytest.mark.parametrize(
    ("noun", "kind"), [("purchase-needs", OrganizationKind.BUYER), ("loan-products", OrganizationKind.BANK)]
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_template_is_read_back_in_either_language(session, client_of, noun, kind, language, newest):
    client = client_of(make_organization(session, kind))
    client.set_cookie("lang", language)
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/imports/{noun}/template").data))
    sheet = book.worksheets[0]
    sheet.append(["x"] * sheet.max_column)
    file = io.BytesIO()
    book.save(file)
    client.post(f"/imports/{noun}/", data={"file": (io.BytesIO(file.getvalue()), "t.xlsx")})
    assert len(newest().mapping) == sheet.max_column, "every heading was understood"
