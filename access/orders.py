"""Which confirmed orders count, and who may read their amounts."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from access.case_steps import is_latest
from models.confirmed_order import ConfirmedOrder, JointCase
from models.pairing import CaseStep, Pairing
from vocabulary.lifecycles import RELEASED_PAIRING, OrderStatus, PairingStatus
from vocabulary.reasons import GateCode

_FINANCED = (PairingStatus.AGREED, PairingStatus.FULFILLED)


def counts() -> ColumnElement[bool]:
    """SQL: the order stands, as its step does, its supply pairing goes on and no bank has granted credit on it."""
    supply, finance = aliased(Pairing), aliased(Pairing)
    goes_on = select(col(supply.id)).where(
        col(supply.id) == ConfirmedOrder.pairing_id, col(supply.status).in_(RELEASED_PAIRING)
    )
    step_stands = select(col(CaseStep.id)).where(col(CaseStep.id) == ConfirmedOrder.case_step_id, *is_latest())
    is_financed = (
        select(col(JointCase.id))
        .join(finance, col(finance.id) == JointCase.finance_pairing_id)
        .where(col(JointCase.order_id) == ConfirmedOrder.id, col(finance.status).in_(_FINANCED))
    )
    return and_(
        col(ConfirmedOrder.status) == OrderStatus.CONFIRMED,
        goes_on.correlate(ConfirmedOrder).exists(),
        step_stands.correlate(ConfirmedOrder).exists(),
        ~is_financed.correlate(ConfirmedOrder).exists(),
    )


def of_firms() -> Any:
    """SQL: per firm the sum of its orders that count, the shortest and longest time to pay, and whether all show.

    `n_hidden` counts orders of which the buyer or the firm does not let a bank read the amount.
    """
    is_hidden = ~(col(ConfirmedOrder.buyer_agrees) & col(ConfirmedOrder.firm_agreed_at).is_not(None))
    return (
        select(
            col(ConfirmedOrder.firm_id),
            func.sum(col(ConfirmedOrder.amount_fen)).label("amount_fen"),
            func.min(col(ConfirmedOrder.payment_days)).label("shortest_days"),
            func.max(col(ConfirmedOrder.payment_days)).label("longest_days"),
            func.sum(case((is_hidden, 1), else_=0)).label("n_hidden"),
        )
        .where(counts())
        .group_by(col(ConfirmedOrder.firm_id))
    )


def exact_values(session: Session, firm_ids: set[int], *, for_bank: bool) -> dict[int, dict[str, Any]]:
    """What a reader may see of the orders of firms instead of their bands; a bank only where nothing is kept back."""
    if not firm_ids:
        return {}
    rows = session.execute(of_firms().where(col(ConfirmedOrder.firm_id).in_(firm_ids)))
    return {
        row.firm_id: {
            "amount_fen": int(row.amount_fen),
            "payment_days": sorted({row.shortest_days, row.longest_days}),
        }
        for row in rows
        if not (for_bank and row.n_hidden)
    }


def is_met_by_order(gate: dict[str, Any]) -> bool:
    """Whether a stored gate says something of orders."""
    return gate["code"] == GateCode.ORDER and gate["value"] is not None


def shown(gates: Iterable[dict[str, Any]], exact: dict[str, Any] | None) -> tuple[dict[str, Any], ...]:
    """Stored gates with the bands of orders replaced by what the reader may see of them, if anything."""
    return tuple(gate | {"value": exact} if exact and is_met_by_order(gate) else gate for gate in gates)
