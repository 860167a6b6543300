"""What one side says of a recommendation: interest, shortlist, dismissal. Each is private to that side."""

from sqlmodel import Session, select

from access.actor import Actor
from access.lookups import own_recommendation
from access.permissions import Permission
from access.rules import NotAllowed, may
from models.base import now
from models.pairing import Pairing
from models.recommendation import PairSignal, Recommendation
from vocabulary.classifications import DeclineReason, PairingOrigin, Side, SignalKind, decline_reasons
from vocabulary.reasons import PairState
from workflows.audit import record
from workflows.errors import NotComplete
from workflows.pairings import propose
from workflows.reference_data import offered

_SIDES_MAY = (Permission.SEE_OWN_RECOMMENDATIONS, Permission.REVIEW_RECOMMENDED_FIRMS)


def express_interest(session: Session, actor: Actor, *, recommendation_public_id: str) -> Pairing:
    """Say yes to a pair: the interest is kept once, a dismissal is taken back and the pairing goes to the office.

    Raises NotComplete if the gates of the pair are closed.
    """
    pair, side = _own_pair(session, actor, recommendation_public_id)
    if pair.state is PairState.CLOSED:
        raise NotComplete({"state": "closed"})
    _set(session, actor, pair, side, SignalKind.INTEREST)
    _unset(session, actor, pair, side, SignalKind.DISMISS)
    return propose(
        session,
        actor,
        demand_id=pair.demand_id,
        supply_id=pair.supply_id,
        origin=PairingOrigin.RECOMMENDATION,
        recommendation_id=pair.id,
    )


def shortlist(session: Session, actor: Actor, *, recommendation_public_id: str) -> None:
    """Mark a pair to come back to."""
    pair, side = _own_pair(session, actor, recommendation_public_id)
    _set(session, actor, pair, side, SignalKind.SHORTLIST)


def unshortlist(session: Session, actor: Actor, *, recommendation_public_id: str) -> None:
    pair, side = _own_pair(session, actor, recommendation_public_id)
    _unset(session, actor, pair, side, SignalKind.SHORTLIST)


def dismiss(session: Session, actor: Actor, *, recommendation_public_id: str, reason: str, note: str = "") -> None:
    """Hide a pair from the own side's lists, with a reason that the other side never sees.

    Interest and shortlist of the same side end; a pairing already before the office does not. Raises NotComplete on a
    code that is missing or belongs to the other market.
    """
    pair, side = _own_pair(session, actor, recommendation_public_id)
    if reason not in offered(session, decline_reasons(pair.market, side)):
        raise NotComplete({"reason": "unknown" if reason else "required"})
    _set(session, actor, pair, side, SignalKind.DISMISS, reason=DeclineReason(reason), note=note)
    _unset(session, actor, pair, side, SignalKind.INTEREST)
    _unset(session, actor, pair, side, SignalKind.SHORTLIST)


def restore(session: Session, actor: Actor, *, recommendation_public_id: str) -> None:
    """Take a dismissal back."""
    pair, side = _own_pair(session, actor, recommendation_public_id)
    _unset(session, actor, pair, side, SignalKind.DISMISS)


def _own_pair(session: Session, actor: Actor, public_id: str) -> tuple[Recommendation, Side]:
    if not any(may(actor, permission) for permission in _SIDES_MAY):
        raise NotAllowed(_SIDES_MAY[0].value)
    return own_recommendation(session, actor, public_id)


def _find(session: Session, pair: Recommendation, side: Side, kind: SignalKind) -> PairSignal | None:
    return session.exec(
        select(PairSignal).where(
            PairSignal.demand_id == pair.demand_id,
            PairSignal.supply_id == pair.supply_id,
            PairSignal.side == side,
            PairSignal.kind == kind,
        )
    ).first()


def _set(
    session: Session,
    actor: Actor,
    pair: Recommendation,
    side: Side,
    kind: SignalKind,
    *,
    reason: DeclineReason | None = None,
    note: str = "",
) -> None:
    """Keep the signal once; said again it changes only the reason."""
    signal = _find(session, pair, side, kind)
    if signal is not None and (signal.reason, signal.note) == (reason, note[:500]):
        return
    if signal is None:
        signal = PairSignal(
            demand_id=pair.demand_id,
            supply_id=pair.supply_id,
            side=side,
            kind=kind,
            by_user_id=actor.user_id or 0,
            by_organization_id=actor.organization_id or 0,
        )
    signal.reason, signal.note, signal.created_at = reason, note[:500], now()
    session.add(signal)
    session.flush()
    _record(session, actor, pair, f"{kind.value}_set", reason=reason.value if reason else "")


def _unset(session: Session, actor: Actor, pair: Recommendation, side: Side, kind: SignalKind) -> None:
    signal = _find(session, pair, side, kind)
    if signal is not None:
        session.delete(signal)
        session.flush()
        _record(session, actor, pair, f"{kind.value}_unset")


def _record(session: Session, actor: Actor, pair: Recommendation, action: str, *, reason: str = "") -> None:
    record(session, actor, action, subject_kind="recommendation", subject_id=pair.id or 0, reason=reason)
