"""Recommendations as a side may read them: its own postings, the other side's public part and bands.

A buyer that hides its name stays nameless until it is introduced. What the other side said of a pair is never shown;
only mutual interest is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, false, func, literal, not_, or_, select
from sqlmodel import Session, col

from access import orders, scopes, search
from access.actor import Actor
from access.lists.party import Party, party
from access.lists.past_refusals import private_gates, shown_to
from access.lookups import NotVisible, own_pair
from access.permissions import Permission
from access.rules import require
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.purchase_need import PurchaseNeed
from models.recommendation import PairSignal, Recommendation, RecommendationRun
from vocabulary import industries
from vocabulary.bands import SCALES
from vocabulary.classifications import FIRM_SIDE, Market, Side, SignalKind
from vocabulary.lifecycles import LIVE_PAIRING, RELEASED_PAIRING, PairingStatus, PostingStatus, RunStatus
from vocabulary.reasons import PairState


@dataclass(frozen=True)
class Filters:
    """What a reader narrows a list to; the defaults show all that was not dismissed, best first."""

    state: PairState | None = None
    region: str = ""
    """Prefix of a region code."""
    industry: str = ""
    """A section letter or the first digits of a GB/T 4754 code."""
    q: str = ""
    is_shortlisted: bool = False
    with_dismissed: bool = False
    only_dismissed: bool = False
    newest_first: bool = False
    mutual_first: bool = False


@dataclass(frozen=True)
class Line:
    """One pair in a list. `rank` is its place among all pairs of the posting; `counterpart` is None while hidden."""

    public_id: str
    rank: int
    score: float
    state: PairState
    n_with_data: int
    n_components: int
    first_closed_gate: str | None
    strongest: tuple[dict[str, Any], ...]
    counterpart: str | None
    demand_public_id: str
    demand_title: str
    supply_public_id: str
    supply_title: str
    is_interested: bool
    is_shortlisted: bool
    is_dismissed: bool
    is_mutual: bool
    pairing_public_id: str | None
    pairing_status: PairingStatus | None
    recommended_at: datetime
    gates: tuple[dict[str, Any], ...]
    changes: tuple[dict[str, Any], ...]
    region_code: str | None
    industry_code: str | None
    verified_at: datetime | None
    bands: dict[str, int | None]
    """Band levels of the firm by scale; empty where the other side is not the firm."""


@dataclass(frozen=True)
class Listing:
    """A page of the recommendations of one posting. `failed_at` is set if its last run failed: the list is older."""

    market: Market
    side: Side
    posting_public_id: str
    posting_title: str
    posting_status: PostingStatus
    lines: tuple[Line, ...]
    total: int
    failed_at: datetime | None


@dataclass(frozen=True)
class PostingSummary:
    """An own open posting with the number of its recommendations by state."""

    market: Market
    side: Side
    public_id: str
    title: str
    counts: dict[PairState, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Detail:
    """One recommendation with everything its page shows. `side` is the reader's."""

    line: Line
    market: Market
    side: Side
    demand_text: str
    supply_text: str
    contributions: tuple[dict[str, Any], ...]
    gates: tuple[dict[str, Any], ...]
    changes: tuple[dict[str, Any], ...]
    demand_party: Party
    supply_party: Party
    failed_at: datetime | None


def for_firm(
    session: Session, actor: Actor, posting_public_id: str, *, filters: Filters | None = None, page: int = 1, size: int
) -> Listing:
    """Recommendations of a firm's own need or product line."""
    require(actor, Permission.SEE_OWN_RECOMMENDATIONS)
    return _listing(session, actor, posting_public_id, filters or Filters(), page, size)


def for_counterpart(
    session: Session, actor: Actor, posting_public_id: str, *, filters: Filters | None = None, page: int = 1, size: int
) -> Listing:
    """Firms recommended for a bank's product or a buyer's need."""
    require(actor, Permission.REVIEW_RECOMMENDED_FIRMS)
    return _listing(session, actor, posting_public_id, filters or Filters(), page, size)


