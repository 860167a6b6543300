"""The office's verdicts on pairings, one by one and in bulk, and what happens when the hold time is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlmodel import Session, and_, col, select

from access import parties
from access.actor import SYSTEM, Actor
from access.capacity import capacities
from access.permissions import Permission
from access.rules import NotAllowed, is_recused, require, require_rule
from access.scopes import pairings_to_decide
from access.ties import tied_organizations
from models.base import now
from models.financing_need import FinancingNeed
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.pairing import Consent, Pairing
from models.posting import Demand, Supply
from models.recommendation import PairSignal
from vocabulary.classifications import SignalKind, VerdictReason
from vocabulary.lifecycles import DECIDABLE_PAIRING, PAIRING, PairingStatus, PostingStatus
from workflows import approvals, capacity, clocks, consents, releases
from workflows.calendar import today
from workflows.errors import NotComplete, StepNotAllowed
from workflows.notifications import cancel_messages, queue_to_members, send_messages_at
from workflows.pairings import decides_for_chain, require_open
from workflows.recusals import require_free
from workflows.transitions import advance, require_step

_BACK_IN_QUEUE: dict[str, Any] = {
    "decided_by_id": None,
    "decided_at": None,
    "verdict_reason": None,
    "verdict_note": None,
    "hold_until": None,
    "consent_id": None,
}


class Confirmation(StrEnum):
    """What came of a confirmation: done, or waiting for a second official."""

    DONE = "done"
    NEEDS_SECOND = "needs_second"


class Obstacle(StrEnum):
    """Why a pairing cannot be confirmed as it stands."""

    NOT_DUE = "not_due"
    CONSENT_MISSING = "consent_missing"
    CONFLICT_OF_INTEREST = "conflict_of_interest"
    SECOND_OFFICIAL = "second_official"
    LENDER_FULL = "lender_full"
    NOT_OPEN = "not_open"


@dataclass(frozen=True)
class BulkLine:
    """One pairing before a bulk confirmation. Stale facts warn; they do not stop it."""

    pairing: Pairing
    firm_name: str
    counterpart_name: str
    is_eligible: bool
    why: Obstacle | None
    is_stale: bool


@dataclass(frozen=True)
class BulkLoser:
    """A pairing that a bulk confirmation did not confirm: an obstacle, or who was first and when."""

    public_id: str
    why: Obstacle | None
    current: PairingStatus
    changed_by: str = ""
    changed_at: datetime | None = None


@dataclass(frozen=True)
class BulkResult:
    winners: list[str]
    """Public ids."""
    losers: list[BulkLoser]


def confirm(
    session: Session,
    actor: Actor,
    pairing: Pairing,
    *,
    reason: VerdictReason,
    note: str = "",
    hold_minutes: int,
    second_official_above_fen: int | None = None,
    releases_per_day: int | None = None,
) -> Confirmation:
    """同意推荐: decide now, introduce and tell both sides when the hold time is over.

    Financing above `second_official_above_fen`, and what goes beyond `releases_per_day` of one official, is done only
    when a second, different official confirms too; the lender's visit is booked. Raises StepNotAllowed if somebody
    decided first, NotComplete without the firm's consent, when a posting is not open any more or the lender can take no
    more firms on, Recused for an official tied to one of the sides, NotAllowed for one who confirmed first already.
    """
    _require_may_decide(session, actor, pairing)
    require_step(session, PAIRING, pairing, PairingStatus.CONFIRMED)
    require_open(session, pairing)
    consent = consents.required_for(session, pairing)
    visit = capacity.require_room(session, pairing)
    if approvals.needs_second(
        session,
        actor,
        pairing,
        amount_fen=_amount(session, pairing),
        above_fen=second_official_above_fen,
        releases_per_day=releases_per_day,
        note=note,
    ):
        return Confirmation.NEEDS_SECOND
    decided_at = now()
    hold_until = decided_at + timedelta(minutes=hold_minutes)
    with consents.resting_on(pairing, consent) as in_force:
        _decide(
            session,
            actor,
            pairing,
            PairingStatus.CONFIRMED,
            reason=reason,
            note=note,
            decided_at=decided_at,
            hold_until=hold_until,
            consent_id=consent.id,
            provided=in_force,
        )
    if visit is not None:
        capacity.book(session, pairing, visit)
    _tell_sides(session, pairing, "pairing_confirmed", send_after=hold_until)
    return Confirmation.DONE


def return_for_completion(
    session: Session, actor: Actor, pairing: Pairing, *, reason: VerdictReason, note: str
) -> None:
    """退回补正: the note tells the sides what is missing."""
    _require_may_decide(session, actor, pairing)
    if not note.strip():
        raise NotComplete({"note": "required"})
    _decide(session, actor, pairing, PairingStatus.RETURNED, reason=reason, note=note)
    _tell_sides(session, pairing, "pairing_returned")


def put_on_hold(session: Session, actor: Actor, pairing: Pairing, *, reason: VerdictReason, note: str = "") -> None:
    """暂缓: out of the queue until somebody decides or resumes it."""
    _require_may_decide(session, actor, pairing)
    _decide(session, actor, pairing, PairingStatus.ON_HOLD, reason=reason, note=note)


def resume(session: Session, actor: Actor, pairing: Pairing) -> None:
    """Put a pairing on hold back into the queue, at its old place."""
    _require_may_decide(session, actor, pairing)
    if pairing.status is not PairingStatus.ON_HOLD:
        require_step(session, PAIRING, pairing, PairingStatus.ON_HOLD)  # a decided one says who decided
        raise StepNotAllowed(noun=PAIRING.noun, current=pairing.status, wanted=PairingStatus.PROPOSED)
    advance(session, actor, PAIRING, pairing, PairingStatus.PROPOSED, chain_id=pairing.chain_id, **_BACK_IN_QUEUE)


def refuse(session: Session, actor: Actor, pairing: Pairing, *, reason: VerdictReason, note: str = "") -> None:
    """不予推荐: ends this pairing; the same pair may be proposed anew."""
    _require_may_decide(session, actor, pairing)
    _decide(session, actor, pairing, PairingStatus.REFUSED, reason=reason, note=note)
    _tell_sides(session, pairing, "pairing_refused")


def take_back(session: Session, actor: Actor, pairing: Pairing, *, note: str = "") -> None:
    """Undo a confirmation within its hold time: back to the queue, and nobody has got mail."""
    _require_may_decide(session, actor, pairing)
    is_held = pairing.hold_until is not None and now() < pairing.hold_until
    if pairing.status is not PairingStatus.CONFIRMED or not is_held:
        raise StepNotAllowed(
            noun=PAIRING.noun,
            current=pairing.status,
            wanted=PairingStatus.PROPOSED,
            changed_at=pairing.status_changed_at,
        )
    _requeue(session, actor, pairing, reason=note)


def introduce(session: Session, actor: Actor, pairing: Pairing) -> None:
    """The official ends the hold time early: contacts and dossier open and the messages may go out."""
    _require_may_decide(session, actor, pairing)
    require_step(session, PAIRING, pairing, PairingStatus.INTRODUCED)
    at = now()
    _introduce(session, actor, pairing, consents.required_for(session, pairing), at)
    send_messages_at(session, pairing.id or 0, at)


def introduce_due(session: Session, at: datetime) -> int:
    """Introduce confirmed pairings whose hold time is over; returns how many.

    Without a consent valid at that moment the pairing goes back to the queue instead, and nobody gets mail.
    """
    due = session.exec(
        select(Pairing)
        .where(Pairing.status == PairingStatus.CONFIRMED, col(Pairing.hold_until) <= at)
        .order_by(col(Pairing.id))
    ).all()
    introduced = 0
    for pairing in due:
        try:
            with session.begin_nested():
                introduced += _introduce_or_requeue(session, pairing, at)
        except StepNotAllowed:  # taken back or revoked at this very moment
            continue
    return introduced


def _introduce_or_requeue(session: Session, pairing: Pairing, at: datetime) -> bool:
    """Whether the pairing was introduced."""
    try:
        _introduce(session, SYSTEM, pairing, consents.required_for(session, pairing), at)
    except NotComplete:
        _requeue(session, SYSTEM, pairing, reason=VerdictReason.CONSENT_MISSING.value)
        return False
    return True


def preview_bulk(
    session: Session, actor: Actor, public_ids: Sequence[str], *, second_official_above_fen: int | None = None
) -> list[BulkLine]:
    """What a bulk confirmation would do, in the order asked; ids the actor may not see are left out."""
    require(actor, Permission.DECIDE_PAIRINGS)
    pairings = session.exec(pairings_to_decide(actor).where(col(Pairing.public_id).in_(public_ids))).all()
    ids = [pairing.id for pairing in pairings]
    firm_ids = {parties.firm_id(pairing) for pairing in pairings}
    sides = firm_ids | {parties.counterpart_id(pairing) for pairing in pairings}
    names = dict(
        session.exec(select(Organization.id, Organization.legal_name).where(col(Organization.id).in_(sides))).all()
    )
    verified = dict(
        session.exec(
            select(FirmProfile.organization_id, FirmProfile.verified_at).where(
                col(FirmProfile.organization_id).in_(firm_ids)
            )
        ).all()
    )
    obstacles = _obstacles(session, actor, ids, second_official_above_fen)
    lines = {
        pairing.public_id: BulkLine(
            pairing=pairing,
            firm_name=names[parties.firm_id(pairing)],
            counterpart_name=names[parties.counterpart_id(pairing)],
            is_eligible=obstacles.get(pairing.id) is None,
            why=obstacles.get(pairing.id),
            is_stale=parties.is_stale(verified.get(parties.firm_id(pairing)), today()),
        )
        for pairing in pairings
    }
    return [lines[public_id] for public_id in dict.fromkeys(public_ids) if public_id in lines]


def confirm_bulk(
    session: Session,
    actor: Actor,
    public_ids: Sequence[str],
    *,
    reason: VerdictReason,
    note: str = "",
    hold_minutes: int,
    second_official_above_fen: int | None = None,
    releases_per_day: int | None = None,
) -> BulkResult:
    """Confirm each pairing in its own savepoint; those that need a second official are left to be decided singly."""
    winners, losers = [], []
    for line in preview_bulk(session, actor, public_ids, second_official_above_fen=second_official_above_fen):
        pairing = line.pairing
        if line.why not in (None, Obstacle.NOT_DUE):
            losers.append(BulkLoser(pairing.public_id, line.why, pairing.status))
            continue
        try:
            with session.begin_nested():
                done = confirm(
                    session,
                    actor,
                    pairing,
                    reason=reason,
                    note=note,
                    hold_minutes=hold_minutes,
                    releases_per_day=releases_per_day,
                )
        except StepNotAllowed as overtaken:
            losers.append(
                BulkLoser(
                    pairing.public_id,
                    Obstacle.NOT_DUE,
                    PairingStatus(overtaken.current),
                    overtaken.changed_by,
                    overtaken.changed_at,
                )
            )
        except NotComplete as refused:
            losers.append(BulkLoser(pairing.public_id, _obstacle_of(refused), pairing.status))
        except NotAllowed:  # the actor is the one who asked for a second official
            losers.append(BulkLoser(pairing.public_id, Obstacle.SECOND_OFFICIAL, pairing.status))
        else:
            if done is Confirmation.DONE:
                winners.append(pairing.public_id)
            else:
                losers.append(BulkLoser(pairing.public_id, Obstacle.SECOND_OFFICIAL, pairing.status))
    return BulkResult(winners, losers)


def _obstacle_of(refused: NotComplete) -> Obstacle:
    found = {"capacity": Obstacle.LENDER_FULL, "postings": Obstacle.NOT_OPEN}
    return next((why for field, why in found.items() if field in refused.problems), Obstacle.CONSENT_MISSING)


def _require_may_decide(session: Session, actor: Actor, pairing: Pairing) -> None:
    """Permission, the right chain, and no tie to one of the two sides."""
    require(actor, Permission.DECIDE_PAIRINGS)
    require_rule(actor, decides_for_chain, pairing, "decide_for_chain")
    require_free(session, actor, parties.sides(pairing), chain_id=pairing.chain_id)


def _decide(
    session: Session,
    actor: Actor,
    pairing: Pairing,
    target: PairingStatus,
    *,
    reason: VerdictReason,
    note: str,
    decided_at: datetime | None = None,
    **evidence: Any,
) -> None:
    if target in (PairingStatus.RETURNED, PairingStatus.REFUSED):
        approvals.close(session, actor, pairing)
    advance(
        session,
        actor,
        PAIRING,
        pairing,
        target,
        reason=reason.value,
        chain_id=pairing.chain_id,
        decided_by_id=actor.user_id,
        decided_at=decided_at or now(),
        verdict_reason=reason,
        verdict_note=note[:1000] or None,
        **evidence,
    )


def _amount(session: Session, pairing: Pairing) -> int:
    need = session.get(FinancingNeed, pairing.demand_id)
    return (need.amount_fen or 0) if need else 0


def _requeue(session: Session, actor: Actor, pairing: Pairing, *, reason: str) -> None:
    cancel_messages(session, actor, pairing.id or 0)
    advance(
        session,
        actor,
        PAIRING,
        pairing,
        PairingStatus.PROPOSED,
        reason=reason,
        chain_id=pairing.chain_id,
        **_BACK_IN_QUEUE,
    )


def _introduce(session: Session, actor: Actor, pairing: Pairing, consent: Consent, at: datetime) -> None:
    with consents.resting_on(pairing, consent) as in_force:
        advance(
            session,
            actor,
            PAIRING,
            pairing,
            PairingStatus.INTRODUCED,
            chain_id=pairing.chain_id,
            visible_to_organization_id=parties.firm_id(pairing),
            provided=in_force,
            introduced_at=at,
            hold_until=min(at, pairing.hold_until or at),
            handled_by_id=pairing.handled_by_id or _known_handler(session, pairing),
            followed_by_id=pairing.followed_by_id or pairing.decided_by_id,
            consent_id=consent.id,
        )
    releases.freeze(session, pairing, consent)
    clocks.set_due(session, pairing)


def _known_handler(session: Session, pairing: Pairing) -> int | None:
    """Who showed the counterpart's interest last."""
    return session.exec(
        select(PairSignal.by_user_id)
        .where(
            PairSignal.demand_id == pairing.demand_id,
            PairSignal.supply_id == pairing.supply_id,
            PairSignal.side == parties.counterpart_side(pairing.market),
            PairSignal.kind == SignalKind.INTEREST,
        )
        .order_by(col(PairSignal.id).desc())
    ).first()


