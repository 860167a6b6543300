"""对接台账: every pairing of an office that was alive in a period, with its dates, amounts and owner."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func

from access.actor import Actor
from access.case_steps import is_latest
from access.permissions import Permission
from access.rules import require
from access.scopes import in_chain
from models.chain import Chain
from models.organization import Organization, User
from models.pairing import CaseStep, Pairing
from models.posting import Demand, Supply
from vocabulary.classifications import CaseStepKind, Market
from vocabulary.lifecycles import PAIRING, PairingStatus

ENDED = frozenset(status for status in PairingStatus if not PAIRING.next_steps(status)) | {PairingStatus.REFUSED}
"""Statuses in which nothing is going on any more."""
_SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass
class LedgerLine:
    """One pairing. Amounts are sums over the steps of one kind up to the end of the period."""

    chain: Chain
    market: Market
    firm: str
    firm_uscc: str | None
    partner: str
    subject: str
    """The loan product, or the purchase need."""
    proposed_at: datetime
    confirmed_at: datetime | None
    status: PairingStatus
    owner: str
    visited_on: date | None = None
    decided_on: date | None = None
    """When the lender granted credit, or the first order was placed."""
    amounts: dict[CaseStepKind, int] = field(default_factory=dict)


def ledger(
    session: Session,
    actor: Actor,
    *,
    starts_on: date,
    ends_on: date,
    chain_id: int | None = None,
    market: Market | None = None,
) -> list[LedgerLine]:
    """Pairings proposed by the end of the period and not over before its beginning, oldest first within a chain.

    Days are those of the city. Statuses and owners are the present ones.
    """
    require(actor, Permission.MAKE_REPORTS)
    conditions = [
        in_chain(actor, Pairing.chain_id),
        col(Pairing.proposed_at) < _start_of(ends_on + timedelta(days=1)),
        col(Pairing.status).not_in(ENDED) | (col(Pairing.status_changed_at) >= _start_of(starts_on)),
    ]
    if chain_id is not None:
        conditions.append(col(Pairing.chain_id) == chain_id)
    if market is not None:
        conditions.append(col(Pairing.market) == market)
    lines = _lines(session, conditions)
    _add_steps(session, conditions, lines, ends_on)
    return list(lines.values())


def _lines(session: Session, conditions: list[Any]) -> dict[int, LedgerLine]:
    demander, supplier = aliased(Organization), aliased(Organization)
    rows = session.execute(
        select_columns(Pairing, Chain, demander, supplier, col(Demand.title), col(Supply.title), col(User.full_name))
        .join(Chain, col(Chain.id) == col(Pairing.chain_id))
        .join(demander, col(demander.id) == col(Pairing.demand_organization_id))
        .join(supplier, col(supplier.id) == col(Pairing.supply_organization_id))
        .join(Demand, col(Demand.id) == col(Pairing.demand_id))
        .join(Supply, col(Supply.id) == col(Pairing.supply_id))
        .outerjoin(User, col(User.id) == col(Pairing.followed_by_id))
        .where(*conditions)
        .order_by(col(Chain.sort_order), col(Chain.id), col(Pairing.proposed_at), col(Pairing.id))
    ).all()
    found = {}
    for pairing, chain, one, other, need, supply, owner in rows:
        is_loan = pairing.market is Market.FINANCE
        firm, partner = (one, other) if is_loan else (other, one)
        found[pairing.id] = LedgerLine(
            chain, pairing.market, firm.legal_name, firm.uscc, partner.legal_name, supply if is_loan else need,
            pairing.proposed_at, pairing.decided_at if _was_confirmed(pairing) else None, pairing.status, owner or "",
        )  # fmt: skip
    return found


def _was_confirmed(pairing: Pairing) -> bool:
    """Whether the last verdict was 同意推荐: a refusal is dated in the same column."""
    return pairing.introduced_at is not None or pairing.status is PairingStatus.CONFIRMED


_VISITS = frozenset({CaseStepKind.VISIT, CaseStepKind.NEGOTIATION})
_DECISIONS = frozenset(
    {
        CaseStepKind.CREDIT_GRANTED, CaseStepKind.TRIAL_ORDER, CaseStepKind.FRAME_AGREEMENT, CaseStepKind.VOLUME_ORDER,
    }
)  # fmt: skip


def _add_steps(session: Session, conditions: list[Any], lines: dict[int, LedgerLine], ends_on: date) -> None:
    rows = session.execute(
        select_columns(
            col(CaseStep.pairing_id),
            col(CaseStep.kind),
            func.min(col(CaseStep.happened_on)),
            func.sum(col(CaseStep.amount_fen)),
        )
        .join(Pairing, col(Pairing.id) == col(CaseStep.pairing_id))
        .where(*conditions, *is_latest(), col(CaseStep.happened_on) <= ends_on)
        .group_by(col(CaseStep.pairing_id), col(CaseStep.kind))
    ).all()
    decided: dict[int, list[date]] = defaultdict(list)
    for pairing_id, kind, first, amount in rows:
        line = lines[pairing_id]
        if kind in _VISITS:
            line.visited_on = first
        if kind in _DECISIONS:
            decided[pairing_id].append(first)
        if amount:
            line.amounts[kind] = amount
    for pairing_id, days in decided.items():
        lines[pairing_id].decided_on = min(days)


def _start_of(day: date) -> datetime:
    """The moment a day of the city begins."""
    return datetime.combine(day, time.min, _SHANGHAI)
