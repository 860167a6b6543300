"""Gaps of the demo world: three needs for one bar, gaps that projects close, leads and tasks in every status."""

from datetime import date, timedelta

from sqlmodel import Session, col, select

from access.actor import Actor
from access.lists import gaps as lists
from access.lists.gaps import GapFilters
from cli.demo_base import DemoBase
from models.base import now
from models.gap import Gap, GapTask
from models.organization import Membership, Organization, User
from models.posting import Demand
from models.project import Project
from models.purchase_need import PurchaseNeed
from vocabulary.classifications import Market
from vocabulary.gaps import GAP_TASK, GapKind, GapStatus, GapTaskStatus
from vocabulary.lifecycles import PostingStatus, ProjectStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import ROLES_OF_KIND, OrganizationKind
from workflows import gaps
from workflows.calendar import today
from workflows.gap_closing import follow_project_in_production
from workflows.gap_keeping import refresh_gaps
from workflows.transitions import advance

_CHAIN = "new_energy_power"
_TONNES = (360, 240, 180)
_WAN_A_TONNE = 9


def add_unmet_needs(base: DemoBase) -> None:
    """Three buyers ask for tinned copper bars by a standard and with a certificate that nobody here has."""
    chain = base.chains[_CHAIN]
    buyers = base.session.exec(
        select(Organization)
        .where(Organization.kind == OrganizationKind.BUYER, Organization.chain_id == chain.id)
        .order_by(col(Organization.id))
        .limit(len(_TONNES))
    ).all()
    for buyer, tonnes in zip(buyers, _TONNES, strict=False):
        demand = Demand(
            market=Market.SUPPLY, organization_id=buyer.id or 0, title=f"采购镀锡铜排{tonnes}吨", chain_id=chain.id,
            text="用于开关柜母线，要求镀锡层均匀、折弯不起皮，随货附检验报告。", status=PostingStatus.OPEN,
            opened_at=now() - timedelta(days=70), expires_on=base.today + timedelta(days=110),
            region_code=buyer.region_code, is_demo=True,
        )  # fmt: skip
        base.session.add(demand)
        base.session.flush()
        base.session.add(
            PurchaseNeed(
                demand_id=demand.id or 0, category_code="3251", specification="镀锡铜排 TMY 10×100",
                quantity_milli=tonnes * 1000, unit="tonne", must_standards=["GB/T 5585.1"],
                must_certificates=["iatf16949"], window_start=base.today + timedelta(days=20),
                window_end=base.today + timedelta(days=120), delivery_region_code=buyer.region_code, payment_days=60,
                budget_fen=tonnes * _WAN_A_TONNE * FEN_PER_WAN,
            )
        )  # fmt: skip
    base.session.flush()


def add_gaps(session: Session) -> None:
    """Three monthly runs, and what the office of one chain did about what they found."""
    day = today()
    refresh_gaps(session, day - timedelta(days=64))
    actor = _official(session)
    if actor is not None:
        _add_life(session, actor, day)
    refresh_gaps(session, day - timedelta(days=32))
    refresh_gaps(session, day)


def _add_life(session: Session, actor: Actor, day: date) -> None:
    found = lists.gaps(session, actor, GapFilters(status=GapStatus.OPEN), on=day).lines
    bars = next(line.gap for line in found if line.gap.product == "镀锡铜排")
    winding = next(line.gap for line in found if line.gap.kind is GapKind.MISSING_LINK)
    others = [line.gap for line in found if line.gap.id not in (bars.id, winding.id)]
    _lead(session, actor, bars, "引进镀锡铜排生产企业", day + timedelta(days=45), "已与两家外省企业联系。")
    page = lists.gap_page(session, actor, bars.public_id, on=day)
    for miss in page.near_misses[:1]:
        gaps.add_upgrade(
            session, actor, bars, near_miss=miss.recommendation, firm_id=miss.firm_id,
            title="取得汽车行业质量认证和铜排标准", note="由市市场监督管理局派员辅导。", owner_id=actor.user_id or 0,
            due_on=day + timedelta(days=90),
        )  # fmt: skip
    _in_project(session, actor, winding, "引进漆包扁线项目", day + timedelta(days=120), "高端漆包线项目")
    closing = _in_project(session, actor, others[0], "变压器配套补链", day - timedelta(days=15), "变压器智能工厂")
    if closing is not None and closing.status is ProjectStatus.IN_PRODUCTION:
        on = closing.in_production_on or day
        follow_project_in_production(session, actor, closing, on=on)
    late = _lead(session, actor, others[1], "联系沿海配套企业", day + timedelta(days=1), "")
    late.due_on = day - timedelta(days=9)
    dropped = _lead(session, actor, others[1], "承接产业转移", day + timedelta(days=30), "")
    gaps.end_task(session, actor, dropped, GapTaskStatus.DROPPED, note="对方已在外市落地")
    session.flush()


def _lead(session: Session, actor: Actor, gap: Gap, title: str, due_on: date, note: str) -> GapTask:
    return gaps.add_lead(session, actor, gap, title=title, note=note, owner_id=actor.user_id or 0, due_on=due_on)


def _in_project(session: Session, actor: Actor, gap: Gap, title: str, due_on: date, name: str) -> Project | None:
    """A lead that became a project of the library."""
    lead = _lead(session, actor, gap, title, max(due_on, today()), "")
    lead.due_on = due_on
    session.flush()
    project = session.exec(select(Project).where(Project.name == name, Project.chain_id == gap.chain_id)).first()
    if project is not None:
        if gap.kind is GapKind.MISSING_LINK:
            project.chain_link_id = gap.chain_link_id
        advance(session, actor, GAP_TASK, lead, GapTaskStatus.IN_PROJECT, chain_id=gap.chain_id, project_id=project.id)
    return project


def _official(session: Session) -> Actor | None:
    """The officer of the chain's office whose account the demo shows."""
    row = session.exec(
        select(User, Organization)
        .join(Membership, col(Membership.user_id) == User.id)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(User.email == "official@demo.lianrong.cn", col(Membership.ended_at).is_(None))
    ).first()
    if row is None:
        return None
    user, office = row
    return Actor(
        user_id=user.id, name=user.full_name, organization_id=office.id, organization_kind=office.kind,
        organization_name=office.legal_name, is_verified=True, role=ROLES_OF_KIND[office.kind][0],
        chain_id=office.chain_id,
    )  # fmt: skip
