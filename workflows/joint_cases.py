"""Cases in which firm, buyer and bank meet over a confirmed order: they begin with it and tell each other's end."""

from collections.abc import Iterable

from sqlmodel import Session, col, or_, select

from access import orders, parties
from access.actor import Actor
from models.confirmed_order import ConfirmedOrder, JointCase
from models.loan_product import LoanProduct, LoanProductVersion
from models.pairing import Pairing
from vocabulary.classifications import LoanBasis, Market
from vocabulary.lifecycles import LIVE_PAIRING
from workflows.notifications import queue_to_members


def open_for_pairing(session: Session, pairing: Pairing) -> None:
    """Join a new finance pairing with each order of the firm that its product may rest on."""
    if pairing.market is not Market.FINANCE:
        return
    basis = _bases(session, (pairing.supply_id,)).get(pairing.supply_id)
    if basis is None:
        return
    found = select(ConfirmedOrder).where(ConfirmedOrder.firm_id == parties.firm_id(pairing), orders.counts())
    for order in session.exec(found.order_by(col(ConfirmedOrder.id))).all():
        _join(session, pairing, order, basis)


def open_for_order(session: Session, order: ConfirmedOrder) -> None:
    """Join a new order with each live finance pairing of the firm whose product may rest on it."""
    live = select(Pairing).where(
        Pairing.market == Market.FINANCE,
        Pairing.demand_organization_id == order.firm_id,
        col(Pairing.status).in_(LIVE_PAIRING),
    )
    pairings = session.exec(live.order_by(col(Pairing.id))).all()
    bases = _bases(session, [pairing.supply_id for pairing in pairings])
    for pairing in pairings:
        if basis := bases.get(pairing.supply_id):
            _join(session, pairing, order, basis)


def tell_pairing_ended(session: Session, actor: Actor, pairing: Pairing) -> None:
    """One of the two pairings behind a joint case ended: the other parties who know of the case are told."""
    found = (
        select(JointCase, ConfirmedOrder)
        .join(ConfirmedOrder, col(ConfirmedOrder.id) == JointCase.order_id)
        .where(or_(JointCase.finance_pairing_id == pairing.id, ConfirmedOrder.pairing_id == pairing.id))
    )
    event = "loan_ended" if pairing.market is Market.FINANCE else "order_ended"
    for case, order in session.exec(found).all():
        tell(session, actor, case, order, event)


def tell_order_ended(session: Session, actor: Actor, order: ConfirmedOrder, event: str) -> None:
    """The order, or the firm's consent to show it, was withdrawn: the firm is told, and the banks that knew."""
    cases = session.exec(select(JointCase).where(JointCase.order_id == order.id)).all()
    for case in cases:
        tell(session, actor, case, order, event)
    if not cases:
        _tell(session, actor, {order.firm_id, order.buyer_id}, event)


def tell(session: Session, actor: Actor, case: JointCase, order: ConfirmedOrder, event: str) -> None:
    """One message to the parties of a case that know of it, but for the organization that acted."""
    finance = session.get_one(Pairing, case.finance_pairing_id)
    told = {order.firm_id}
    if finance.introduced_at is not None and order.buyer_agrees and order.firm_agreed_at is not None:
        told |= {order.buyer_id, parties.counterpart_id(finance)}
    elif event != "loan_ended":
        told.add(order.buyer_id)  # whose order it is; of the loan the buyer does not know
    _tell(session, actor, told, event)


def _tell(session: Session, actor: Actor, organizations: Iterable[int], event: str) -> None:
    told = sorted(set(organizations) - {actor.organization_id or 0})
    queue_to_members(
        session, told, template="joint_case", values={"event": event, "organization": actor.organization_name}
    )


def _join(session: Session, pairing: Pairing, order: ConfirmedOrder, basis: LoanBasis) -> None:
    if basis is LoanBasis.RECEIVABLES and order.payment_days == 0:
        return
    session.add(JointCase(finance_pairing_id=pairing.id or 0, order_id=order.id or 0))
    session.flush()


def _bases(session: Session, supply_ids: Iterable[int]) -> dict[int, LoanBasis]:
    """What products rest on by their current terms; those that rest on nothing are left out."""
    rows = session.exec(
        select(LoanProduct.supply_id, LoanProductVersion.basis)
        .join(
            LoanProductVersion,
            (col(LoanProductVersion.supply_id) == LoanProduct.supply_id)
            & (col(LoanProductVersion.version) == LoanProduct.current_version),
        )
        .where(col(LoanProduct.supply_id).in_(tuple(supply_ids)))
    ).all()
    return {supply_id: LoanBasis(basis) for supply_id, basis in rows if basis is not None}
