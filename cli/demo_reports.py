"""Reports of the demo world: of past months, one superseded, one that failed, one left unfinished; and schedules."""

from datetime import date, timedelta

from sqlalchemy import Engine
from sqlmodel import col, select

from cli.demo_base import DemoBase
from jobs.reports import Compose, draw_up
from models.base import now
from models.chain import ChainLink
from models.office_report import OfficeReport, ReportSchedule
from models.organization import Organization
from models.research_result import ResearchResult
from vocabulary.office_reports import (
    MAX_ATTEMPTS,
    OfficeReportKind,
    OfficeReportStatus,
    ReportFailure,
    ResearchReadiness,
    ResearchStatus,
)
from vocabulary.roles import OrganizationKind

_R, _S = ResearchReadiness, ResearchStatus
_RESEARCH = (
    ("new_energy_power", "高导电率铜合金接触线制备工艺", "某高校材料学院（演示）", _R.PILOT, _S.LISTED,
     "需中试生产线和电气化铁路用户", ""),
    ("new_energy_power", "镀锡铜线无铅连续镀层技术", "某金属研究所（演示）", _R.READY, _S.TAKEN_UP,
     "需合作企业改造镀锡机组", "隆源铜业改造两条镀锡线"),
    ("food", "湖之酒陈化风味数字化评价", "某高校食品学院（演示）", _R.LAB, _S.LISTED,
     "需企业提供样本和窖藏数据", ""),
    ("biomedicine", "中药材连续逆流提取装备", "某制药装备研究中心（演示）", _R.PILOT, _S.LISTED,
     "需 GMP 车间验证", ""),
    ("automotive", "混合动力变速箱壳体压铸仿真", "某汽车研究院（演示）", _R.LAB, _S.WITHDRAWN,
     "", "持有单位已转让给外地企业"),
)  # fmt: skip


def add_research(base: DemoBase) -> None:
    """Research results in every status; holders are invented and say so."""
    for code, title, holder, readiness, status, wanted, note in _RESEARCH:
        chain = base.chains.get(code) or next(iter(base.chains.values()))
        link = base.session.exec(
            select(ChainLink).where(ChainLink.chain_id == chain.id).order_by(col(ChainLink.sort_order))
        ).first()
        official = base.officials.get(chain.id or 0)
        base.session.add(
            ResearchResult(
                chain_id=chain.id or 0, chain_link_id=link.id if link else None, title=title, holder=holder,
                readiness=readiness, wanted=wanted, source="演示数据", listed_by_id=official.id if official else None,
                ended_note=note or None, status=status, is_demo=True,
            )
        )  # fmt: skip
    base.session.flush()


def add_reports(base: DemoBase) -> list[int]:
    """Schedules, reports of past months in the queue, one that failed and one whose process died just now.

    Gives the ids of those in the queue that are to be drawn up; one more waits for whoever serves the demo.
    """
    of_chain, joint = _offices(base)
    five, ledger = OfficeReportKind.FIVE_LISTS, OfficeReportKind.CASE_LEDGER
    for office, kind, day in ((of_chain, five, 5), (joint, five, 8), (joint, ledger, 28)):
        base.session.add(ReportSchedule(organization_id=office.id or 0, kind=kind, day=day, set_by_name="演示"))
    last, before, earlier = (_month(base.today, n) for n in (1, 2, 3))
    todo = [
        _queue(base, of_chain, five, before, is_scheduled=True),
        _queue(base, of_chain, ledger, last),
        _queue(base, of_chain, ledger, last),  # takes the place of the one before
        _queue(base, joint, five, before, is_scheduled=True),
        _queue(base, of_chain, OfficeReportKind.RECOMMENDED_LIST, last),
    ]
    failed = _queue(base, of_chain, ledger, earlier)
    failed.status, failed.failure, failed.attempts = OfficeReportStatus.FAILED, ReportFailure.INTERRUPTED, MAX_ATTEMPTS
    running = _queue(base, joint, ledger, before)
    running.status, running.attempts = OfficeReportStatus.RUNNING, 1
    running.started_at = running.seen_at = now()
    _queue(base, joint, ledger, last)
    base.session.flush()
    return [report.id or 0 for report in todo]


def draw_up_reports(engine: Engine, report_ids: list[int], compose: Compose) -> None:
    """Make them, one after the other: the second of a month supersedes the first."""
    for report_id in report_ids:
        draw_up(engine, report_id, compose)


def _offices(base: DemoBase) -> list[Organization]:
    """The office of the story's chain, and the joint office last."""
    story = base.session.exec(select(Organization).where(col(Organization.legal_name).contains("隆源铜业"))).one()
    of_chain = base.session.exec(
        select(Organization).where(
            Organization.kind == OrganizationKind.CHAIN_OFFICE, Organization.chain_id == story.chain_id
        )
    ).one()
    joint = base.session.exec(select(Organization).where(Organization.kind == OrganizationKind.JOINT_OFFICE)).one()
    return [of_chain, joint]


def _queue(
    base: DemoBase,
    office: Organization,
    kind: OfficeReportKind,
    period: tuple[date, date],
    *,
    is_scheduled: bool = False,
) -> OfficeReport:
    starts_on, ends_on = period
    person = base.people.get(office.id or 0)
    report = OfficeReport(
        kind=kind, organization_id=office.id or 0, chain_id=office.chain_id, starts_on=starts_on, ends_on=ends_on,
        asked_by_id=person.id if person and not is_scheduled else None,
        asked_by_name=person.full_name if person and not is_scheduled else "",
        schedule_key=f"{office.id}:{kind.value}:{starts_on:%Y-%m}" if is_scheduled else None,
        is_demo=True,
    )  # fmt: skip
    base.session.add(report)
    base.session.flush()
    return report


def _month(day: date, before: int) -> tuple[date, date]:
    """First and last day of a month so many months before."""
    ends_on = day.replace(day=1) - timedelta(days=1)
    for _step in range(before - 1):
        ends_on = ends_on.replace(day=1) - timedelta(days=1)
    return ends_on.replace(day=1), ends_on