def overview(session: Session, actor: Actor) -> list[PostingSummary]:
    """The actor's open postings, demands first, with counts of recommendations by state."""
    summaries = []
    for side, posting, pair_column in _SIDES:
        counts: dict[str, dict[PairState, int]] = {}
        found: dict[str, Any] = {}
        n_pairs = func.count(col(Recommendation.id))
        statement: Any = (
            select(posting.public_id, posting.market, posting.title, col(Recommendation.state), n_pairs)
            .outerjoin(Recommendation, and_(pair_column == posting.id, _CURRENT, shown_to(side, posting.market)))
            .where(scopes.own(actor, posting.organization_id), col(posting.status) == PostingStatus.OPEN)
            .group_by(posting.id, Recommendation.state)
            .order_by(col(posting.id))
        )
        for public_id, market, title, state, n in session.execute(statement):
            found[public_id] = (market, title)
            if state is not None:
                counts.setdefault(public_id, {})[state] = n
        summaries += [
            PostingSummary(market, side, public_id, title, counts.get(public_id, {}))
            for public_id, (market, title) in found.items()
        ]
    return summaries


def counts(session: Session, actor: Actor, posting_public_id: str) -> dict[PairState, int]:
    """How many current recommendations of an own posting there are of each state, the dismissed left out."""
    side, posting = _own_posting(session, actor, posting_public_id)
    own_column = Recommendation.demand_id if side is Side.DEMAND else Recommendation.supply_id
    rows = session.execute(
        select(col(Recommendation.state), func.count(col(Recommendation.id)))
        .where(
            col(own_column) == posting.id,
            _CURRENT,
            shown_to(side, posting.market),
            not_(_said(side, SignalKind.DISMISS)),
        )
        .group_by(col(Recommendation.state))
    )
    return {PairState(state): n for state, n in rows}


def detail(session: Session, actor: Actor, public_id: str) -> Detail:
    """One recommendation of an own posting; gates of private blocks are left out."""
    row, demand, supply, side = own_pair(session, actor, public_id)
    own = demand if side is Side.DEMAND else supply
    found = session.execute(_lines(side, own).where(col(Recommendation.id) == row.id)).first()
    if found is None:
        raise NotVisible
    (line,) = _with_orders(session, row.market, side, [found])
    hides = found.is_hidden
    return Detail(
        line=line,
        market=row.market,
        side=side,
        demand_text=demand.text,
        supply_text=supply.text,
        contributions=tuple(row.contributions),
        gates=line.gates,
        changes=line.changes,
        demand_party=party(session, demand, Side.DEMAND, hides_name=hides),
        supply_party=party(session, supply, Side.SUPPLY, hides_name=False),
        failed_at=_failed_at(session, side, own),
    )


_CURRENT = col(Recommendation.superseded_at).is_(None)
_SIDES: tuple[tuple[Side, Any, Any], ...] = (
    (Side.DEMAND, Demand, col(Recommendation.demand_id)),
    (Side.SUPPLY, Supply, col(Recommendation.supply_id)),
)
_ORDER = (
    case(
        (col(Recommendation.state) == PairState.ELIGIBLE, 0),
        (col(Recommendation.state) == PairState.POSSIBLE, 1),
        else_=2,
    ),
    col(Recommendation.score).desc(),
    col(Recommendation.id),
)


def _listing(session: Session, actor: Actor, public_id: str, filters: Filters, page: int, size: int) -> Listing:
    side, posting = _own_posting(session, actor, public_id)
    wanted = _lines(side, posting)
    for condition in _conditions(side, filters):
        wanted = wanted.where(condition)
    total = session.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()
    order = (*_first(side, filters), *_ORDER)
    rows = session.execute(wanted.order_by(*order).limit(size).offset((page - 1) * size))
    return Listing(
        market=posting.market,
        side=side,
        posting_public_id=posting.public_id,
        posting_title=posting.title,
        posting_status=posting.status,
        lines=tuple(_with_orders(session, posting.market, side, rows)),
        total=total,
        failed_at=_failed_at(session, side, posting),
    )


def _first(side: Side, filters: Filters) -> list[Any]:
    """What comes before the usual order."""
    if filters.newest_first:
        return [col(Recommendation.created_at).desc()]
    if not filters.mutual_first:
        return []
    other = Side.SUPPLY if side is Side.DEMAND else Side.DEMAND
    return [and_(_said(side, SignalKind.INTEREST), _said(other, SignalKind.INTEREST)).desc()]


def _own_posting(session: Session, actor: Actor, public_id: str) -> tuple[Side, Any]:
    for side, posting, _ in _SIDES:
        statement = select(posting).where(scopes.own(actor, posting.organization_id), posting.public_id == public_id)
        row = session.execute(statement).scalars().first()
        if row is not None:
            return side, row
    raise NotVisible


