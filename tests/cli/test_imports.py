"""Files load wholly or not at all, and say what is wrong with them."""

import os
from pathlib import Path

import pytest
from sqlmodel import select

from models.firm_profile import FirmProfile
from models.organization import Organization
from models.posting import Demand, Supply
from models.purchase_need import PurchaseNeed
from models.recommendation import Recommendation
from models.session import open_session
from tests.factories import make_chain
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind
from workflows.sheet_rows import BadFile, read_firms, read_needs

REAL = Path(os.environ.get("LIANRONG_PUBLIC_DATA", "no such folder"))
"""A folder with the public data sets `cn_listed_companies` and `cn_telecom_purchase_notices`."""


def every(_row):
    return True


@pytest.fixture
def write(tmp_path):
    def _write(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "file.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return _write


FIRMS = (
    "legal_name,uscc,region,industry,founded_on,introduction,main_products,employees,revenue_wan\n"
    '常宁市隆源铜业有限公司,91430400MA4L16JQ9W,常宁市,3251,2015-06-01,生产裸铜线,裸铜线,80,"3,000"\n'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_is_read_in_the_encodings_of_spreadsheets(write, encoding):
    (firm,) = read_firms(write(FIRMS, encoding), chains={}, keep=every)
    assert (firm.legal_name, firm.region_code, firm.industry_code) == ("常宁市隆源铜业有限公司", "430482", "3251")
    assert firm.revenue_fen == 3_000 * FEN_PER_WAN


def test_every_problem_is_named_by_row_column_and_reason(write):
    bad = FIRMS + "某某公司,12345,火星,9999,昨天,,,八十,-5\n,,衡阳市,,,,,,\n,,,,,,,,\n"
    with pytest.raises(BadFile) as caught:
        read_firms(write(bad), chains={}, keep=every)
    named = {(problem.row, problem.column) for problem in caught.value.problems}
    assert named == {
        (3, "uscc"), (3, "region"), (3, "industry"), (3, "founded_on"), (3, "employees"), (3, "revenue_wan"),
        (4, "legal_name"),
    }  # fmt: skip


def test_a_file_without_its_required_column_is_refused(write):
    with pytest.raises(BadFile) as caught:
        read_needs(write("说明\n无\n"), chains={}, keep=every)
    assert {problem.column for problem in caught.value.problems} == {"buyer_name", "title"}


def test_a_bad_row_loads_nothing_and_the_command_says_which(app, engine, write):
    answer = app.test_cli_runner().invoke(args=["import-firms", str(write(FIRMS + "某某公司,12345,,,,,,,\n"))])
    assert answer.exit_code == 1
    assert "row 3, uscc" in answer.output
    with open_session(engine, read_only=True) as session:
        assert session.exec(select(Organization)).all() == []


def test_firms_come_in_with_their_provenance_once(app, engine, session, write):
    make_chain(session, code="power", name_zh="电力装备")
    session.commit()
    path = write(FIRMS.replace("revenue_wan", "revenue_wan,chain").replace('"3,000"', '"3,000",电力装备'))
    runner = app.test_cli_runner()
    assert "1 added, 0 known already" in runner.invoke(args=["import-firms", str(path)]).output
    assert "0 added, 1 known already" in runner.invoke(args=["import-firms", str(path)]).output
    with open_session(engine, read_only=True) as reader:
        profile = reader.exec(select(FirmProfile)).one()
        assert profile.provenance["revenue_fen"]["source"] == "imported"
        assert profile.verified_at is None, "nobody vouched for the source"
        assert profile.chain_id is not None
        assert reader.exec(select(Supply)).one().title == "裸铜线"


def test_a_need_finds_the_firm_that_makes_it_first(app, engine, write):
    firms = (
        "legal_name,introduction,main_products\n"
        "甲铜业有限公司,生产裸铜线、镀锡铜线和铜绞线,裸铜线\n"
        "乙食品有限公司,生产湖粉、米粉和调味品,米粉\n"
        "丙软件有限公司,开发工业软件和管理系统,软件\n"
    )
    runner = app.test_cli_runner()
    assert runner.invoke(args=["import-firms", "--vouched", str(write(firms))]).exit_code == 0
    need = "buyer_group,title,need_text,budget_text\n中国铁塔,采购裸铜线,采购裸铜线用于接地,177.98万元\n"
    assert runner.invoke(args=["import-needs", str(write(need))]).exit_code == 0
    with open_session(engine, read_only=True) as session:
        best = session.exec(select(Recommendation).order_by(Recommendation.score.desc())).first()
        supply = session.get_one(Supply, best.supply_id)
        assert session.get_one(Organization, supply.organization_id).legal_name == "甲铜业有限公司"
        assert session.exec(select(PurchaseNeed)).one().budget_fen == 17_798 * FEN_PER_WAN // 100


def test_an_industry_given_in_words_is_guessed_and_marked_as_a_guess(app, engine, write):
    firms = "legal_name,main_products,industry\n甲公司,光缆,\n乙公司,光缆,3251\n丙公司,,\n"
    output = app.test_cli_runner().invoke(args=["import-firms", str(write(firms)), "--no-recommend"]).output
    assert "industry guessed from words for 1, unknown for 1" in output
    with open_session(engine, read_only=True) as session:
        rows = session.exec(select(FirmProfile).order_by(FirmProfile.id)).all()
        assert [row.industry_code for row in rows] == ["3833", "3251", None]
        assert [row.provenance.get("industry_code", {}).get("source") for row in rows] == ["guessed", "imported", None]


def test_a_notice_announced_again_in_the_same_words_is_one_need(app, engine, write):
    notices = (
        "buyer_group,title,need_text\n"
        "中国铁塔,2026年光伏组件集中采购项目招标预公告,拟采购光伏组件三十兆瓦以上，具体详见技术规范书\n"
        "中国铁塔,2026年光伏组件集中采购项目招标公告,拟采购光伏组件三十兆瓦以上\n"
    )
    output = app.test_cli_runner().invoke(args=["import-needs", str(write(notices)), "--no-recommend"]).output
    assert "1 added, 1 known already" in output
    with open_session(engine, read_only=True) as session:
        need = session.exec(select(Demand)).one()
        assert (need.title, need.text) == ("光伏组件", "光伏组件三十兆瓦以上")
        assert session.exec(select(PurchaseNeed)).one().category_code == "3825"


def test_rows_that_say_next_to_nothing_are_left_out_on_request(app, engine, write):
    firms = "legal_name,introduction\n甲公司,生产裸铜线\n乙公司,专业生产裸铜线和镀锡铜线，产品供应湖南省内的电缆企业\n"
    arguments = ["import-firms", str(write(firms)), "--only-with-text", "--no-recommend"]
    assert "1 added" in app.test_cli_runner().invoke(args=arguments).output


def test_what_tells_history_is_not_read_as_business(write):
    text = "公司前身为某某电缆厂，主营电力电缆，2001年经批准整体变更为股份有限公司。现有员工三百人。"
    (firm,) = read_firms(write(f"legal_name,introduction\n甲公司,{text}\n"), chains={}, keep=every)
    assert firm.introduction == "主营电力电缆，"


def test_a_file_broken_in_many_ways_is_refused_with_every_problem(app, engine, write):
    rows = [
        "legal_name,uscc,region,industry,founded_on,employees,revenue_wan",
        '"=HYPERLINK(""x"")",,,,,,',
        "甲公司,91430400MA4L16JQ9W,衡阳市,3251,2020-02-30,12.5,NaN",
        "乙公司,9143O400MA4L16JQ9W,,,,,1e400",
        "丙公司,,,,,,,,,多,出,几,列",
        "丁公司",
        "",
        ",,,,,,9",
        "x" * 500 + ",,,,,,",
        "戊公司,,,,,99999999999999999999,-1",
    ]
    answer = app.test_cli_runner().invoke(args=["import-firms", str(write("\n".join(rows)))])
    assert answer.exit_code == 1
    for named in (
        "row 2, legal_name", "row 3, founded_on", "row 3, employees", "row 3, revenue_wan", "row 4, revenue_wan",
        "row 5, file", "row 8, legal_name", "row 9, legal_name", "row 10, employees", "row 10, revenue_wan",
    ):  # fmt: skip
        assert named in answer.output, answer.output
    with open_session(engine, read_only=True) as session:
        assert session.exec(select(Organization)).all() == []


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\xff\xfe\x80", b"PK\x03\x04 a workbook", b'legal_name\n"open quote']
)
def test_a_file_that_is_no_table_is_refused_in_words(app, tmp_path, content):
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    answer = app.test_cli_runner().invoke(args=["import-firms", str(path)])
    assert answer.exit_code == 1
    assert "nothing was loaded" in answer.output


@pytest.mark.skipif(not REAL.exists(), reason="LIANRONG_PUBLIC_DATA names no folder with the public data sets")
def test_the_real_files_load_wholly(app, engine):
    runner = app.test_cli_runner()
    firms = REAL / "cn_listed_companies" / "companies.csv"
    trades = [part for trade in ("有色金属", "机械设备", "电子") for part in ("--trade", trade)]
    loaded = runner.invoke(
        args=["import-firms", str(firms), "--only-with-text", "--province", "湖南", *trades, "--no-recommend"]
    )
    assert loaded.exit_code == 0, loaded.output
    needs = REAL / "cn_telecom_purchase_notices" / "notices.csv"
    assert runner.invoke(args=["import-needs", str(needs), "--only-with-text", "--no-recommend"]).exit_code == 0
    with open_session(engine, read_only=True) as session:
        firms_in = session.exec(select(Organization).where(Organization.kind == OrganizationKind.ENTERPRISE)).all()
        assert len(firms_in) > 500
        assert len(session.exec(select(Demand)).all()) > 1_000
