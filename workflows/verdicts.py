"""The office's verdicts on pairings, and what happens when the hold time is over."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from access import parties
from access.actor import SYSTEM, Actor
from access.permissions import Permission
from access.rules import require, require_rule
from models.base import now
from models.financing_need import FinancingNeed
from models.pairing import Consent, Pairing
from models.posting import Demand, Supply
from models.recommendation import PairSignal
from vocabulary.classifications import SignalKind, VerdictReason
from vocabulary.lifecycles import PAIRING, PairingStatus
from workflows import approvals, capacity, clocks, consents, releases
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
    """Who showed the counterpart's interest; of one pair and side there is one at most."""
    return session.exec(
        select(PairSignal.by_user_id).where(
            PairSignal.demand_id == pairing.demand_id,
            PairSignal.supply_id == pairing.supply_id,
            PairSignal.side == parties.counterpart_side(pairing.market),
            PairSignal.kind == SignalKind.INTEREST,
        )
    ).one_or_none()


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
