"""Pairings before an official: the queue, one for review, and what waits today."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, not_
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, or_, select

from access import orders, parties, search
from access.actor import Actor
from access.lists.case_progress import Progress, progress
from access.lists.follow_up import overdue_condition
from access.lists.party import Party, party
from access.lists.recommendation_terms import posted
from access.lookups import pairing_to_decide
from access.permissions import Permission
from access.rules import require
from access.scopes import in_chain, organizations_to_check
from models.audit_event import AuditEvent
from models.firm_profile import FirmProfile, ProfileSubmission
from models.organization import Organization, User
from models.pairing import Consent, Pairing
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from vocabulary.classifications import FIRM_SIDE, PURPOSE_OF_MARKET, Market, Side
from vocabulary.lifecycles import (
    DECIDABLE_PAIRING,
    LIVE_PAIRING,
    OrganizationStatus,
    PairingStatus,
    SubmissionStatus,
)
from vocabulary.stuffing import is_stuffed


@dataclass(frozen=True)
class QueueLine:
    """One pairing in the queue. `is_stale`: the firm's facts were verified too long ago."""

    public_id: str
    market: Market
    status: PairingStatus
    is_mutual: bool
    proposed_at: datetime
    hold_until: datetime | None
    demand_title: str
    supply_title: str
    demand_name: str
    supply_name: str
    is_blind: bool
    """Announced as decided without the score: there is none until the verdict."""
    score: float | None
    has_consent: bool
    is_stale: bool


@dataclass(frozen=True)
class QueuePage:
    items: list[QueueLine]
    total: int
    counts: dict[PairingStatus, int]


@dataclass(frozen=True)
class HistoryLine:
    at: datetime
    who: str
    action: str
    reason: str


@dataclass(frozen=True)
class Review:
    """Everything an official weighs. Contributions, gates and changes are as the engine stored them."""

    pairing: Pairing
    demand: Demand
    supply: Supply
    demand_name: str
    supply_name: str
    demand_party: Party
    supply_party: Party
    demand_terms: dict[str, Any]
    supply_terms: dict[str, Any]
    is_blind: bool
    """Still to be decided without the score: the contributions and the score are not to be shown."""
    recommendation: Recommendation | None
    gates: tuple[dict[str, Any], ...]
    """Those of the recommendation, with the exact sum of orders that the office may read."""
    consent: Consent | None
    conflicts: list[QueueLine]
    """Other live pairings of the same demand or supply in the chains the reader decides for."""
    n_elsewhere: int
    """How many more of them other offices decide."""
    history: list[HistoryLine]
    is_stuffed: bool
    """The firm's profile or posting names so much that an official should look twice."""
    decided_by: str
    verified_at: datetime | None
    progress: Progress
    handler: User | None
    follower: User | None


@dataclass(frozen=True)
class DeskCounts:
    """What waits for an office."""

    organizations: int
    submissions: int
    to_decide: int
    on_hold_time: int
    overdue: int


_UNDECIDED = DECIDABLE_PAIRING | {PairingStatus.RETURNED}
_DemandOwner, _SupplyOwner = aliased(Organization), aliased(Organization)


def queue(
    session: Session,
    actor: Actor,
    *,
    status: PairingStatus | None,
    market: Market | None = None,
    mutual_only: bool = False,
    q: str = "",
    on: date,
    page: int = 1,
    size: int = 50,
) -> QueuePage:
    """Mutual interest first, then the oldest. Without a status: those a verdict is due for."""
    require(actor, Permission.DECIDE_PAIRINGS)
    scope = in_chain(actor, Pairing.chain_id)
    counts = {
        PairingStatus(value): number
        for value, number in session.exec(
            select(Pairing.status, func.count()).where(scope).group_by(col(Pairing.status))
        ).all()
    }
    statuses = (status,) if status else tuple(DECIDABLE_PAIRING)
    conditions: list[Any] = [scope, col(Pairing.status).in_(statuses)]
    if market is not None:
        conditions.append(Pairing.market == market)
    if mutual_only:
        conditions.append(col(Pairing.is_mutual))
    if q:
        conditions.append(search.found_by(q, *search.pairing()))
    statement = _lines(on).where(*conditions)
    total = session.execute(select_columns(func.count()).select_from(statement.subquery())).scalar_one()
    order = (col(Pairing.is_mutual).desc(), col(Pairing.proposed_at), col(Pairing.id))
    rows = session.execute(statement.order_by(*order).offset((page - 1) * size).limit(size)).all()
    return QueuePage([_line(row, on) for row in rows], total, counts)