def _tell_sides(session: Session, pairing: Pairing, template: str, *, send_after: datetime | None = None) -> None:
    """Titles only: until introduction a buyer may have asked for its name to stay hidden."""
    demand, supply = session.get_one(Demand, pairing.demand_id), session.get_one(Supply, pairing.supply_id)
    queue_to_members(
        session,
        (pairing.demand_organization_id, pairing.supply_organization_id),
        template=template,
        values={"demand": demand.title, "supply": supply.title},
        pairing_id=pairing.id,
        send_after=send_after,
    )


def _obstacles(
    session: Session, actor: Actor, ids: Sequence[int | None], second_official_above_fen: int | None
) -> dict[int | None, Obstacle]:
    """The first obstacle of each pairing that has one; the same few queries whatever their number."""
    has_consent = parties.consent_exists(today())
    are_both_open = and_(col(Demand.status) == PostingStatus.OPEN, col(Supply.status) == PostingStatus.OPEN)
    statement = (
        select(Pairing, FinancingNeed.amount_fen, has_consent, are_both_open)
        .join(Demand, col(Demand.id) == Pairing.demand_id)
        .join(Supply, col(Supply.id) == Pairing.supply_id)
        .outerjoin(FinancingNeed, col(FinancingNeed.demand_id) == col(Pairing.demand_id))
        .where(col(Pairing.id).in_(ids))
    )
    tied = tied_organizations(session, actor)
    rows = session.exec(statement).all()
    lenders = capacities(session, today(), supply_ids={pairing.supply_id for pairing, *_ in rows})
    found = {}
    for pairing, amount_fen, is_consented, are_open in rows:
        lender = lenders.get(pairing.supply_id)
        if is_recused(tied, parties.sides(pairing)):
            found[pairing.id] = Obstacle.CONFLICT_OF_INTEREST
        elif pairing.status not in DECIDABLE_PAIRING:
            found[pairing.id] = Obstacle.NOT_DUE
        elif not are_open:
            found[pairing.id] = Obstacle.NOT_OPEN
        elif not is_consented:
            found[pairing.id] = Obstacle.CONSENT_MISSING
        elif second_official_above_fen is not None and (amount_fen or 0) > second_official_above_fen:
            found[pairing.id] = Obstacle.SECOND_OFFICIAL
        elif lender is not None and lender.visit(today(), amount_fen=amount_fen).week is None:
            found[pairing.id] = Obstacle.LENDER_FULL
    return found
