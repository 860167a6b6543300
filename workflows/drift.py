"""Drift: figures, verdicts and recommendations of late beside those of the quarter before.

Silent decay is what nobody looks for, and a mistake in a unit (万元 filed as 元) is what nobody sees in one row. The
night compares, keeps what it finds, and tells the joint office once; a change that is gone is ended.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from models.audit_event import AuditEvent
from models.drift_alarm import DriftAlarm
from models.financing_need import FinancingNeed
from models.firm_profile import FirmProfile
from models.loan_product import LoanProductVersion
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand
from models.recommendation import RecommendationRun
from models.session import open_session, unit_of_work
from vocabulary.classifications import Market
from vocabulary.drift import DriftField, DriftKind
from vocabulary.lifecycles import PairingStatus, RunStatus
from vocabulary.roles import OrganizationKind
from workflows.notifications import queue_to_members

FILED_DAYS, SAID_DAYS, BEFORE_DAYS = 7, 30, 90
"""Of late is a week for what is filed, a month for what is said; before that is a quarter."""
LEAST_AFTER, LEAST_BEFORE = 10, 20
LEAST_RATIO = 5.0
"""A median that is not so many times what it was is no alarm."""
LEAST_CHANGE, LEAST_ERRORS = 0.2, 3.0
"""A share must change by so much, and by so many standard errors."""
_MOST_ROWS = 20_000

_F = DriftField
_POSTED: dict[DriftField, Any] = {
    _F.NEED_AMOUNT: FinancingNeed.amount_fen,
    _F.NEED_TERM: FinancingNeed.term_months,
    _F.NEED_RATE: FinancingNeed.max_annual_rate_bps,
}
_FILED: dict[DriftField, Any] = {
    _F.FIRM_REVENUE: FirmProfile.revenue_fen,
    _F.FIRM_CAPITAL: FirmProfile.registered_capital_fen,
    _F.FIRM_TAX: FirmProfile.tax_paid_fen,
    _F.FIRM_EMPLOYEES: FirmProfile.employees,
    _F.FIRM_DEBT_RATIO: FirmProfile.debt_ratio_percent,
}
_OFFERED: dict[DriftField, Any] = {
    _F.PRODUCT_AMOUNT: LoanProductVersion.max_amount_fen,
    _F.PRODUCT_RATE: LoanProductVersion.rate_to_bps,
}


@dataclass(frozen=True)
class Finding:
    """One change, as `DriftAlarm` keeps it."""

    kind: DriftKind
    subject: str
    before: float
    after: float
    n_before: int
    n_after: int


def watch(engine: Engine, *, on: date) -> None:
    """Compare as of a day, keep what changed, end what is gone, and tell the joint office of what is new."""
    with open_session(engine, read_only=True) as session:
        found = find(session, on=on)
    with unit_of_work(engine) as session:
        keep(session, found, on=on)


def find(session: Session, *, on: date) -> list[Finding]:
    """Every change as of a day. Reads only."""
    end = datetime.combine(on + timedelta(days=1), time(), UTC)
    return [*_inputs(session, end), *_verdicts(session, end), *_declines(session, end), *_coverage(session, end)]


def keep(session: Session, found: Sequence[Finding], *, on: date) -> None:
    """Rows written: new alarms, newest figures of those that go on, those that end; a notice if any is new."""
    live = {
        (row.kind, row.subject): row
        for row in session.exec(select(DriftAlarm).where(col(DriftAlarm.ended_on).is_(None)))
    }
    new = 0
    for finding in found:
        row = live.pop((finding.kind, finding.subject), None)
        if row is None:
            row, new = DriftAlarm(**vars(finding), found_on=on), new + 1
        row.before, row.after = finding.before, finding.after
        row.n_before, row.n_after = finding.n_before, finding.n_after
        session.add(row)
    for gone in live.values():
        gone.ended_on = on
        session.add(gone)
    session.flush()
    if new:
        offices = select(Organization.id).where(Organization.kind == OrganizationKind.JOINT_OFFICE)
        joint = [number for number in session.exec(offices) if number is not None]
        queue_to_members(session, joint, template="drift_found", values={"n": new})


def _inputs(session: Session, end: datetime) -> Iterator[Finding]:
    posted = select(Demand.created_at).join(FinancingNeed, col(FinancingNeed.demand_id) == col(Demand.id))
    tables: tuple[tuple[dict[DriftField, Any], Any, Any], ...] = (
        (_POSTED, col(Demand.created_at), posted),
        (_FILED, col(FirmProfile.created_at), select(FirmProfile.created_at)),
        (_OFFERED, col(LoanProductVersion.created_at), select(LoanProductVersion.created_at)),
    )
    for fields, moment, statement in tables:
        for field, column in fields.items():
            yield from _of_field(field, *_rows(session, statement.add_columns(column), moment, end, FILED_DAYS))


def _of_field(field: DriftField, before: list[Any], after: list[Any]) -> Iterator[Finding]:
    yield from _of_shares(
        DriftKind.UNKNOWN, field.value, [value is None for value in before], [value is None for value in after]
    )
    old, new = ([value for value in values if value is not None] for values in (before, after))
    if len(old) < LEAST_BEFORE or len(new) < LEAST_AFTER:
        return
    was, is_now = float(median(old)), float(median(new))
    if was > 0 and is_now > 0 and not 1 / LEAST_RATIO < is_now / was < LEAST_RATIO:
        yield Finding(DriftKind.MEDIAN, field.value, was, is_now, len(old), len(new))


def _verdicts(session: Session, end: datetime) -> Iterator[Finding]:
    names = {status: f"pairing_{status.value}" for status in (PairingStatus.CONFIRMED, PairingStatus.REFUSED)}
    statement = select(AuditEvent.occurred_at, AuditEvent.action).where(
        col(AuditEvent.action).in_(names.values()), AuditEvent.subject_kind == "pairing"
    )
    before, after = _rows(session, statement, col(AuditEvent.occurred_at), end, SAID_DAYS)
    confirmed = names[PairingStatus.CONFIRMED]
    yield from _of_shares(
        DriftKind.AGREEMENT, "", [name == confirmed for name in before], [name == confirmed for name in after]
    )


def _declines(session: Session, end: datetime) -> Iterator[Finding]:
    statement = select(Pairing.status_changed_at, Pairing.decline_reason).where(
        Pairing.status == PairingStatus.DECLINED
    )
    before, after = _rows(session, statement, col(Pairing.status_changed_at), end, SAID_DAYS)
    for reason in sorted({*before, *after} - {None}):
        yield from _of_shares(
            DriftKind.REFUSALS, reason.value, [one is reason for one in before], [one is reason for one in after]
        )


def _coverage(session: Session, end: datetime) -> Iterator[Finding]:
    """The last whole run beside the median of those of the month before; only a fall or rise by half is told."""
    run = RecommendationRun
    for market in Market:
        rows = session.exec(
            select(run.n_recommended, run.n_pairs)
            .where(
                run.market == market, run.status == RunStatus.FINISHED, col(run.demand_id).is_(None),
                col(run.supply_id).is_(None), run.n_pairs > 0, col(run.created_at) > end - timedelta(days=SAID_DAYS),
                col(run.created_at) < end,
            )
            .order_by(col(run.id).desc())
        ).all()  # fmt: skip
        shares = [n / of for n, of in rows]
        if len(shares) > 3 and not 0.5 < (now := shares[0]) / (was := median(shares[1:]) or math.inf) < 1.5:
            yield Finding(DriftKind.COVERAGE, market.value, was, now, len(shares) - 1, 1)


def _rows(session: Session, statement: Any, moment: Any, end: datetime, days: int) -> tuple[list[Any], list[Any]]:
    """Values of the quarter before and those of late."""
    late = end - timedelta(days=days)
    rows = session.execute(
        statement.where(moment >= late - timedelta(days=BEFORE_DAYS), moment < end)
        .order_by(moment.desc())
        .limit(_MOST_ROWS)
    ).all()
    return [value for at, value in rows if at < late], [value for at, value in rows if at >= late]


def _of_shares(kind: DriftKind, subject: str, before: list[bool], after: list[bool]) -> Iterator[Finding]:
    """A share that changed by more than chance (two proportions, pooled)."""
    if len(before) < LEAST_BEFORE or len(after) < LEAST_AFTER:
        return
    was, now, pooled = (Counter(part)[True] / len(part) for part in (before, after, before + after))
    error = math.sqrt(pooled * (1 - pooled) * (1 / len(before) + 1 / len(after)))
    if abs(now - was) >= LEAST_CHANGE and abs(now - was) > LEAST_ERRORS * error:
        yield Finding(kind, subject, was, now, len(before), len(after))
