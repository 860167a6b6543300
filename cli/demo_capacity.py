"""What lenders of the demo world can take on: a full branch, a paused product, one with little left; assignments."""

from datetime import timedelta

from sqlmodel import Session, col, select

from access.actor import Actor
from access.capacity import first_week
from models.base import now
from models.capacity import BranchCapacity, VisitSlot
from models.financing_need import FinancingNeed
from models.loan_product import LoanProduct
from models.organization import Membership, Organization, User
from models.pairing import Pairing
from models.posting import Demand, Supply
from vocabulary.classifications import GuaranteeMethod, LoanPurpose, Market
from vocabulary.lifecycles import TAKEN_ON, PostingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import Role
from workflows import assignments
from workflows.assignment_run import AssignmentSettings, compute
from workflows.calendar import today
from workflows.capacity import branch_of
from workflows.recommendations import refresh_supply

_UNSEEN = "隆源铜业"


def add_capacity(session: Session) -> None:
    """Visits of the pairings so far; the branch with most of them is full this week; one pause, one small quota."""
    on = today()
    week = first_week(on)
    booked: dict[int, int] = {}
    rows = session.exec(
        select(Pairing, LoanProduct)
        .join(LoanProduct, col(LoanProduct.supply_id) == Pairing.supply_id)
        .where(Pairing.market == Market.FINANCE, col(Pairing.status).in_(TAKEN_ON))
        .order_by(col(Pairing.id))
    ).all()
    for pairing, product in rows:
        branch = branch_of(session, pairing.supply_organization_id, product.branch)
        number = booked[branch.id or 0] = booked.get(branch.id or 0, 0) + 1
        session.add(VisitSlot(branch_id=branch.id or 0, week=week, number=number, pairing_id=pairing.id or 0))
    for branch_id, number in booked.items():
        branch = session.get_one(BranchCapacity, branch_id)
        branch.visits_per_week = max(branch.visits_per_week or 0, number)
    if booked:
        fullest = session.get_one(BranchCapacity, max(booked, key=lambda one: (booked[one], -one)))
        fullest.visits_per_week = booked[fullest.id or 0]
    products = session.exec(
        select(LoanProduct)
        .join(Supply, col(Supply.id) == LoanProduct.supply_id)
        .where(Supply.status == PostingStatus.OPEN)
        .order_by(col(LoanProduct.supply_id))
    ).all()
    paused, little = products[-1], products[-2]
    paused.paused_until, paused.pause_reason = on + timedelta(days=40), "年末信贷规模控制，明年初恢复"
    little.quota_firms, little.quota_fen, little.quota_stated_at = 2, 300 * FEN_PER_WAN, now()
    session.flush()
    for product in (paused, little):
        refresh_supply(session, product.supply_id, today=on)


def add_need_without_room(session: Session) -> None:
    """A need posted while the only product that would take it is paused: eligible, and nobody sees it."""
    firm = session.exec(select(Organization).where(Organization.short_name == _UNSEEN)).first()
    if firm is None:
        return
    need = Demand(
        market=Market.FINANCE, organization_id=firm.id or 0, title="订单质押融资2000万元", chain_id=firm.chain_id,
        text="已签年度供货订单，备料资金缺口半年，以应收账款和订单质押。", status=PostingStatus.OPEN, opened_at=now(),
        expires_on=today() + timedelta(days=120), region_code=firm.region_code, is_demo=True,
    )  # fmt: skip
    session.add(need)
    session.flush()
    session.add(
        FinancingNeed(
            demand_id=need.id or 0, amount_fen=2_000 * FEN_PER_WAN, term_months=6, purpose=LoanPurpose.WORKING_CAPITAL,
            guarantee_methods=[GuaranteeMethod.PLEDGE], max_annual_rate_bps=500,
        )
    )  # fmt: skip


def add_assignments(session: Session) -> None:
    """Proposals of the joint office: one dropped, one pending; and one that a chain office adopted."""
    on = today()
    coordinator = _actor(session, Role.COORDINATOR)
    official = _actor(session, Role.OFFICIAL)
    dropped = assignments.keep(session, coordinator, compute(session, coordinator, AssignmentSettings(), on=on))
    assignments.drop(session, coordinator, dropped, note="按四周算，排在后面的企业等得太久，改按本周名额。")
    adopted = assignments.keep(session, official, compute(session, official, AssignmentSettings(), on=on))
    assignments.adopt(session, official, adopted, on=on)
    assignments.keep(session, coordinator, compute(session, coordinator, AssignmentSettings(weeks=1), on=on))


def _actor(session: Session, role: Role) -> Actor:
    """The first person of a role in the last chain: the story is told in the first."""
    user, organization = session.exec(
        select(User, Organization)
        .join(Membership, col(Membership.user_id) == User.id)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(Membership.role == role)
        .order_by(col(Organization.chain_id).desc().nulls_last(), col(User.id))
    ).first() or (None, None)
    assert user is not None
    assert organization is not None
    return Actor(
        user_id=user.id,
        name=user.full_name,
        organization_id=organization.id,
        organization_kind=organization.kind,
        organization_name=organization.legal_name,
        is_verified=True,
        role=role,
        chain_id=organization.chain_id,
    )
