"""Opening a pairing, and what its two sides and the office may do to it besides the verdict."""

from sqlalchemy import exists
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from access import parties
from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import NotAllowed, is_city_level, is_counterpart, is_of_own_chain, may, require, require_rule
from models.base import now
from models.firm_profile import FirmProfile
from models.organization import Organization, User
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.recommendation import PairSignal
from vocabulary.classifications import FIRM_SIDE, DeclineReason, PairingOrigin, Side, SignalKind
from vocabulary.lifecycles import LIVE_PAIRING, PAIRING, PairingStatus, PostingStatus
from workflows import blind_pairs, joint_cases
from workflows.audit import record
from workflows.errors import NotComplete
from workflows.notifications import cancel_messages
from workflows.recusals import require_free
from workflows.transitions import advance
from workflows.turns import take_turn

decides_for_chain = is_of_own_chain | is_city_level
_SIDES_MAY = (Permission.SEE_OWN_RECOMMENDATIONS, Permission.REVIEW_RECOMMENDED_FIRMS)


def propose(
    session: Session,
    actor: Actor,
    *,
    demand_id: int,
    supply_id: int,
    origin: PairingOrigin,
    recommendation_id: int | None = None,
    roadshow_id: int | None = None,
) -> Pairing:
    """Put a pair before the office; a live pairing of the same pair is returned instead of a second one.

    `is_mutual` rises when both sides have shown interest, by signal or by proposing.
    Raises NotComplete if a posting is not open, the market differs or no chain is responsible; NotVisible if the
    actor is neither a side nor the office.
    """
    wanted = _wanted(session, demand_id, supply_id, origin, recommendation_id, roadshow_id)
    _require_may_propose(actor, wanted)
    pairing = live_pairing(session, demand_id, supply_id) or _insert(session, actor, wanted)
    if not pairing.is_mutual and _interested_sides(session, actor, pairing) == set(Side):
        pairing.is_mutual = True
        session.flush()
    return pairing


def propose_agreed(
    session: Session,
    actor: Actor,
    *,
    demand_id: int,
    supply_id: int,
    origin: PairingOrigin,
    recommendation_id: int | None = None,
) -> Pairing:
    """Put a pair before the office that both sides agreed to elsewhere, whoever spoke last; raises as `propose`."""
    wanted = _wanted(session, demand_id, supply_id, origin, recommendation_id, None)
    pairing = live_pairing(session, demand_id, supply_id) or _insert(session, actor, wanted)
    pairing.is_mutual = True
    session.flush()
    return pairing


def live_pairing(session: Session, demand_id: int, supply_id: int) -> Pairing | None:
    """The one live pairing of a pair, if there is one."""
    return session.exec(
        select(Pairing).where(
            Pairing.demand_id == demand_id, Pairing.supply_id == supply_id, col(Pairing.status).in_(LIVE_PAIRING)
        )
    ).first()


def resubmit(session: Session, actor: Actor, pairing: Pairing, *, note: str = "") -> None:
    """A side has completed what the office asked for: back to the queue, at its old place.

    Not while another pairing of the same two is live: StepNotAllowed, as for a step that was overtaken.
    """
    _require_side(actor, pairing)
    other = aliased(Pairing)
    is_alone = ~exists().where(
        col(other.demand_id) == pairing.demand_id,
        col(other.supply_id) == pairing.supply_id,
        col(other.status).in_(LIVE_PAIRING),
        col(other.id) != pairing.id,
    )
    advance(
        session, actor, PAIRING, pairing, PairingStatus.PROPOSED, reason=note, chain_id=pairing.chain_id,
        provided=is_alone,
    )  # fmt: skip


def withdraw(session: Session, actor: Actor, pairing: Pairing, *, note: str = "") -> None:
    """A side no longer wants it. Messages that wait are cancelled."""
    _require_side(actor, pairing)
    cancel_messages(session, actor, pairing.id or 0)
    advance(
        session,
        actor,
        PAIRING,
        pairing,
        PairingStatus.WITHDRAWN,
        reason=note,
        chain_id=pairing.chain_id,
        ended_note=note[:500] or None,
    )
    joint_cases.tell_pairing_ended(session, actor, pairing)


