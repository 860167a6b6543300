"""Firm, buyer and bank as one case, each reading what it may; and the confirmed orders of a supply pairing.

The firm and the office read all of it. Bank and buyer find the case once the loan was introduced, while both the firm
and the buyer let the order be shown. The bank learns of this buyer and this order only; the buyer learns which bank
and how far it has come, never terms, amounts or papers of the loan.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from access import parties
from access.actor import Actor
from access.case_steps import is_latest
from access.lookups import NotVisible
from access.scopes import in_chain, own
from models.confirmed_order import ConfirmedOrder, JointCase
from models.organization import Organization, User
from models.pairing import CaseStep, Pairing
from models.posting import Demand, Supply
from vocabulary.case_clocks import ClockStage
from vocabulary.classifications import LADDERS, CaseStepKind, Market
from vocabulary.lifecycles import DECIDABLE_PAIRING, RUNNING_PAIRING, OrderStatus, PairingStatus
from vocabulary.roles import OrganizationKind


@dataclass(frozen=True)
class Rung:
    """One step of a ladder; `happened_on` is None while it has not come. Amounts only for whom they concern."""

    kind: CaseStepKind
    happened_on: date | None
    amount_fen: int | None


@dataclass(frozen=True)
class Ladder:
    """One of the two pairings of a case: how far it is and what is due next. `title` is empty for a third party."""

    market: Market
    pairing_public_id: str
    status: PairingStatus
    title: str
    handler: str
    rungs: tuple[Rung, ...]
    due_stage: ClockStage | None
    next_due_on: date | None
    is_overdue: bool
    is_stated: bool
    is_provisional: bool


@dataclass(frozen=True)
class OrderLine:
    """A confirmed order as its two sides and the office read it."""

    public_id: str
    kind: CaseStepKind
    happened_on: date
    amount_fen: int
    payment_days: int
    status: OrderStatus
    confirmed_by: str
    confirmed_at: datetime
    buyer_agrees: bool
    firm_agreed_at: datetime | None
    step_public_id: str
    is_outdated: bool
    """The step was corrected since: the order counts no longer."""
    ended_note: str


@dataclass(frozen=True)
class JointView:
    """The case for one reader: `reader` is `firm`, `buyer`, `bank` or `office`."""

    public_id: str
    reader: str
    firm: str
    buyer: str
    bank: str
    order: OrderLine
    supply: Ladder
    finance: Ladder
    is_shown_to_all: bool


@dataclass(frozen=True)
class JointLink:
    """A case that the reader may open, by the parties that it joins."""

    public_id: str
    firm: str
    buyer: str
    bank: str


def orders_of(session: Session, pairing: Pairing) -> list[OrderLine]:
    """Confirmed orders of a supply pairing that the reader may see, newest first."""
    rows = session.execute(_orders().where(col(ConfirmedOrder.pairing_id) == pairing.id)).all()
    return [_order(row) for row in rows]


def own_order(session: Session, actor: Actor, public_id: str) -> ConfirmedOrder:
    """An order of which the reader is the firm or the buyer."""
    row = (
        session.execute(
            select(ConfirmedOrder).where(
                col(ConfirmedOrder.public_id) == public_id,
                or_(own(actor, ConfirmedOrder.firm_id), own(actor, ConfirmedOrder.buyer_id)),
            )
        )
        .scalars()
        .first()
    )
    if row is None:
        raise NotVisible
    return row


def case_of_order(session: Session, actor: Actor, public_id: str) -> str:
    """Address of the supply case of an own order."""
    order = own_order(session, actor, public_id)
    return session.get_one(Pairing, order.pairing_id).public_id


def cases_of(session: Session, actor: Actor, pairing: Pairing) -> list[JointLink]:
    """The joint cases around a pairing that the reader may open."""
    rows = session.execute(
        _cases(actor).where(
            or_(
                col(JointCase.finance_pairing_id) == pairing.id,
                col(ConfirmedOrder.pairing_id) == pairing.id,
            )
        )
    ).all()
    return [JointLink(row.JointCase.public_id, row.firm, row.buyer, row.bank) for row in rows]


def joint_case(session: Session, actor: Actor, public_id: str, *, on: date) -> JointView:
    """One case. Raises NotVisible for whoever is no party of it, or is not told of it yet, or no longer."""
    row = session.execute(_cases(actor).where(col(JointCase.public_id) == public_id)).first()
    if row is None:
        raise NotVisible
    order, finance, supply = row.ConfirmedOrder, row.Finance, row.Supplying
    reader = _reader(actor, order, finance)
    (line,) = session.execute(_orders().where(col(ConfirmedOrder.id) == order.id)).all()
    return JointView(
        public_id=public_id,
        reader=reader,
        firm=row.firm,
        buyer=row.buyer,
        bank=row.bank,
        order=_order(line),
        supply=_ladder(session, supply, on=on, is_third=reader == "bank", is_office=reader == "office"),
        finance=_ladder(session, finance, on=on, is_third=reader == "buyer", is_office=reader == "office"),
        is_shown_to_all=finance.introduced_at is not None and order.buyer_agrees and order.firm_agreed_at is not None,
    )


_Finance, _Supplying = aliased(Pairing, name="Finance"), aliased(Pairing, name="Supplying")


def _cases(actor: Actor) -> Any:
    """Cases that the actor may open, with their parties."""
    firm, buyer, bank = aliased(Organization), aliased(Organization), aliased(Organization)
    is_shown = and_(
        col(_Finance.introduced_at).is_not(None),
        col(ConfirmedOrder.buyer_agrees),
        col(ConfirmedOrder.firm_agreed_at).is_not(None),
    )
    is_third = or_(own(actor, ConfirmedOrder.buyer_id), own(actor, _Finance.supply_organization_id))
    return (
        select(
            JointCase, ConfirmedOrder, _Finance, _Supplying,
            col(firm.legal_name).label("firm"), col(buyer.legal_name).label("buyer"),
            col(bank.legal_name).label("bank"),
        )
        .join(ConfirmedOrder, col(ConfirmedOrder.id) == JointCase.order_id)
        .join(_Finance, col(_Finance.id) == JointCase.finance_pairing_id)
        .join(_Supplying, col(_Supplying.id) == ConfirmedOrder.pairing_id)
        .join(firm, col(firm.id) == ConfirmedOrder.firm_id)
        .join(buyer, col(buyer.id) == ConfirmedOrder.buyer_id)
        .join(bank, col(bank.id) == _Finance.supply_organization_id)
        .where(
            or_(
                own(actor, ConfirmedOrder.firm_id),
                in_chain(actor, _Finance.chain_id),
                in_chain(actor, _Supplying.chain_id),
                and_(is_third, is_shown),
            )
        )
        .order_by(col(JointCase.id).desc())
    )  # fmt: skip


def _reader(actor: Actor, order: ConfirmedOrder, finance: Pairing) -> str:
    if actor.organization_kind in (OrganizationKind.CHAIN_OFFICE, OrganizationKind.JOINT_OFFICE):
        return "office"
    roles = {order.firm_id: "firm", order.buyer_id: "buyer", parties.counterpart_id(finance): "bank"}
    return roles[actor.organization_id or 0]


def _orders() -> Any:
    later = aliased(CaseStep)
    is_replaced = select(col(later.id)).where(col(later.corrects_id) == CaseStep.id).exists()
    return (
        select(
            ConfirmedOrder, col(CaseStep.kind), col(CaseStep.happened_on), col(User.full_name),
            col(CaseStep.public_id).label("step_public_id"),
            or_(col(CaseStep.is_void), is_replaced).label("is_outdated"),
        )
        .join(CaseStep, col(CaseStep.id) == ConfirmedOrder.case_step_id)
        .join(User, col(User.id) == ConfirmedOrder.confirmed_by_id)
        .order_by(col(ConfirmedOrder.id).desc())
    )  # fmt: skip


def _order(row: Any) -> OrderLine:
    order: ConfirmedOrder = row[0]
    return OrderLine(
        order.public_id, row.kind, row.happened_on, order.amount_fen, order.payment_days, order.status, row.full_name,
        order.created_at, order.buyer_agrees, order.firm_agreed_at, row.step_public_id,
        row.is_outdated, order.ended_note or "",
    )  # fmt: skip


def _ladder(session: Session, pairing: Pairing, *, on: date, is_third: bool, is_office: bool) -> Ladder:
    """A pairing's ladder; a third party reads kinds and days of the steps only."""
    steps = session.exec(
        select_rows(CaseStep)
        .where(CaseStep.pairing_id == pairing.id, *is_latest())
        .order_by(col(CaseStep.happened_on), col(CaseStep.id))
    ).all()
    last = {step.kind: step for step in steps}
    is_running = pairing.status in RUNNING_PAIRING
    due_on = pairing.due_on if is_running else None
    handler = session.get(User, pairing.handled_by_id) if pairing.handled_by_id and not is_third else None
    # A verdict within its hold time can still be taken back: the sides are not told of it yet.
    is_unannounced = not is_office and pairing.status in {PairingStatus.CONFIRMED, *DECIDABLE_PAIRING}
    return Ladder(
        market=pairing.market,
        pairing_public_id=pairing.public_id,
        status=PairingStatus.PROPOSED if is_unannounced else pairing.status,
        title="" if is_third else _title(session, pairing),
        handler=handler.full_name if handler else "",
        rungs=tuple(
            Rung(
                kind,
                last[kind].happened_on if kind in last else None,
                last[kind].amount_fen if kind in last and not is_third else None,
            )
            for kind in LADDERS[pairing.market]
        ),
        due_stage=pairing.due_stage if is_running else None,
        next_due_on=due_on,
        is_overdue=due_on is not None and due_on < on,
        is_stated=pairing.due_is_stated,
        is_provisional=pairing.due_is_provisional,
    )


def _title(session: Session, pairing: Pairing) -> str:
    """What the pairing is about: the loan product, or the purchase need."""
    if pairing.market is Market.FINANCE:
        return session.get_one(Supply, pairing.supply_id).title
    return session.get_one(Demand, pairing.demand_id).title