def review(session: Session, actor: Actor, public_id: str, *, on: date) -> Review:
    """One pairing of the office's chain. Raises NotVisible for any other."""
    require(actor, Permission.DECIDE_PAIRINGS)
    pairing = pairing_to_decide(session, actor, public_id)
    demand, supply = session.get_one(Demand, pairing.demand_id), session.get_one(Supply, pairing.supply_id)
    demand_party = party(session, demand, Side.DEMAND, hides_name=False)
    supply_party = party(session, supply, Side.SUPPLY, hides_name=False)
    recommendation = _recommendation(session, pairing)
    decider = session.get(User, pairing.decided_by_id) if pairing.decided_by_id else None
    competing = (
        or_(Pairing.demand_id == pairing.demand_id, Pairing.supply_id == pairing.supply_id),
        col(Pairing.id) != pairing.id,
        col(Pairing.status).in_(LIVE_PAIRING),
    )
    own_chain = in_chain(actor, Pairing.chain_id)
    conflicts = session.execute(_lines(on).where(*competing, own_chain).order_by(col(Pairing.id)).limit(20)).all()
    n_elsewhere = session.execute(select_columns(func.count(col(Pairing.id))).where(*competing, not_(own_chain)))
    return Review(
        pairing=pairing,
        demand=demand,
        supply=supply,
        demand_name=demand_party.name or "",
        supply_name=supply_party.name or "",
        demand_party=demand_party,
        supply_party=supply_party,
        demand_terms=posted(session, demand, Side.DEMAND),
        supply_terms=posted(session, supply, Side.SUPPLY),
        is_blind=is_blind(pairing),
        recommendation=recommendation,
        gates=_gates(session, pairing, recommendation),
        consent=_consent(session, pairing, on),
        conflicts=[_line(row, on) for row in conflicts],
        n_elsewhere=n_elsewhere.scalar_one(),
        history=history(session, pairing),
        is_stuffed=_is_stuffed(session, pairing, demand, supply),
        decided_by=decider.full_name if decider else "",
        verified_at=(demand_party if FIRM_SIDE[pairing.market] is Side.DEMAND else supply_party).verified_at,
        progress=progress(session, pairing, for_office=True),
        handler=session.get(User, pairing.handled_by_id) if pairing.handled_by_id else None,
        follower=session.get(User, pairing.followed_by_id) if pairing.followed_by_id else None,
    )


def pairings_of(
    session: Session, actor: Actor, posting: Demand | Supply, side: Side, *, on: date, limit: int = 50
) -> list[QueueLine]:
    """Pairings of one posting that the actor's office decides or decided, newest first."""
    own_side = Pairing.demand_id if side is Side.DEMAND else Pairing.supply_id
    statement = _lines(on).where(col(own_side) == posting.id, in_chain(actor, Pairing.chain_id))
    rows = session.execute(statement.order_by(col(Pairing.id).desc()).limit(limit))
    return [_line(row, on) for row in rows]


def _is_stuffed(session: Session, pairing: Pairing, demand: Demand, supply: Supply) -> bool:
    posting = demand if FIRM_SIDE[pairing.market] is Side.DEMAND else supply
    told = session.execute(
        select_columns(col(FirmProfile.main_products), col(FirmProfile.introduction)).where(
            col(FirmProfile.organization_id) == posting.organization_id
        )
    ).first()
    return is_stuffed(told.main_products if told else None, posting.text, told.introduction if told else None)


def _gates(session: Session, pairing: Pairing, recommendation: Recommendation | None) -> tuple[dict[str, Any], ...]:
    gates = recommendation.gates if recommendation else []
    firms = {parties.firm_id(pairing)} if any(orders.is_met_by_order(gate) for gate in gates) else set()
    return orders.shown(gates, orders.exact_values(session, firms, for_bank=False).get(parties.firm_id(pairing)))


