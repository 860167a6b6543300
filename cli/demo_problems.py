"""Problems of the demo world: one in every status, one overdue and escalated, one closed without the firm."""

from datetime import date, timedelta

from sqlmodel import col, select

from cli.demo_base import DemoBase
from models.chain import Chain
from models.organization import Organization, User
from models.problem import Problem, ProblemEntry
from models.project import Project
from vocabulary.lifecycles import OrganizationStatus, ProblemStatus
from vocabulary.problems import ClosingGround, EscalationLevel, ProblemEntryKind, ProblemKind
from vocabulary.roles import OrganizationKind

_S, _E, _K = ProblemStatus, ProblemEntryKind, ProblemKind
_PROBLEMS = (
    ("扩产车间用电增容两个月未批", _K.UTILITIES, "国网衡阳供电公司", _S.HANDED_OVER, 6,
     "申请增容 630 千伏安，资料齐全，尚未勘察。", ""),
    ("新厂房不动产证办理缓慢", _K.PERMIT, "市自然资源和规划局", _S.ANSWERED, -3,
     "厂房竣工一年，产权证未办，银行无法抵押。", "已列入集中办证批次，本月底前完成权籍调查。"),
    ("夜班工人公交不通", _K.LOGISTICS, "市交通运输局", _S.CLOSED, 20,
     "园区夜班 22 点下班，公交 20 点停运。", "增开园区夜班专线，已试运行。"),
    ("技工招聘困难", _K.LABOUR, "", _S.RAISED, 0, "急需拉丝工 12 名，本地培训跟不上。", ""),
    ("申请减免土地使用税", _K.TAX, "市税务局", _S.CLOSED, 15, "希望免征两年。", "不符合减免条件，已书面答复。"),
)  # fmt: skip


def add_problems(base: DemoBase) -> None:
    """Problems of the story's firm and of others of its chain, and one of a project."""
    story = base.session.exec(select(Organization).where(col(Organization.legal_name).contains("隆源铜业"))).first()
    if story is None or story.chain_id is None:
        return
    chain = base.session.get_one(Chain, story.chain_id)
    others = base.session.exec(
        select(Organization)
        .where(
            Organization.chain_id == chain.id,
            Organization.kind == OrganizationKind.ENTERPRISE,
            Organization.status == OrganizationStatus.VERIFIED,
            Organization.id != story.id,
        )
        .order_by(col(Organization.id))
        .limit(2)
    ).all()
    firms = [story, story, *others, story, story]
    official = base.officials.get(chain.id or 0)
    for (title, kind, bureau, status, late, text, answer), firm in zip(_PROBLEMS, firms, strict=False):
        person = base.people.get(firm.id or 0) or official
        if person is not None:
            _add(base, firm, person, official, Problem(
                chain_id=chain.id or 0, organization_id=firm.id, kind=kind, title=title, text=text,
                raised_by_id=person.id or 0, status=status, bureau=bureau or None,
                due_on=base.today - timedelta(days=late) if bureau else None, answer=answer or None, is_demo=True,
            ))  # fmt: skip
    project = base.session.exec(select(Project).where(Project.chain_id == chain.id).order_by(col(Project.id))).first()
    if project is not None and official is not None:
        _add(base, None, official, official, Problem(
            chain_id=chain.id or 0, project_id=project.id, kind=_K.LAND, title="项目二期用地指标未落实",
            text="二期 30 亩用地规划尚未调整。", raised_by_id=official.id or 0, bureau="市自然资源和规划局",
            due_on=base.today + timedelta(days=9), status=_S.HANDED_OVER, is_demo=True,
        ))  # fmt: skip


def _add(base: DemoBase, firm: Organization | None, person: User, official: User | None, problem: Problem) -> None:
    if problem.status is _S.HANDED_OVER and problem.due_on is not None and problem.due_on < base.today:
        problem.escalation = EscalationLevel.CHAIN_OFFICE
    if problem.answer:
        problem.answered_at = base.days_ago(4)
    if problem.status is _S.CLOSED:
        is_agreed = problem.kind is not _K.TAX
        problem.closing_ground = ClosingGround.FIRM_AGREED if is_agreed else ClosingGround.OFFICE_DECIDED
        problem.closing_note = None if is_agreed else "企业未再回复；政策依据已送达，超过 15 个工作日。"
        problem.closed_at = base.days_ago(1)
    problem.created_at = base.days_ago(30)
    base.session.add(problem)
    base.session.flush()
    by_firm = (person.full_name, firm.legal_name if firm else "")
    by_office = (official.full_name if official else "", "")
    lines: list[tuple[ProblemEntryKind, str, tuple[str, str], float, str, date | None]] = [
        (_E.RAISED, problem.text, by_firm, 30, "", None)
    ]
    if problem.bureau:
        lines.append((_E.HANDED_OVER, "请按期答复并告知企业。", by_office, 28, problem.bureau, problem.due_on))
    if problem.escalation is not EscalationLevel.NONE:
        lines.append((_E.ESCALATED, problem.escalation.value, ("", ""), 4, "", None))
    if problem.answer:
        lines.append((_E.ANSWERED, problem.answer, by_office, 4, "", None))
    if problem.status is _S.CLOSED:
        closer = by_firm if problem.closing_ground is ClosingGround.FIRM_AGREED else by_office
        lines.append((_E.CLOSED, problem.closing_note or "", closer, 1, "", None))
    for kind, text, (name, organization), days, bureau, due_on in lines:
        base.session.add(
            ProblemEntry(
                problem_id=problem.id or 0, kind=kind, text=text, bureau=bureau, due_on=due_on, by_name=name,
                by_organization=organization, created_at=base.days_ago(days),
            )
        )  # fmt: skip
    base.session.flush()
