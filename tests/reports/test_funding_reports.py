"""The two lists of the coordination mechanism as reports that stay as they were."""

from datetime import timedelta
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import select

from access.actor import Actor
from models.base import now
from models.office_report import OfficeReport
from models.posting import Demand
from tests import factories
from tests.report_worlds import ask, make_all, make_report_world
from vocabulary.coordination import FundingStandard
from vocabulary.office_reports import OfficeReportKind
from vocabulary.roles import OrganizationKind
from workflows.funding_standards import check_standard


@pytest.fixture
def world(session):
    return make_report_world(session)


def _need(session, actor: Actor, chain_id: int, name: str, *, opened_days_ago: int) -> Demand:
    firm = factories.make_organization(session, chain_id=chain_id, legal_name=name)
    factories.make_profile(session, firm, address="常宁市水口山路 1 号")
    need = factories.make_financing_need(session, firm)
    need.opened_at = now() - timedelta(days=opened_days_ago)
    session.flush()
    check_standard(session, actor, need, FundingStandard.REAL_NEED, is_met=True, evidence="走访核实")
    return need


def _rows(client, report, sheet):
    file = client.get(f"/reports/{report.public_id}/files/xlsx").data
    return CalamineWorkbook.from_filelike(BytesIO(file)).get_sheet_by_name(sheet).to_python()


def test_a_recommended_list_is_kept_as_it_was_and_holds_the_offices_needs_only(app, engine, session, world, sign_in_as):
    _need(session, world.by_official, world.chain.id, "衡阳甲有限公司", opened_days_ago=3)
    _need(session, world.by_official, world.chain.id, "衡阳乙有限公司", opened_days_ago=0)
    other = factories.make_chain(session)
    stranger = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=other.id)
    _need(session, stranger, other.id, "衡阳丙有限公司", opened_days_ago=3)
    yesterday = {"starts_on": now().date() - timedelta(days=9), "ends_on": now().date() - timedelta(days=2)}
    kinds = OfficeReportKind.RECOMMENDED_LIST, OfficeReportKind.APPLICATION_LIST
    for kind in kinds:
        ask(session, world.by_official, kind=kind, **yesterday)
    assert make_all(app, engine) == 2
    session.expire_all()
    recommended, applied = session.exec(select(OfficeReport).order_by(OfficeReport.id)).all()
    client = sign_in_as(world.official)
    assert [row[1] for row in _rows(client, recommended, "推荐清单")] == ["企业名称", "衡阳甲有限公司"]
    assert len(_rows(client, applied, "申报清单")[0]) == 19
    check_standard(
        session, world.by_official, session.exec(select(Demand)).first(), FundingStandard.REAL_NEED, is_met=False,
        evidence="已取消",
    )  # fmt: skip
    session.commit()
    assert [row[1] for row in _rows(client, recommended, "推荐清单")] == ["企业名称", "衡阳甲有限公司"]
    page = client.get(f"/reports/{recommended.public_id}").text
    assert "推荐清单" in page
    assert client.get(f"/reports/{recommended.public_id}/files/pdf").data.startswith(b"%PDF")
