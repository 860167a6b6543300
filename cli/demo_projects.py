"""Key projects of the demo world: every stage, every light, one without an amount, one that slipped."""

from datetime import date, timedelta

from cli.demo_base import DemoBase
from models.project import ChainTarget, Project, ProjectReport, ProjectSchedule
from vocabulary.lifecycles import ProjectStatus, ReportStatus
from vocabulary.money import FEN_PER_YI
from vocabulary.projects import ProjectKind, TargetKind, done_percent, scheduled_percent
from workflows.projects import end_of_month

_S, _K = ProjectStatus, ProjectKind
_PROJECTS = (
    # name, chain, link, kind, investor, 亿元 or None, status, months since the start, months planned, share done
    ("隆源铜业镀锡铜线扩产", 0, 0, _K.EXTEND, "隆源铜业", 1.8, _S.UNDER_CONSTRUCTION, 8, 14, 0.50),
    ("铜杆连铸连轧生产线", 0, 1, _K.FILL, "示例投资方甲", 3.2, _S.STARTED, 6, 20, 0.12),
    ("特高压电缆附件基地", 0, 2, _K.STRENGTHEN, "示例投资方乙", 5.6, _S.UNDER_CONSTRUCTION, 12, 18, 0.25),
    ("电缆检测公共平台", 0, 1, _K.BUILD, "示例投资方丙", None, _S.STARTED, 3, 12, 0.0),
    ("高端漆包线项目", 0, 0, _K.FILL, "示例投资方丁", 2.4, _S.RESERVE, 0, 0, 0.0),
    ("变压器智能工厂", 0, 2, _K.STRENGTHEN, "示例投资方戊", 4.1, _S.IN_PRODUCTION, 24, 20, 1.0),
    ("绝缘料合资项目", 0, 0, _K.FILL, "示例投资方己", 1.1, _S.DROPPED, 0, 0, 0.0),
    ("油茶精深加工园", 1, 0, _K.EXTEND, "示例投资方庚", 1.5, _S.STARTED, 2, 10, 0.18),
    ("汽车轻量化铝部件", 2, 0, _K.BUILD, "示例投资方辛", 2.8, _S.UNDER_CONSTRUCTION, 9, 15, 0.55),
    ("动力电池结构件", 3, 1, _K.FILL, "示例投资方壬", 6.0, _S.RESERVE, 0, 0, 0.0),
)  # fmt: skip


def add_projects(base: DemoBase) -> None:
    """The library, the months reported so far, and this year's targets."""
    chains = sorted(base.chains.values(), key=lambda chain: chain.sort_order)
    links: dict[int, list[int]] = {}
    for row in sorted(base.links.values(), key=lambda row: row.sort_order):
        links.setdefault(row.chain_id, []).append(row.id or 0)
    for name, nth, link, kind, investor, yi, status, since, planned, share in _PROJECTS:
        chain_id = chains[nth % len(chains)].id or 0
        of_chain = links.get(chain_id, [])
        project = _project(base, name, status, since, planned)
        project.chain_id, project.kind, project.investor = chain_id, kind, investor
        project.chain_link_id = of_chain[link % len(of_chain)] if of_chain else None
        project.investment_fen = None if yi is None else int(yi * FEN_PER_YI)
        official = base.officials.get(chain_id)
        project.owner_id = official.id if official else None
        base.session.add(project)
        base.session.flush()
        _add_months(base, project, share)
    for nth, chain in enumerate(chains):
        if nth != len(chains) - 1:  # one chain without a target
            base.session.add(
                ChainTarget(
                    chain_id=chain.id or 0, year=base.today.year, kind=TargetKind.LARGE_PROJECTS, at_least=5, at_most=10
                )
            )
            base.session.add(
                ChainTarget(
                    chain_id=chain.id or 0, year=base.today.year, kind=TargetKind.BACKBONE_FIRMS, at_least=3, at_most=5
                )
            )
    base.session.flush()


def _project(base: DemoBase, name: str, status: ProjectStatus, since: int, planned: int) -> Project:
    project = Project(name=name, status=status, is_demo=True, region_code="430400", chain_id=0, kind=_K.BUILD)
    project.land = "已供地" if since else "正在办理用地预审"
    if since:
        start = _months_before(base.today, since)
        project.planned_start_on = project.started_on = start
        project.planned_finish_on = start + timedelta(days=planned * 30)
    if status in (_S.UNDER_CONSTRUCTION, _S.IN_PRODUCTION):
        project.construction_on = (project.started_on or base.today) + timedelta(days=45)
    if status is _S.IN_PRODUCTION:
        project.in_production_on = base.today - timedelta(days=20)
    if status is _S.DROPPED:
        project.dropped_reason = "投资方调整布局，双方同意终止"
    return project


def _add_months(base: DemoBase, project: Project, share: float) -> None:
    """Reports up to last month; the newest of the project behind schedule was returned, so one month is due."""
    if project.started_on is None or project.planned_start_on is None or project.planned_finish_on is None:
        return
    planned = (project.planned_start_on, project.planned_finish_on)
    first = project.started_on.replace(day=1)
    last = (base.today.replace(day=1) - timedelta(days=1)).replace(day=1)
    months = []
    while first <= last:
        months.append(first)
        first = end_of_month(first) + timedelta(days=1)
    for nth, month in enumerate(months, start=1):
        total = project.investment_fen
        invested = int((total or FEN_PER_YI // 2) * share * nth / len(months))
        row = ProjectReport(
            project_id=project.id or 0,
            month=month,
            invested_fen=invested,
            progress="主体施工按计划推进" if share > 0.3 else "完成场地平整和设备招标",
            problems="用电增容手续尚未办结" if share < 0.3 else "",
            scheduled_percent=scheduled_percent(*planned, end_of_month(month)),
            done_percent=None if total is None else done_percent(invested, total),
            reported_by_id=project.owner_id,
            reported_at=base.days_ago(max(0, (base.today - end_of_month(month)).days - 3)),
            status=ReportStatus.REPORTED if project.owner_id else ReportStatus.DRAFT,
        )
        if nth == len(months) and project.name.startswith("汽车"):
            row.status, row.returned_note = ReportStatus.RETURNED, "完成投资与发票合计不符，请核对"
        base.session.add(row)
    if project.name.startswith("隆源"):  # this month is being filled in
        invested = int((project.investment_fen or 0) * (share + 0.04))
        month = base.today.replace(day=1)
        base.session.add(
            ProjectReport(project_id=project.id or 0, month=month, invested_fen=invested, progress="拉丝机组进场安装")
        )
    base.session.add(
        ProjectSchedule(project_id=project.id or 0, planned_start_on=planned[0], planned_finish_on=planned[1])
    )
    if share == 0.25:  # the one in red slipped once
        project.planned_finish_on = planned[1] + timedelta(days=30)
        base.session.add(
            ProjectSchedule(
                project_id=project.id or 0, planned_start_on=planned[0], planned_finish_on=project.planned_finish_on,
                reason="环评批复晚于预期", set_by_id=project.owner_id,
            )
        )  # fmt: skip
    base.session.flush()


def _months_before(day: date, months: int) -> date:
    first = day.replace(day=1)
    for _month in range(months):
        first = (first - timedelta(days=1)).replace(day=1)
    return first.replace(day=10)