def _lines(side: Side, posting: Any) -> Any:
    """Current recommendations of a posting with both titles, the other side's organization, signals and pairing."""
    other = Side.SUPPLY if side is Side.DEMAND else Side.DEMAND
    counterpart = Supply.organization_id if side is Side.DEMAND else Demand.organization_id
    own_column = Recommendation.demand_id if side is Side.DEMAND else Recommendation.supply_id
    is_hidden = IS_HIDDEN if side is Side.SUPPLY else false()
    ranks = (
        select(col(Recommendation.id).label("id"), func.row_number().over(order_by=_ORDER).label("rank"))
        .where(col(own_column) == posting.id, _CURRENT, shown_to(side, posting.market))
        .subquery()
    )
    return (
        select(
            col(Recommendation.public_id), ranks.c.rank, col(Recommendation.score), col(Recommendation.state),
            col(Recommendation.n_with_data), col(Recommendation.n_components), col(Recommendation.first_closed_gate),
            col(Recommendation.contributions), col(Recommendation.gates), col(Recommendation.changes),
            col(Recommendation.market), col(Demand.organization_id).label("borrower_id"),
            literal(side.value).label("reader"), col(FirmProfile.region_code),
            col(FirmProfile.industry_code), col(FirmProfile.verified_at), col(FirmProfile.revenue_fen),
            col(FirmProfile.employees), col(FirmProfile.debt_ratio_percent),
            col(Recommendation.created_at).label("recommended_at"),
            col(Organization.legal_name).label("counterpart"), is_hidden.label("is_hidden"),
            col(Demand.public_id).label("demand_public_id"), col(Demand.title).label("demand_title"),
            col(Supply.public_id).label("supply_public_id"), col(Supply.title).label("supply_title"),
            _said(side, SignalKind.INTEREST).label("is_interested"),
            _said(other, SignalKind.INTEREST).label("other_is_interested"),
            _said(side, SignalKind.SHORTLIST).label("is_shortlisted"),
            _said(side, SignalKind.DISMISS).label("is_dismissed"),
            col(Pairing.public_id).label("pairing_public_id"), col(Pairing.status).label("pairing_status"),
        )
        .join(ranks, ranks.c.id == Recommendation.id)
        .join(Demand, col(Demand.id) == Recommendation.demand_id)
        .join(Supply, col(Supply.id) == Recommendation.supply_id)
        .join(Organization, col(Organization.id) == counterpart)
        .outerjoin(FirmProfile, col(FirmProfile.organization_id) == Organization.id)
        .outerjoin(PurchaseNeed, col(PurchaseNeed.demand_id) == Recommendation.demand_id)
        .outerjoin(
            Pairing,
            and_(
                col(Pairing.demand_id) == Recommendation.demand_id,
                col(Pairing.supply_id) == Recommendation.supply_id,
                col(Pairing.status).in_(LIVE_PAIRING),
            ),
        )
    )  # fmt: skip


IS_HIDDEN = and_(
    func.coalesce(PurchaseNeed.hide_name, False),
    not_(
        exists(select(1).where(
            col(Pairing.demand_id) == Recommendation.demand_id,
            col(Pairing.supply_id) == Recommendation.supply_id,
            col(Pairing.status).in_(RELEASED_PAIRING),
        ).correlate(Recommendation))
    ),
)  # fmt: skip
"""Whether the buyer's name is not shown to the seller yet."""


def _said(side: Side, kind: SignalKind) -> ColumnElement[bool]:
    return exists(
        select(1)
        .where(
            col(PairSignal.demand_id) == Recommendation.demand_id,
            col(PairSignal.supply_id) == Recommendation.supply_id,
            col(PairSignal.side) == side,
            col(PairSignal.kind) == kind,
        )
        .correlate(Recommendation)
    )