def decline(session: Session, actor: Actor, pairing: Pairing, *, reason: DeclineReason, note: str = "") -> None:
    """The counterpart ends an introduced case with a reason; the reason is remembered against the same pair."""
    require(actor, Permission.RECORD_CASE_STEPS)
    if actor.organization_id != parties.counterpart_id(pairing):
        raise NotAllowed("decline")
    advance(
        session,
        actor,
        PAIRING,
        pairing,
        PairingStatus.DECLINED,
        reason=reason.value,
        chain_id=pairing.chain_id,
        decline_reason=reason,
        ended_note=note[:500] or None,
    )
    _remember_refusal(session, actor, pairing, reason, note)
    joint_cases.tell_pairing_ended(session, actor, pairing)


def revoke(session: Session, actor: Actor, pairing: Pairing, *, note: str) -> None:
    """The office ends a confirmed or introduced pairing; reading of the dossier ends with it."""
    require(actor, Permission.DECIDE_PAIRINGS)
    require_rule(actor, decides_for_chain, pairing, "revoke")
    require_free(session, actor, parties.sides(pairing), chain_id=pairing.chain_id)
    if not note.strip():
        raise NotComplete({"note": "required"})
    cancel_messages(session, actor, pairing.id or 0)
    advance(
        session,
        actor,
        PAIRING,
        pairing,
        PairingStatus.REVOKED,
        reason=note,
        chain_id=pairing.chain_id,
        verdict_note=note[:1000],
    )
    joint_cases.tell_pairing_ended(session, actor, pairing)


def take_charge(session: Session, actor: Actor, pairing: Pairing) -> None:
    """An officer or buyer of the counterpart is named to the firm as the one who will call."""
    require(actor, Permission.RECORD_CASE_STEPS)
    if actor.organization_id != parties.counterpart_id(pairing):
        raise NotAllowed("take_charge")
    take_turn(session, Pairing, pairing.id)
    old, pairing.handled_by_id = pairing.handled_by_id, actor.user_id
    before = session.get(User, old) if old is not None else None
    session.flush()
    record(
        session,
        actor,
        "pairing_handler_named",
        subject_kind=PAIRING.noun,
        subject_id=pairing.id or 0,
        old={"handled_by_id": old},
        new={"handled_by_id": actor.user_id},
        reason=f"{before.full_name if before else '—'} → {actor.name}",
        chain_id=pairing.chain_id,
        visible_to_organization_id=parties.firm_id(pairing),
    )


def _wanted(
    session: Session,
    demand_id: int,
    supply_id: int,
    origin: PairingOrigin,
    recommendation_id: int | None,
    roadshow_id: int | None,
) -> Pairing:
    """The pairing of two open postings, not yet stored."""
    demand, supply = session.get(Demand, demand_id), session.get(Supply, supply_id)
    if demand is None or supply is None:
        raise NotVisible
    _require_open_pair(demand, supply)
    return Pairing(
        market=demand.market,
        demand_id=demand_id,
        supply_id=supply_id,
        demand_organization_id=demand.organization_id,
        supply_organization_id=supply.organization_id,
        chain_id=responsible_chain(session, demand, supply),
        recommendation_id=recommendation_id,
        roadshow_id=roadshow_id,
        origin=origin,
        is_blind=recommendation_id is not None and blind_pairs.draw(),
    )


def _require_open_pair(demand: Demand, supply: Supply) -> None:
    problems = {}
    if demand.status is not PostingStatus.OPEN:
        problems["demand_id"] = "not_open"
    if supply.status is not PostingStatus.OPEN:
        problems["supply_id"] = "not_open"
    elif supply.market is not demand.market:
        problems["supply_id"] = "other_market"
    elif supply.organization_id == demand.organization_id:
        problems["supply_id"] = "own"
    if problems:
        raise NotComplete(problems)


