"""Refusals as the office counts them, and as a bank or buyer reads where its reasons are at odds with its own terms."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from access.scopes import in_chain, own
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.refusal import Refusal
from vocabulary.classifications import DeclineReason, Market
from vocabulary.reasons import GateAnswer

MIN_BASE = 5
"""Fewer refusals than this give no share."""
UNSTATED, MET = "unstated", "met"
"""How a reason can be at odds with the posting's terms: they do not name that aspect, or named it and it was met."""


@dataclass(frozen=True)
class Filters:
    market: Market | None = None
    reason: DeclineReason | None = None
    counterpart: str = ""
    """Public id of a bank or buyer."""
    days: int | None = None
    at_odds: str = ""
    """`UNSTATED`, `MET` or all."""


@dataclass(frozen=True)
class RefusalLine:
    """One declined case. `at_odds` is "" where reason and terms agree."""

    pairing_public_id: str
    market: Market
    reason: DeclineReason
    firm: str
    counterpart: str
    counterpart_public_id: str
    title: str
    on: datetime
    at_odds: str


@dataclass(frozen=True)
class Refusals:
    """What fits the filters, and counts of it; `other_percent` is None below `MIN_BASE`."""

    lines: list[RefusalLine]
    by_reason: Counter[DeclineReason]
    by_counterpart: Counter[tuple[str, str]]
    by_odds: Counter[str]

    @property
    def n_other(self) -> int:
        return self.by_reason[DeclineReason.OTHER]

    @property
    def other_percent(self) -> int | None:
        n = len(self.lines)
        return None if n < MIN_BASE else round(100 * self.n_other / n)


def refusals(session: Session, actor: Actor, filters: Filters, *, on: date) -> Refusals:
    """Refusals of the office's chains that fit, newest first; one query."""
    require(actor, Permission.DECIDE_PAIRINGS)
    conditions: list[Any] = [in_chain(actor, Refusal.chain_id)]
    if filters.market is not None:
        conditions.append(col(Refusal.market) == filters.market)
    if filters.reason is not None:
        conditions.append(col(Refusal.reason) == filters.reason)
    if filters.days is not None:
        conditions.append(col(Refusal.created_at) >= datetime.combine(on - timedelta(days=filters.days), time.min, UTC))
    lines = [
        line
        for line in _lines(session, conditions)
        if (not filters.counterpart or line.counterpart_public_id == filters.counterpart)
        and (not filters.at_odds or line.at_odds == filters.at_odds)
    ]
    return Refusals(
        lines,
        Counter(line.reason for line in lines),
        Counter((line.counterpart, line.counterpart_public_id) for line in lines),
        Counter(line.at_odds for line in lines if line.at_odds),
    )


def at_odds_with(
    session: Session, actor: Actor, posting: Any
) -> list[tuple[DeclineReason, str, Sequence[RefusalLine]]]:
    """Own refusals whose reason is at odds with a posting's terms: (reason, how, cases), most cases first."""
    side = Refusal.demand_id if isinstance(posting, Demand) else Refusal.supply_id
    found: dict[tuple[DeclineReason, str], list[RefusalLine]] = {}
    for line in _lines(session, [own(actor, Refusal.counterpart_id), col(side) == posting.id, _is_at_odds()]):
        found.setdefault((line.reason, line.at_odds), []).append(line)
    return sorted(
        ((reason, how, lines) for (reason, how), lines in found.items()), key=lambda entry: (-len(entry[2]), entry[0])
    )


def _is_at_odds() -> ColumnElement[bool]:
    return col(Refusal.gate).is_not(None) & or_(
        col(Refusal.is_stated).is_(False), col(Refusal.gate_answer) == GateAnswer.OPEN
    )


def _lines(session: Session, conditions: list[Any]) -> list[RefusalLine]:
    firm, counterpart = aliased(Organization), aliased(Organization)
    rows = session.execute(
        select_columns(
            Refusal,
            col(Pairing.public_id),
            col(firm.legal_name).label("firm"),
            col(counterpart.legal_name).label("counterpart"),
            col(counterpart.public_id).label("counterpart_public_id"),
            col(Demand.title).label("demand"),
            col(Supply.title).label("supply"),
        )
        .join(Pairing, col(Pairing.id) == col(Refusal.pairing_id))
        .join(firm, col(firm.id) == col(Refusal.firm_id))
        .join(counterpart, col(counterpart.id) == col(Refusal.counterpart_id))
        .join(Demand, col(Demand.id) == col(Refusal.demand_id))
        .join(Supply, col(Supply.id) == col(Refusal.supply_id))
        .where(*conditions)
        .order_by(col(Refusal.id).desc())
    ).all()
    return [
        RefusalLine(
            public_id,
            row.market,
            row.reason,
            firm_name,
            counterpart_name,
            counterpart_id,
            f"{demand} · {supply}",
            row.created_at,
            _odds(row),
        )
        for row, public_id, firm_name, counterpart_name, counterpart_id, demand, supply in rows
    ]


def _odds(row: Refusal) -> str:
    if row.gate is None:
        return ""
    if not row.is_stated:
        return UNSTATED
    return MET if row.gate_answer is GateAnswer.OPEN else ""