def _conditions(side: Side, filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.state is not None:
        conditions.append(col(Recommendation.state) == filters.state)
    if filters.region:
        region = func.coalesce(FirmProfile.region_code, Organization.region_code)
        conditions.append(region.startswith(filters.region, autoescape=True))
    if filters.industry:
        prefixes = [entry.code for entry in industries.by_code().values() if entry.parent == filters.industry]
        wanted = prefixes if filters.industry.isalpha() else [filters.industry]
        conditions.append(or_(*(col(FirmProfile.industry_code).startswith(code, autoescape=True) for code in wanted)))
    if filters.q.strip():
        is_named = not_(IS_HIDDEN) if side is Side.SUPPLY else None  # a hidden name must not be found by guessing it
        posting = search.supply(Supply.id) if side is Side.DEMAND else search.demand(Demand.id)
        conditions.append(search.found_by(filters.q, search.organization(Organization.id, when=is_named), posting))
    if filters.is_shortlisted:
        conditions.append(_said(side, SignalKind.SHORTLIST))
    if filters.only_dismissed:
        conditions.append(_said(side, SignalKind.DISMISS))
    elif not filters.with_dismissed:
        conditions.append(not_(_said(side, SignalKind.DISMISS)))
    return conditions


def _with_orders(session: Session, market: Market, reader: Side, rows: Iterable[Any]) -> list[Line]:
    """Lines in which a firm reads its own orders exactly, and a bank those that nobody keeps back from it."""
    found = list(rows)
    if market is not Market.FINANCE:
        return [_line(row) for row in found]
    with_order = {row.borrower_id for row in found if any(orders.is_met_by_order(gate) for gate in row.gates)}
    values = orders.exact_values(session, with_order, for_bank=reader is Side.SUPPLY)
    return [
        replace(line, gates=orders.shown(line.gates, values.get(row.borrower_id)))
        for row, line in zip(found, map(_line, found), strict=True)
    ]


def _line(row: Any) -> Line:
    strongest = sorted((part for part in row.contributions if part["points"] > 0), key=lambda part: -part["points"])
    status = _shown_status(row)
    return Line(
        public_id=row.public_id,
        rank=row.rank,
        score=row.score,
        state=row.state,
        n_with_data=row.n_with_data,
        n_components=row.n_components,
        first_closed_gate=row.first_closed_gate,
        strongest=tuple(strongest[:2]),
        counterpart=None if row.is_hidden else row.counterpart,
        demand_public_id=row.demand_public_id,
        demand_title=row.demand_title,
        supply_public_id=row.supply_public_id,
        supply_title=row.supply_title,
        is_interested=row.is_interested,
        is_shortlisted=row.is_shortlisted,
        is_dismissed=row.is_dismissed,
        is_mutual=row.is_interested and row.other_is_interested,
        pairing_public_id=row.pairing_public_id if status else None,
        pairing_status=status,
        recommended_at=row.recommended_at,
        gates=tuple(gate for gate in row.gates if gate["code"] not in private_gates(row)),
        changes=() if private_gates(row) & {change["gate"] for change in row.changes} else tuple(row.changes),
        region_code=None if row.is_hidden else row.region_code,
        industry_code=None if row.is_hidden else row.industry_code,
        verified_at=row.verified_at,
        bands=_bands(row),
    )


_LISTED_BANDS = {"revenue": "revenue_fen", "staff": "employees", "debt_ratio": "debt_ratio_percent"}


def _bands(row: Any) -> dict[str, int | None]:
    """The figures become bands before they leave this module."""
    if row.is_hidden or FIRM_SIDE[row.market].value == row.reader:
        return {}
    return {scale: SCALES[scale].level_of(getattr(row, column)) for scale, column in _LISTED_BANDS.items()}


def _shown_status(row: Any) -> PairingStatus | None:
    """A pairing shows to a side that wants it, or once introduced; a verdict on hold can still be taken back."""
    if row.pairing_status in RELEASED_PAIRING:
        return PairingStatus(row.pairing_status)
    if row.pairing_status is None or not row.is_interested:
        return None
    is_unannounced = row.pairing_status is PairingStatus.CONFIRMED
    return PairingStatus.PROPOSED if is_unannounced else PairingStatus(row.pairing_status)


def _failed_at(session: Session, side: Side, posting: Any) -> datetime | None:
    """When the last run that spoke for the posting failed, if it did."""
    run = RecommendationRun
    own_column = run.demand_id if side is Side.DEMAND else run.supply_id
    is_whole = and_(col(run.demand_id).is_(None), col(run.supply_id).is_(None), col(run.market) == posting.market)
    last = session.execute(
        select(col(run.status), col(run.status_changed_at))
        .where(or_(col(own_column) == posting.id, is_whole), col(run.status) != RunStatus.RUNNING)
        .order_by(col(run.id).desc())
        .limit(1)
    ).first()
    return last.status_changed_at if last is not None and last.status is RunStatus.FAILED else None
