"""Cases as their two sides see them. Before the introduction neither contacts nor the office's verdict are shown."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, false, func, not_
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from access import parties, search
from access.actor import Actor
from access.capacity import Visit
from access.case_steps import is_latest
from access.lists.capacity import visit_of
from access.lists.case_progress import TOLD_SIDES, Progress, progress
from access.lists.next_best import next_best
from access.lists.receipts import Receipt, receipts_of
from access.lists.recommendations import Line
from access.lookups import NotVisible, own_pairing
from access.people import is_present
from access.scopes import own
from models.organization import Membership, Organization, User
from models.pairing import CaseStep, Consent, Pairing, Release
from models.posting import Demand, Supply
from models.purchase_need import PurchaseNeed
from models.recommendation import PairSignal
from models.refusal import Refusal
from vocabulary.case_clocks import ClockStage
from vocabulary.classifications import FIRM_SIDE, LADDERS, CaseStepKind, Market, Side, SignalKind
from vocabulary.lifecycles import DECIDABLE_PAIRING, RELEASED_PAIRING, RUNNING_PAIRING, PairingStatus
from vocabulary.profile_fields import Section

_BEFORE_VISIT = (None, CaseStepKind.CONTACT)


@dataclass(frozen=True)
class CaseLine:
    """One own pairing. `counterpart` is None while a buyer keeps its name back."""

    public_id: str
    market: Market
    status: PairingStatus
    title: str
    counterpart: str | None
    last_step: CaseStepKind | None
    due_stage: ClockStage | None
    next_due_on: date | None
    is_stated: bool
    is_provisional: bool
    is_overdue: bool
    changed_at: datetime


@dataclass(frozen=True)
class Caller:
    """谁会联系您: the one person of the counterpart who calls, of which branch, and whether still there."""

    public_id: str
    name: str
    title: str
    organization: str
    branch: str
    phone: str
    email: str
    has_left: bool


@dataclass(frozen=True)
class Case:
    """One pairing with what the reader's side may know of it."""

    pairing: Pairing
    line: CaseLine
    demand_title: str
    supply_title: str
    is_firm: bool
    """Whether the reader is the firm; the other side records steps and reads the dossier."""
    is_released: bool
    verdict_note: str
    progress: Progress
    kinds: tuple[CaseStepKind, ...]
    handler: Caller | None
    """Known to the firm after the introduction."""
    follower: User | None
    """The official who follows the case, after the introduction."""
    counterpart_id: int
    counterpart_public_id: str
    firm_contact: dict[str, Any]
    """The firm's contacts, for the counterpart after the introduction; else empty."""
    has_dossier: bool
    readings: list[Receipt]
    refusal: Refusal | None
    """Why the counterpart ended it, for both sides."""
    firm_posting_public_id: str
    next_best: list[Line]
    """Whom else the firm may ask after the case was ended; nothing for the counterpart."""
    visit: Visit | None
    """The week of the lender's visit, known to both sides from the introduction until the visit is recorded."""


def own_cases(
    session: Session,
    actor: Actor,
    *,
    on: date,
    status: PairingStatus | None = None,
    q: str = "",
    page: int = 1,
    size: int = 50,
) -> tuple[list[CaseLine], int, dict[PairingStatus, int]]:
    """One page of own pairings, how many there are, and how many of each status."""
    statement = _visible(actor)
    if q:
        is_named = or_(  # a name kept back must not be found by guessing it; see _line
            col(Pairing.demand_organization_id) == actor.organization_id,
            col(Pairing.introduced_at).is_not(None),
            not_(func.coalesce(PurchaseNeed.hide_name, false())),
        )
        statement = statement.where(search.found_by(q, *search.pairing(demand_named=is_named)))
    rows = session.execute(statement.order_by(col(Pairing.status_changed_at).desc(), col(Pairing.id).desc())).all()
    lines = [_line(row, actor, on) for row in rows]
    counts: dict[PairingStatus, int] = {}
    for line in lines:
        counts[line.status] = counts.get(line.status, 0) + 1
    wanted = [line for line in lines if status is None or line.status is status]
    return wanted[(page - 1) * size : page * size], len(wanted), counts


def case(session: Session, actor: Actor, public_id: str, *, on: date) -> Case:
    """One own pairing. Raises NotVisible for another's, and for one the own side has not been told of."""
    pairing = own_pairing(session, actor, public_id)
    row = session.execute(_visible(actor).where(col(Pairing.id) == pairing.id)).first()
    if row is None:
        raise NotVisible
    line = _line(row, actor, on)
    is_firm = parties.firm_id(pairing) == actor.organization_id
    is_released = pairing.status in RELEASED_PAIRING
    release = session.exec(select(Release).where(Release.pairing_id == pairing.id)).first()
    other_id = parties.counterpart_id(pairing)
    contacts = release.snapshot.get(Section.CONTACTS.value, {}) if release and is_released and not is_firm else {}
    is_told = pairing.status in (PairingStatus.RETURNED, PairingStatus.REFUSED, PairingStatus.REVOKED)
    return Case(
        pairing=pairing,
        line=line,
        demand_title=row.demand_title,
        supply_title=row.supply_title,
        is_firm=is_firm,
        is_released=is_released,
        verdict_note=(pairing.verdict_note or "") if is_told else "",
        progress=progress(session, pairing, for_office=False)
        if pairing.status in TOLD_SIDES
        else Progress([], {}, [], []),
        kinds=LADDERS[pairing.market],
        handler=_caller(session, pairing, on) if is_released else None,
        follower=session.get(User, pairing.followed_by_id) if pairing.followed_by_id and is_released else None,
        counterpart_id=other_id,
        counterpart_public_id=session.get_one(Organization, other_id).public_id,
        firm_contact={name: value for name, value in contacts.items() if value}
        if _is_readable(session, release, on)
        else {},
        has_dossier=release is not None and not is_firm,
        readings=receipts_of(session, actor, release) if release is not None and is_firm else [],
        refusal=session.exec(select(Refusal).where(Refusal.pairing_id == pairing.id)).first(),
        firm_posting_public_id=_firm_posting(session, pairing),
        next_best=next_best(session, actor, pairing),
        visit=visit_of(session, pairing) if is_released and line.last_step in _BEFORE_VISIT else None,
    )


