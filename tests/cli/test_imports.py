"""Files load wholly or not at all, and say what is wrong with them."""

from pathlib import Path

import pytest
from sqlmodel import select

from cli.imports import BadFile, read_firms, read_needs
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.posting import Demand, Supply
from models.purchase_need import PurchaseNeed
from models.recommendation import Recommendation
from models.session import open_session
from tests.factories import make_chain
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind

REAL = Path(__file__).parents[3] / "shared" / "data"


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
    bad = FIRMS + "某某公司,12345,火星,9999,昨天,,,八十,-5\n,,,,,,,,\n"
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


@pytest.mark.skipif(not REAL.exists(), reason="the public data sets are not beside this checkout")
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
