"""Refusals that teach: a case ended with a code, kept beside what was asked for, and the firm's lists made anew."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from access import parties
from access.actor import Actor
from access.lists.next_best import next_best
from access.lookups import NotVisible
from matchmaking import MARKETS, level_of
from models.pairing import Pairing
from models.refusal import Refusal
from vocabulary.classifications import COUNTERPART_REASONS, DeclineReason, Market
from vocabulary.reasons import GateCode
from vocabulary.units import convert
from workflows import facts, pairings, signals
from workflows.errors import NotComplete
from workflows.recommendations import refresh_for_organization
from workflows.reference_data import offered

_R = DeclineReason
GATE_OF_REASON: dict[DeclineReason, GateCode] = {
    _R.COLLATERAL_INSUFFICIENT: GateCode.GUARANTEE,
    _R.DEBT_TOO_HIGH: GateCode.DEBT_RATIO_BAND,
    _R.OPERATING_HISTORY_SHORT: GateCode.OPERATING_MONTHS,
    _R.INDUSTRY_NOT_SERVED: GateCode.INDUSTRY,
    _R.AMOUNT_NOT_SUITABLE: GateCode.AMOUNT,
    _R.SPECIFICATION_MISMATCH: GateCode.STANDARDS,
    _R.CAPACITY_INSUFFICIENT: GateCode.CAPACITY,
    _R.DELIVERY_TOO_LATE: GateCode.WINDOW,
    _R.QUALITY_NOT_PROVEN: GateCode.CERTIFICATES,
}
"""The condition by which a posting states what a code is about."""


def decline_case(
    session: Session,
    actor: Actor,
    pairing: Pairing,
    *,
    reason: str,
    message: str = "",
    note: str = "",
    today: date,
) -> Refusal:
    """The counterpart ends an introduced case with a code of its market; the firm's lists follow at once.

    Writes the pairing's decline, a Refusal and the firm's recommendations. `message` is for the firm, `note` stays with
    the counterpart. Raises NotComplete on a missing or unfitting code, and as `pairings.decline`.
    """
    if reason not in offered(session, COUNTERPART_REASONS[pairing.market]):
        raise NotComplete({"reason": "unknown" if reason else "required"})
    code = DeclineReason(reason)
    demand, supply = _facts_of(session, pairing, today)
    pairings.decline(session, actor, pairing, reason=code, note=note)
    refusal = _kept(session, pairing, code, message, (demand, supply), today)
    refresh_for_organization(session, refusal.firm_id, today=today)
    return refusal


def keep_refusal(session: Session, pairing: Pairing, *, reason: DeclineReason, message: str, today: date) -> Refusal:
    """The row of a pairing that is declined already, with what its postings say now."""
    return _kept(session, pairing, reason, message, _facts_of(session, pairing, today), today)


def _kept(
    session: Session, pairing: Pairing, reason: DeclineReason, message: str, both: tuple[Any, Any], today: date
) -> Refusal:
    demand, supply = both
    refusal = Refusal(
        pairing_id=pairing.id or 0,
        market=pairing.market,
        demand_id=pairing.demand_id,
        supply_id=pairing.supply_id,
        firm_id=parties.firm_id(pairing),
        counterpart_id=parties.counterpart_id(pairing),
        chain_id=pairing.chain_id,
        reason=reason,
        message=message.strip()[:500],
    )
    if demand is not None and supply is not None:
        _keep_what_was_asked(refusal, demand, supply, today)
    session.add(refusal)
    session.flush()
    return refusal


def ask_next(session: Session, actor: Actor, pairing: Pairing, *, recommendation_public_id: str) -> Pairing:
    """The firm lets the next counterpart be asked: its interest is kept and a pairing goes before the office.

    Raises NotVisible unless the pair is among those offered after this case.
    """
    if recommendation_public_id not in {line.public_id for line in next_best(session, actor, pairing)}:
        raise NotVisible
    return signals.express_interest(session, actor, recommendation_public_id=recommendation_public_id)


def _facts_of(session: Session, pairing: Pairing, today: date) -> tuple[Any, Any]:
    """Present facts of both sides; None for a posting that is not open any more."""
    demands: list[Any]
    supplies: list[Any]
    if pairing.market is Market.FINANCE:
        demands = facts.finance_demands(session, today=today, ids=(pairing.demand_id,))
        supplies = facts.finance_supplies(session, today=today, ids=(pairing.supply_id,))
    else:
        demands = facts.supply_demands(session, ids=(pairing.demand_id,))
        supplies = facts.supply_supplies(session, today=today, ids=(pairing.supply_id,))
    return next(iter(demands), None), next(iter(supplies), None)


def _keep_what_was_asked(refusal: Refusal, demand: Any, supply: Any, today: date) -> None:
    own = demand if refusal.market is Market.FINANCE else supply
    refusal.level = level_of(refusal.reason, replace(own, refusals=()))
    if refusal.market is Market.SUPPLY and None not in (demand.quantity_milli, demand.unit, supply.unit):
        asked = convert(Decimal(demand.quantity_milli), demand.unit, supply.unit)
        refusal.asked_milli = None if asked is None else int(asked)
    code = GATE_OF_REASON.get(refusal.reason)
    for gate in MARKETS[refusal.market.value].gates:
        if gate.code is code:
            refusal.gate = code
            refusal.gate_answer, _value, limit = gate.check(demand, supply, today)
            refusal.is_stated = limit not in (None, [], [None, None])