def require_open(session: Session, pairing: Pairing) -> None:
    """Raise NotComplete unless both postings are open; they stay so until the transaction ends."""
    for model, row_id in ((Demand, pairing.demand_id), (Supply, pairing.supply_id)):
        if take_turn(session, model, row_id).status is not PostingStatus.OPEN:
            raise NotComplete({"postings": "not_open"})


def responsible_chain(session: Session, demand: Demand, supply: Supply) -> int:
    """The chain of the firm: as verified, as its posting says, or that of the office that checks it."""
    posting = demand if FIRM_SIDE[demand.market] is Side.DEMAND else supply
    verified = session.exec(
        select(FirmProfile.chain_id).where(FirmProfile.organization_id == posting.organization_id)
    ).first()
    organization = session.get(Organization, posting.organization_id)
    chain_id = verified or posting.chain_id or (organization.chain_id if organization else None)
    if chain_id is None:
        raise NotComplete({"chain_id": "missing"})
    return chain_id


def _require_may_propose(actor: Actor, pairing: Pairing) -> None:
    if is_counterpart(actor, pairing):
        _require_side(actor, pairing)
    else:
        require(actor, Permission.DECIDE_PAIRINGS)
        if not decides_for_chain(actor, pairing):
            raise NotVisible


def _require_side(actor: Actor, pairing: Pairing) -> None:
    """The actor speaks for one of the two sides, of an organization that was verified."""
    require_rule(actor, is_counterpart, pairing, "side_of_pairing")
    if not actor.is_verified:
        raise NotAllowed("verified_organization")
    if not any(may(actor, permission) for permission in _SIDES_MAY):
        raise NotAllowed(_SIDES_MAY[0].value)


def _insert(session: Session, actor: Actor, pairing: Pairing) -> Pairing:
    """Insert, or return the twin that somebody inserted at the same moment."""
    try:
        with session.begin_nested():
            session.add(pairing)
            session.flush()
    except IntegrityError:
        twin = live_pairing(session, pairing.demand_id, pairing.supply_id)
        if twin is None:
            raise
        return twin
    record(
        session,
        actor,
        "pairing_proposed",
        subject_kind=PAIRING.noun,
        subject_id=pairing.id or 0,
        new={"status": pairing.status.value, "origin": pairing.origin.value},
        chain_id=pairing.chain_id,
    )
    joint_cases.open_for_pairing(session, pairing)
    return pairing


def _interested_sides(session: Session, actor: Actor, pairing: Pairing) -> set[Side]:
    signals = session.exec(
        select(PairSignal).where(
            PairSignal.demand_id == pairing.demand_id,
            PairSignal.supply_id == pairing.supply_id,
            PairSignal.kind == SignalKind.INTEREST,
        )
    )
    sides = {signal.side for signal in signals}
    if actor.organization_id == pairing.demand_organization_id:
        sides.add(Side.DEMAND)
    if actor.organization_id == pairing.supply_organization_id:
        sides.add(Side.SUPPLY)
    return sides


def _remember_refusal(session: Session, actor: Actor, pairing: Pairing, reason: DeclineReason, note: str) -> None:
    """Keep the refusal as the counterpart's dismissal of the pair, which later recommendations respect."""
    side = parties.counterpart_side(pairing.market)
    signal = session.exec(
        select(PairSignal).where(
            PairSignal.demand_id == pairing.demand_id,
            PairSignal.supply_id == pairing.supply_id,
            PairSignal.side == side,
            PairSignal.kind == SignalKind.DISMISS,
        )
    ).first()
    if signal is None:
        signal = PairSignal(
            demand_id=pairing.demand_id,
            supply_id=pairing.supply_id,
            side=side,
            kind=SignalKind.DISMISS,
            by_user_id=actor.user_id or 0,
            by_organization_id=parties.counterpart_id(pairing),
        )
    signal.reason, signal.note, signal.created_at = reason, note[:500], now()
    session.add(signal)
    session.flush()
