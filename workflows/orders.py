"""Orders that a buyer confirms for its supplier (订单融资, F20).

A confirmation says that the order is true. It guarantees nothing to anybody.
"""

from datetime import date

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from access import parties
from access.actor import Actor
from access.permissions import Permission
from access.rules import NotAllowed, require
from models.base import now
from models.confirmed_order import ConfirmedOrder
from models.pairing import CaseStep, Pairing
from models.posting import Demand
from vocabulary.classifications import ORDER_STEPS, Market
from vocabulary.lifecycles import CONFIRMED_ORDER, PAIRING, RELEASED_PAIRING, OrderStatus, PairingStatus, PostingStatus
from workflows import joint_cases
from workflows.audit import record
from workflows.errors import AlreadyExists, NotComplete, StepNotAllowed
from workflows.notifications import queue_to_members
from workflows.transitions import advance, require_step
from workflows.turns import take_turn

MOST_DAYS = 720


def confirm_order(
    session: Session,
    actor: Actor,
    step: CaseStep,
    *,
    payment_days: int | None,
    buyer_agrees: bool,
    today: date,
) -> ConfirmedOrder:
    """The buyer confirms a recorded order; the firm's financing needs are recommended anew.

    `buyer_agrees` lets a bank that the firm also lets read amount and time to pay. Raises NotAllowed unless the actor
    is the buyer, StepNotAllowed if the case has ended, NotComplete for a step that is no order, was corrected, or for
    days out of range, AlreadyExists if the order is confirmed already.
    """
    pairing = session.get_one(Pairing, step.pairing_id)
    _require_buyer(actor, pairing)
    if pairing.status not in RELEASED_PAIRING:
        require_step(session, PAIRING, pairing, PairingStatus.FULFILLED)
        raise StepNotAllowed(noun=PAIRING.noun, current=pairing.status, wanted=PairingStatus.FULFILLED)
    if problems := _problems(session, step, payment_days):
        raise NotComplete(problems)
    order = ConfirmedOrder(
        case_step_id=step.id or 0,
        pairing_id=pairing.id or 0,
        firm_id=parties.firm_id(pairing),
        buyer_id=parties.counterpart_id(pairing),
        amount_fen=step.amount_fen or 0,
        payment_days=payment_days or 0,
        buyer_agrees=buyer_agrees,
        confirmed_by_id=actor.user_id or 0,
    )
    try:
        with session.begin_nested():
            session.add(order)
            session.flush()
    except IntegrityError as error:
        raise AlreadyExists("case_step") from error
    _record(session, actor, order, "confirmed_order_confirmed")
    joint_cases.open_for_order(session, order)
    queue_to_members(
        session, (order.firm_id,), template="joint_case",
        values={"event": "order_confirmed", "organization": actor.organization_name},
    )  # fmt: skip
    _recommend_anew(session, order.firm_id, today)
    return order


def withdraw_order(session: Session, actor: Actor, order: ConfirmedOrder, *, note: str = "", today: date) -> None:
    """The buyer takes its confirmation back; the firm is told, and the bank of every case that rests on it."""
    _require_buyer(actor, session.get_one(Pairing, order.pairing_id))
    advance(
        session, actor, CONFIRMED_ORDER, order, OrderStatus.WITHDRAWN,
        reason=note, visible_to_organization_id=order.firm_id, ended_note=note[:500] or None,
    )  # fmt: skip
    joint_cases.tell_order_ended(session, actor, order, "order_withdrawn")
    _recommend_anew(session, order.firm_id, today)


def fulfil_order(session: Session, actor: Actor, order: ConfirmedOrder, *, today: date) -> None:
    """The buyer has received and paid: the order carries no loan any more."""
    _require_buyer(actor, session.get_one(Pairing, order.pairing_id))
    advance(
        session, actor, CONFIRMED_ORDER, order, OrderStatus.FULFILLED, visible_to_organization_id=order.firm_id
    )  # fmt: skip
    _recommend_anew(session, order.firm_id, today)


def agree(session: Session, actor: Actor, order: ConfirmedOrder) -> None:
    """The firm lets the banks of its cases read the order, and the buyer see that a case rests on it."""
    _require_firm(actor, order)
    take_turn(session, ConfirmedOrder, order.id)
    require_stands(order)
    order.firm_agreed_at, order.firm_agreed_by_id = now(), actor.user_id
    session.flush()
    _record(session, actor, order, "order_shown_to_banks")


def take_back_agreement(session: Session, actor: Actor, order: ConfirmedOrder) -> None:
    """The firm no longer lets banks read the order: bank and buyer lose the case from the very next request."""
    _require_firm(actor, order)
    if order.firm_agreed_at is None:
        return
    joint_cases.tell_order_ended(session, actor, order, "order_hidden")
    order.firm_agreed_at = order.firm_agreed_by_id = None
    session.flush()
    _record(session, actor, order, "order_hidden_from_banks")


def require_stands(order: ConfirmedOrder) -> None:
    """Raise StepNotAllowed for an order that was withdrawn or fulfilled."""
    if order.status is not OrderStatus.CONFIRMED:
        raise StepNotAllowed(noun=CONFIRMED_ORDER.noun, current=order.status, wanted=OrderStatus.CONFIRMED)


def _require_buyer(actor: Actor, pairing: Pairing) -> None:
    require(actor, Permission.RECORD_CASE_STEPS)
    if pairing.market is not Market.SUPPLY or actor.organization_id != parties.counterpart_id(pairing):
        raise NotAllowed("confirm_order")


def _require_firm(actor: Actor, order: ConfirmedOrder) -> None:
    require(actor, Permission.GIVE_CONSENT)
    if actor.organization_id != order.firm_id:
        raise NotAllowed("show_order")


def _problems(session: Session, step: CaseStep, payment_days: int | None) -> dict[str, str]:
    is_replaced = session.exec(select(CaseStep.id).where(CaseStep.corrects_id == step.id)).first() is not None
    if step.kind not in ORDER_STEPS or step.amount_fen is None or step.is_void or is_replaced:
        return {"step": "not_an_order"}
    if payment_days is None:
        return {"payment_days": "required"}
    return {} if 0 <= payment_days <= MOST_DAYS else {"payment_days": "out_of_range"}


def _recommend_anew(session: Session, firm_id: int, today: date) -> None:
    """The firm's open financing needs: its orders are among their facts."""
    # Loading the engine takes a second that the rest need not wait for.
    from workflows.recommendations import refresh_demand

    session.flush()
    needs = select(Demand.id).where(
        Demand.organization_id == firm_id, Demand.market == Market.FINANCE, Demand.status == PostingStatus.OPEN
    )
    for demand_id in session.exec(needs.order_by(col(Demand.id))).all():
        assert demand_id is not None
        refresh_demand(session, demand_id, today=today)


def _record(session: Session, actor: Actor, order: ConfirmedOrder, action: str) -> None:
    record(
        session, actor, action,
        subject_kind=CONFIRMED_ORDER.noun, subject_id=order.id or 0, visible_to_organization_id=order.firm_id,
    )  # fmt: skip