def _caller(session: Session, pairing: Pairing, on: date) -> Caller | None:
    row = session.execute(
        select_columns(User, Organization, Membership, and_(*is_present(on)))
        .join(Membership, col(Membership.user_id) == col(User.id))
        .join(Organization, col(Organization.id) == col(Membership.organization_id))
        .where(
            col(User.id) == pairing.handled_by_id,
            col(Membership.organization_id) == parties.counterpart_id(pairing),
        )
    ).first()
    if row is None:
        return None
    user, organization, membership, is_there = row
    return Caller(
        user.public_id, user.full_name, user.title, organization.legal_name, membership.branch, user.phone, user.email,
        has_left=not is_there,
    )  # fmt: skip


def _firm_posting(session: Session, pairing: Pairing) -> str:
    if FIRM_SIDE[pairing.market] is Side.DEMAND:
        return session.get_one(Demand, pairing.demand_id).public_id
    return session.get_one(Supply, pairing.supply_id).public_id


def step_to_correct(session: Session, actor: Actor, pairing: Pairing, public_id: str) -> CaseStep:
    """A step of an own pairing."""
    row = session.exec(
        select(CaseStep).where(CaseStep.public_id == public_id, CaseStep.pairing_id == pairing.id)
    ).first()
    if row is None:
        raise NotVisible
    return row


def _is_readable(session: Session, release: Release | None, on: date) -> bool:
    if release is None:
        return False
    consent = session.get_one(Consent, release.consent_id)
    return consent.withdrawn_at is None and consent.ends_on >= on


def _visible(actor: Actor) -> Any:
    """Own pairings, except those only the other side has asked for and the office has not introduced."""
    demand_owner, supply_owner = aliased(Organization), aliased(Organization)
    said = (
        select_columns(col(PairSignal.id))
        .where(
            col(PairSignal.demand_id) == col(Pairing.demand_id),
            col(PairSignal.supply_id) == col(Pairing.supply_id),
            col(PairSignal.kind) == SignalKind.INTEREST,
            col(PairSignal.by_organization_id) == actor.organization_id,
        )
        .correlate(Pairing)
        .exists()
    )
    last = (
        select_columns(col(CaseStep.id))
        .where(col(CaseStep.pairing_id) == col(Pairing.id), *is_latest())
        .order_by(col(CaseStep.happened_on).desc(), col(CaseStep.id).desc())
        .limit(1)
        .correlate(Pairing)
        .scalar_subquery()
    )
    last_step = aliased(CaseStep)
    return (
        select_columns(
            Pairing,
            col(Demand.title).label("demand_title"),
            col(Supply.title).label("supply_title"),
            col(demand_owner.legal_name).label("demand_name"),
            col(supply_owner.legal_name).label("supply_name"),
            col(PurchaseNeed.hide_name).label("hide_name"),
            col(last_step.kind).label("last_kind"),
        )
        .join(Demand, col(Demand.id) == col(Pairing.demand_id))
        .join(Supply, col(Supply.id) == col(Pairing.supply_id))
        .join(demand_owner, col(demand_owner.id) == col(Pairing.demand_organization_id))
        .join(supply_owner, col(supply_owner.id) == col(Pairing.supply_organization_id))
        .outerjoin(PurchaseNeed, col(PurchaseNeed.demand_id) == col(Pairing.demand_id))
        .outerjoin(last_step, col(last_step.id) == last)
        .where(
            own(actor, Pairing.demand_organization_id) | own(actor, Pairing.supply_organization_id),
            or_(said, col(Pairing.introduced_at).is_not(None), col(Pairing.roadshow_id).is_not(None)),
        )
    )


def _line(row: Any, actor: Actor, on: date) -> CaseLine:
    pairing: Pairing = row[0]
    is_demand = pairing.demand_organization_id == actor.organization_id
    hides = bool(row.hide_name) and not is_demand and pairing.introduced_at is None
    # A verdict within its hold time can still be taken back: the sides are not told of it yet.
    is_unannounced = pairing.status in {PairingStatus.CONFIRMED, *DECIDABLE_PAIRING}
    status = PairingStatus.PROPOSED if is_unannounced else pairing.status
    due_on = pairing.due_on if pairing.status in RUNNING_PAIRING else None
    return CaseLine(
        public_id=pairing.public_id,
        market=pairing.market,
        status=status,
        title=row.demand_title if is_demand else row.supply_title,
        counterpart=None if hides else (row.supply_name if is_demand else row.demand_name),
        last_step=row.last_kind,
        due_stage=pairing.due_stage if pairing.status in RUNNING_PAIRING else None,
        next_due_on=due_on,
        is_stated=pairing.due_is_stated,
        is_provisional=pairing.due_is_provisional,
        is_overdue=due_on is not None and due_on < on,
        changed_at=pairing.status_changed_at,
    )
