"""The funnel: how far every posting of a firm got, cut by chain, tier, district and counterpart, and what came of it.

Each posting (financing need, or product line) that was ever published has exactly one level and one standing. All
figures and the rows behind them come from the same statement, so they cannot disagree.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, true
from sqlmodel import Session, col

from access import parties
from access.actor import Actor
from access.case_steps import is_latest
from access.permissions import Permission
from access.rules import require
from access.scopes import in_chain
from models.base import now
from models.exposure import Exposure
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.pairing import CaseStep, Pairing
from models.posting import Demand, Supply
from vocabulary.classifications import FIRM_SIDE, Market, Ownership, Side, SizeClass, Tier
from vocabulary.funnel import CLOSING, LEVELS, MET, MIN_SAMPLE, SILENT_DAYS, ExposureCause, FunnelLevel, FunnelStanding
from vocabulary.lifecycles import LIVE_PAIRING, OrganizationStatus, PairingStatus, PostingStatus
from vocabulary.reasons import PairState
from vocabulary.roles import OrganizationKind

NONE = "unset"
"""In a filter: the firm has no such value."""
_S, _L = FunnelStanding, PairingStatus
_GOES_ON = (*LIVE_PAIRING, _L.FULFILLED)
_NOT_HERE = (OrganizationStatus.SUSPENDED, OrganizationStatus.MERGED)


@dataclass(frozen=True)
class Filters:
    """What is asked for. `level` alone asks for all that got there, with `standing` for those that stay there."""

    market: Market = Market.FINANCE
    chain: str = ""
    """Id of a chain, or `NONE`; so for the next three."""
    tier: str = ""
    region: str = ""
    size: str = ""
    ownership: str = ""
    counterpart: str = ""
    """Public id of a bank or buyer: only postings brought before it, as far as they got with it."""
    days: int | None = None
    """Published in so many days."""
    level: FunnelLevel | None = None
    standing: FunnelStanding | None = None
    cause: ExposureCause | None = None
    is_unseen: bool = False
    """Only those of the exposure report: eligible, and never shown to anybody."""


@dataclass(frozen=True)
class Stage:
    """One level: how many got there, and how many of them stay, by standing. The rest is the next level."""

    level: FunnelLevel
    reached: int
    staying: dict[FunnelStanding, int]


@dataclass(frozen=True)
class CutLine:
    """One chain, tier, district or counterpart: how many postings reached each level."""

    key: str
    reached: dict[FunnelLevel, int]


@dataclass(frozen=True)
class Funnel:
    stages: list[Stage]
    by_chain: list[CutLine]
    by_tier: list[CutLine]
    by_region: list[CutLine]

    @property
    def total(self) -> int:
        return self.stages[0].reached


def visible(actor: Actor) -> ColumnElement[bool]:
    """SQL: firms whose postings the actor counts: of the own chain, or all for the joint office and auditors."""
    is_auditor = actor.organization_kind is OrganizationKind.AUDIT_OFFICE
    return true() if is_auditor else in_chain(actor, Organization.chain_id)


def posting_of(market: Market) -> Any:
    """What a firm posts on a market."""
    return Demand if FIRM_SIDE[market] is Side.DEMAND else Supply


def _own_posting(market: Market) -> Any:
    return col(Pairing.demand_id) if FIRM_SIDE[market] is Side.DEMAND else col(Pairing.supply_id)


def conditions(actor: Actor, filters: Filters, *, on: date) -> list[Any]:
    """SQL: postings in scope that fit the filters about the firm and the day of publication."""
    posting = posting_of(filters.market)
    wanted: list[Any] = [
        visible(actor), col(posting.market) == filters.market, col(posting.status) != PostingStatus.DRAFT
    ]  # fmt: skip
    if filters.chain:
        chain_id = col(Organization.chain_id)
        wanted.append(chain_id.is_(None) if filters.chain == NONE else chain_id == int(filters.chain))
    for asked, column in (
        (filters.tier, col(FirmProfile.tier)),
        (filters.region, col(FirmProfile.region_code)),
        (filters.size, col(FirmProfile.size_class)),
        (filters.ownership, col(FirmProfile.ownership)),
    ):
        if asked:
            wanted.append(column.is_(None) if asked == NONE else column == asked)
    if filters.days is not None:
        since = datetime.combine(on - timedelta(days=filters.days), time.min, UTC)
        wanted.append(col(posting.opened_at) >= since)
    return wanted


def states(actor: Actor, filters: Filters, *, on: date) -> Any:
    """SQL: one row for each posting, with its level (0 to 5) and its standing."""
    posting = posting_of(filters.market)
    pairs, steps = _pairs(filters, on), _steps(filters)
    noted = Exposure.demand_id if posting is Demand else Exposure.supply_id
    level = case(
        (steps.c.furthest == 2, 5),
        (steps.c.furthest == 1, 4),
        (pairs.c.n_confirmed > 0, 3),
        (or_(pairs.c.posting_id.is_not(None), col(Exposure.shown_at).is_not(None)), 2),
        (col(Exposure.eligible_at).is_not(None), 1),
        else_=0,
    )
    is_open = and_(
        col(posting.status) == PostingStatus.OPEN,
        or_(col(posting.expires_on).is_(None), col(posting.expires_on) >= on),
        col(Organization.status).not_in(_NOT_HERE),
    )
    quiet_since = now() - timedelta(days=SILENT_DAYS)
    standing = case(
        (steps.c.furthest == 2, _S.DONE.value),
        (and_(pairs.c.n_live > 0, pairs.c.n_late == pairs.c.n_live), _S.SILENT.value),
        (pairs.c.n_live > 0, _S.WAITING.value),
        (pairs.c.n_declined > 0, _S.DECLINED.value),
        (or_(pairs.c.posting_id.is_not(None), ~is_open), _S.WITHDRAWN.value),
        (col(Exposure.id).is_(None), _S.WAITING.value),
        (col(Exposure.state) == PairState.CLOSED, _S.BLOCKED.value),
        (col(Exposure.state) == PairState.POSSIBLE, _S.UNDECIDED.value),
        (and_(level == 2, col(posting.opened_at) < quiet_since), _S.SILENT.value),
        else_=_S.WAITING.value,
    )
    statement: Any = (
        select(
            col(posting.id).label("id"),
            col(posting.title).label("title"),
            col(posting.status).label("status"),
            col(posting.opened_at).label("opened_at"),
            col(Organization.id).label("firm_id"),
            col(Organization.public_id).label("firm_public_id"),
            col(Organization.legal_name).label("firm"),
            col(Organization.chain_id).label("chain_id"),
            col(FirmProfile.tier).label("tier"),
            col(FirmProfile.region_code).label("region"),
            col(FirmProfile.size_class).label("size"),
            col(FirmProfile.ownership).label("ownership"),
            col(Exposure.best_rank).label("best_rank"),
            _cause(posting, on).label("cause"),
            steps.c.money_on.label("money_on"),
            level.label("level"),
            standing.label("standing"),
        )
        .select_from(posting)
        .join(Organization, col(Organization.id) == col(posting.organization_id))
        .outerjoin(FirmProfile, col(FirmProfile.organization_id) == col(posting.organization_id))
        .outerjoin(Exposure, col(noted) == col(posting.id))
        .join(pairs, pairs.c.posting_id == col(posting.id), isouter=not filters.counterpart)
        .outerjoin(steps, steps.c.posting_id == col(posting.id))
        .where(*conditions(actor, filters, on=on))
    )
    return statement.subquery()


def _cause(posting: Any, on: date) -> Any:
    """SQL: why nobody was shown the posting; NULL where it cannot be expected."""
    is_over = and_(col(posting.expires_on).is_not(None), col(posting.expires_on) < on)
    is_verified = and_(
        col(FirmProfile.verified_at).is_not(None), col(Organization.status) == OrganizationStatus.VERIFIED
    )
    is_eligible = and_(col(Exposure.eligible_at).is_not(None), col(Exposure.shown_at).is_(None))
    return case(
        (or_(is_over, ~is_verified), None),
        (and_(col(posting.status) == PostingStatus.PAUSED, is_eligible), ExposureCause.POSTING_PAUSED.value),
        (col(posting.status) != PostingStatus.OPEN, None),
        (col(Exposure.id).is_(None), ExposureCause.NO_RUN.value),
        (and_(is_eligible, col(Exposure.state) == PairState.ELIGIBLE), col(Exposure.cause)),
        else_=None,
    )


def of_counterpart(filters: Filters) -> list[Any]:
    wanted = [col(Pairing.market) == filters.market]
    if filters.counterpart:
        named = select(col(Organization.id)).where(col(Organization.public_id) == filters.counterpart)
        wanted.append(parties.counterpart_column() == named.scalar_subquery())
    return wanted


def _number(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def was_confirmed() -> Any:
    """SQL: an official agreed, whatever became of it."""
    return or_(col(Pairing.introduced_at).is_not(None), col(Pairing.status).in_((_L.CONFIRMED, _L.REVOKED)))


def _pairs(filters: Filters, on: date) -> Any:
    own, goes_on = _own_posting(filters.market), col(Pairing.status).in_(_GOES_ON)
    return (
        select(
            own.label("posting_id"),
            _number(was_confirmed()).label("n_confirmed"),
            _number(goes_on).label("n_live"),
            _number(and_(goes_on, col(Pairing.due_on) < on)).label("n_late"),
            _number(col(Pairing.status).in_((_L.DECLINED, _L.REFUSED))).label("n_declined"),
        )
        .where(*of_counterpart(filters))
        .group_by(own)
        .subquery()
    )


def furthest(market: Market) -> Any:
    """SQL over steps: 2 money or an order, 1 they met, 0 neither."""
    kind = col(CaseStep.kind)
    return func.max(case((kind.in_(CLOSING[market]), 2), (kind.in_(MET[market]), 1), else_=0))


def _steps(filters: Filters) -> Any:
    own, is_closing = _own_posting(filters.market), col(CaseStep.kind).in_(CLOSING[filters.market])
    return (
        select(
            own.label("posting_id"),
            furthest(filters.market).label("furthest"),
            func.min(case((is_closing, col(CaseStep.happened_on)), else_=None)).label("money_on"),
        )
        .select_from(CaseStep)
        .join(Pairing, col(Pairing.id) == col(CaseStep.pairing_id))
        .where(*of_counterpart(filters), *is_latest())
        .group_by(own)
        .subquery()
    )


def funnel(session: Session, actor: Actor, filters: Filters, *, on: date) -> Funnel:
    """All levels and their cuts in one query over groups."""
    require(actor, Permission.READ_DASHBOARDS)
    rows = states(actor, filters, on=on)
    keys = (rows.c.level, rows.c.standing, rows.c.chain_id, rows.c.tier, rows.c.region)
    stays: Counter[tuple[int, FunnelStanding]] = Counter()
    cuts: tuple[dict[str, Counter[int]], ...] = ({}, {}, {})
    for level, standing, chain_id, tier, region, n in session.execute(select(*keys, func.count()).group_by(*keys)):
        stays[level, FunnelStanding(standing)] += n
        for cut, key in zip(cuts, (chain_id, tier, region), strict=True):
            cut.setdefault(NONE if key is None else str(getattr(key, "value", key)), Counter())[level] += n
    stages = [
        Stage(
            level,
            sum(n for (at, _), n in stays.items() if at >= place),
            {standing: stays[place, standing] for standing in FunnelStanding if stays[place, standing]},
        )
        for place, level in enumerate(LEVELS)
    ]
    return Funnel(stages, *(_cut_lines(cut) for cut in cuts))


def _cut_lines(cut: dict[str, Counter[int]]) -> list[CutLine]:
    lines = [CutLine(key, reached(levels)) for key, levels in cut.items()]
    return sorted(lines, key=lambda line: (line.key == NONE, -line.reached[FunnelLevel.FILED], line.key))


def reached(levels: Counter[int]) -> dict[FunnelLevel, int]:
    """Counts of furthest levels as counts of all that got to each."""
    return {level: sum(n for at, n in levels.items() if at >= place) for place, level in enumerate(LEVELS)}


@dataclass(frozen=True)
class GroupShare:
    """Of the eligible postings of one group of firms, how many nobody was ever shown."""

    key: str
    eligible: int
    unseen: int

    @property
    def percent(self) -> int | None:
        return round(100 * self.unseen / self.eligible) if self.eligible >= MIN_SAMPLE else None


@dataclass(frozen=True)
class ExposureReport:
    """`by` is by size, tier, region and ownership."""

    by_cause: Counter[ExposureCause]
    by: dict[str, list[GroupShare]]

    @property
    def total(self) -> int:
        return self.by_cause.total()


UNSEEN_CUTS: dict[str, Any] = {"size": SizeClass, "tier": Tier, "region": str, "ownership": Ownership}


def exposure(session: Session, actor: Actor, filters: Filters, *, on: date) -> ExposureReport:
    """Who is eligible and was never shown, by cause and by what kind of firm; one query over groups."""
    require(actor, Permission.READ_DASHBOARDS)
    rows = states(actor, filters, on=on)
    unseen = unseen_rows(rows)
    keys = [rows.c[name] for name in UNSEEN_CUTS]
    is_eligible = rows.c.level >= LEVELS.index(FunnelLevel.ELIGIBLE)
    cause = case((unseen, rows.c.cause), else_=None).label("why")
    grouped = (
        select(*keys, is_eligible.label("is_eligible"), cause, func.count())
        .where(or_(is_eligible, unseen))
        .group_by(*keys, is_eligible, cause)
    )
    by_cause: Counter[ExposureCause] = Counter()
    totals: dict[str, dict[str, list[int]]] = {name: {} for name in UNSEEN_CUTS}
    for *values, can_be_seen, why, n in session.execute(grouped):
        if why is not None:
            by_cause[ExposureCause(why)] += n
        if not can_be_seen:
            continue
        for name, value in zip(UNSEEN_CUTS, values, strict=True):
            key = NONE if value is None else str(getattr(value, "value", value))
            counted = totals[name].setdefault(key, [0, 0])
            counted[0] += n
            counted[1] += n if why is not None else 0
    shares = {
        name: sorted(
            (GroupShare(key, *counts) for key, counts in groups.items()), key=lambda row: (row.key == NONE, -row.unseen)
        )
        for name, groups in totals.items()
    }
    return ExposureReport(by_cause, shares)


def unseen_rows(rows: Any) -> Any:
    """SQL over `states`: eligible (or not run yet) and neither shown nor brought before anybody."""
    return and_(rows.c.cause.is_not(None), rows.c.level < literal(LEVELS.index(FunnelLevel.RECOMMENDED)))