def history(session: Session, pairing: Pairing) -> list[HistoryLine]:
    """What the ledger says of a pairing, newest first."""
    rows = session.exec(
        select(AuditEvent)
        .where(AuditEvent.subject_kind == "pairing", AuditEvent.subject_id == pairing.id)
        .order_by(col(AuditEvent.id).desc())
        .limit(50)
    ).all()
    return [HistoryLine(row.occurred_at, row.actor_name, row.action, row.reason) for row in rows]


def desk_counts(session: Session, actor: Actor, *, on: date) -> DeskCounts:
    """What waits for the actor's office."""
    require(actor, Permission.DECIDE_PAIRINGS)

    def count(statement: Any) -> int:
        return int(session.execute(select_columns(func.count()).select_from(statement.subquery())).scalar_one())

    scope = in_chain(actor, Pairing.chain_id)
    pairings = select(Pairing.id).where(scope)
    return DeskCounts(
        organizations=count(organizations_to_check(actor).where(Organization.status == OrganizationStatus.REGISTERED)),
        submissions=count(
            select(ProfileSubmission.id).where(
                in_chain(actor, ProfileSubmission.chain_id), ProfileSubmission.status == SubmissionStatus.SUBMITTED
            )
        ),
        to_decide=count(pairings.where(col(Pairing.status).in_(DECIDABLE_PAIRING))),
        on_hold_time=count(pairings.where(Pairing.status == PairingStatus.CONFIRMED)),
        overdue=count(pairings.where(overdue_condition(on))),
    )


def _lines(on: date) -> Any:
    return (
        select_columns(
            col(Pairing.public_id),
            col(Pairing.market),
            col(Pairing.status),
            col(Pairing.is_mutual),
            col(Pairing.proposed_at),
            col(Pairing.hold_until),
            col(Demand.title).label("demand_title"),
            col(Supply.title).label("supply_title"),
            col(_DemandOwner.legal_name).label("demand_name"),
            col(_SupplyOwner.legal_name).label("supply_name"),
            _is_blind().label("is_blind"),
            case((_is_blind(), None), else_=col(Recommendation.score)).label("score"),
            parties.consent_exists(on).label("has_consent"),
            col(FirmProfile.verified_at),
        )
        .select_from(Pairing)
        .join(Demand, col(Demand.id) == col(Pairing.demand_id))
        .join(Supply, col(Supply.id) == col(Pairing.supply_id))
        .join(_DemandOwner, col(_DemandOwner.id) == col(Pairing.demand_organization_id))
        .join(_SupplyOwner, col(_SupplyOwner.id) == col(Pairing.supply_organization_id))
        .outerjoin(Recommendation, col(Recommendation.id) == col(Pairing.recommendation_id))
        .outerjoin(FirmProfile, col(FirmProfile.organization_id) == parties.firm_column())
    )


def is_blind(pairing: Pairing) -> bool:
    """Whether a pairing is still to be decided without the score."""
    return pairing.is_blind and pairing.status in _UNDECIDED


def _is_blind() -> Any:
    return and_(col(Pairing.is_blind), col(Pairing.status).in_(_UNDECIDED))


def _line(row: Any, on: date) -> QueueLine:
    values = row._asdict()
    verified_at = values.pop("verified_at")
    return QueueLine(**values, is_stale=parties.is_stale(verified_at, on))


def _recommendation(session: Session, pairing: Pairing) -> Recommendation | None:
    """What the engine says now, else what it said when the pairing was proposed."""
    current = session.exec(
        select(Recommendation).where(
            Recommendation.demand_id == pairing.demand_id,
            Recommendation.supply_id == pairing.supply_id,
            col(Recommendation.superseded_at).is_(None),
        )
    ).first()
    if current is None and pairing.recommendation_id is not None:
        return session.get(Recommendation, pairing.recommendation_id)
    return current


def _consent(session: Session, pairing: Pairing, on: date) -> Consent | None:
    return session.exec(
        select(Consent).where(
            Consent.organization_id == parties.firm_id(pairing),
            Consent.counterpart_id == parties.counterpart_id(pairing),
            Consent.purpose == PURPOSE_OF_MARKET[pairing.market],
            parties.consent_in_force(on),
        )
    ).first()
