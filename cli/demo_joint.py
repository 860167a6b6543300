"""The joint case of the demo world: the copper-wire maker, a cable maker's order, and a loan that rests on it."""

from datetime import timedelta

from sqlmodel import col, select

from cli.demo_base import DemoBase
from cli.demo_cases import DemoCases, Pair
from cli.demo_groups import actor_of_organization
from models.confirmed_order import ConfirmedOrder
from models.financing_need import FinancingNeed
from models.loan_product import LoanProduct, LoanProductVersion
from models.organization import Organization
from models.pairing import CaseStep, Pairing
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from vocabulary.classifications import CaseStepKind, LoanBasis, LoanPurpose, Market, RepaymentMethod
from vocabulary.lifecycles import PairingStatus, PostingStatus
from vocabulary.money import FEN_PER_WAN
from workflows import joint_cases, orders
from workflows.recommendations import refresh_demand

_FIRM, _BANK = "隆源铜业", "华融湘江"
_K = CaseStepKind
_PAYMENT_DAYS = 90
_PART = 0.7
"""Of the order, what the firm asks for against it."""


def add_joint_case(base: DemoBase) -> None:
    """One order that a loan rests on; one that was fulfilled and one that its buyer withdrew beside it."""
    session = base.session
    firm = session.exec(select(Organization).where(Organization.short_name == _FIRM)).one()
    bank = session.exec(select(Organization).where(col(Organization.legal_name).startswith(_BANK))).first()
    assert bank is not None
    product = _product(base, bank)
    order = _confirmed(base, firm, PairingStatus.AGREED, _K.TRIAL_ORDER)
    fulfilled = _confirmed(base, firm, PairingStatus.FULFILLED, _K.TRIAL_ORDER)
    withdrawn = _confirmed(base, firm, PairingStatus.AGREED, _K.FRAME_AGREEMENT)
    orders.fulfil_order(session, actor_of_organization(session, fulfilled.buyer_id), fulfilled, today=base.today)
    orders.withdraw_order(
        session, actor_of_organization(session, withdrawn.buyer_id), withdrawn,
        note="框架协议按批下单，以每批订单为准。", today=base.today,
    )  # fmt: skip
    orders.agree(session, actor_of_organization(session, order.firm_id), order)
    need = _need(base, firm, order)
    refresh_demand(session, need.id or 0, today=base.today)
    found = session.exec(
        select(Recommendation).where(
            Recommendation.demand_id == need.id,
            Recommendation.supply_id == product.id,
            col(Recommendation.superseded_at).is_(None),
        )
    ).one()
    DemoCases(session, base.today).add(Pair(found, need, product), PairingStatus.IN_PROGRESS)
    pairing = session.exec(select(Pairing).where(Pairing.demand_id == need.id)).one()
    joint_cases.open_for_pairing(session, pairing)
    base.forget_news("joint_case")


def _confirmed(base: DemoBase, firm: Organization, status: PairingStatus, kind: CaseStepKind) -> ConfirmedOrder:
    """The buyer of the firm's case in this status confirms the step of this kind, and lets banks see it."""
    step = base.session.exec(
        select(CaseStep)
        .join(Pairing, col(Pairing.id) == CaseStep.pairing_id)
        .where(Pairing.supply_organization_id == firm.id, Pairing.status == status, CaseStep.kind == kind)
        .order_by(col(CaseStep.amount_fen).nulls_first())
    ).first()
    assert step is not None
    buyer = base.session.get_one(Pairing, step.pairing_id).demand_organization_id
    return orders.confirm_order(
        base.session,
        actor_of_organization(base.session, buyer),
        step,
        payment_days=_PAYMENT_DAYS,
        buyer_agrees=True,
        today=base.today,
    )


def _product(base: DemoBase, bank: Organization) -> Supply:
    text = "凭买方在平台上确认的订单发放，用于备料和生产，回款优先还贷。"
    supply = Supply(
        market=Market.FINANCE, organization_id=bank.id or 0, title="订单融资", text=text, is_demo=True,
        status=PostingStatus.OPEN, opened_at=base.days_ago(40), expires_on=base.today + timedelta(days=300),
    )  # fmt: skip
    base.session.add(supply)
    base.session.flush()
    base.session.add(LoanProduct(supply_id=supply.id or 0))
    base.session.add(
        LoanProductVersion(
            supply_id=supply.id or 0, version=1, valid_from=base.today - timedelta(days=40),
            min_amount_fen=30 * FEN_PER_WAN, max_amount_fen=2_000 * FEN_PER_WAN, min_term_months=1, max_term_months=12,
            rate_from_bps=360, rate_to_bps=430, repayment=RepaymentMethod.BULLET,
            purposes=[LoanPurpose.WORKING_CAPITAL.value, LoanPurpose.TRADE.value],
            guarantee_methods=["receivables", "unsecured"], regions=["4304"], target_industries=["32", "38"],
            tax_grades=["A", "B", "M"], min_months_in_operation=12, min_revenue_band=1, max_debt_ratio_band=6,
            basis=LoanBasis.CONFIRMED_ORDER, max_payment_band=4, documents="订单、近六个月流水",
        )
    )  # fmt: skip
    base.session.flush()
    return supply


def _need(base: DemoBase, firm: Organization, order: ConfirmedOrder) -> Demand:
    asked = round(order.amount_fen * _PART / FEN_PER_WAN / 10) * 10
    demand = Demand(
        market=Market.FINANCE, organization_id=firm.id or 0, title=f"订单备料贷款{asked}万元", is_demo=True,
        text="按电缆企业的订单采购电解铜，交货回款后归还。", chain_id=firm.chain_id, status=PostingStatus.OPEN,
        opened_at=base.days_ago(50), expires_on=base.today + timedelta(days=120),
    )  # fmt: skip
    base.session.add(demand)
    base.session.flush()
    base.session.add(
        FinancingNeed(
            demand_id=demand.id or 0, amount_fen=asked * FEN_PER_WAN, term_months=6,
            purpose=LoanPurpose.WORKING_CAPITAL, guarantee_methods=["receivables"], max_annual_rate_bps=450,
        )
    )  # fmt: skip
    base.session.flush()
    return demand
