"""On the day: who came, and what each side says of a meeting. What arrives twice is kept once."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from models.base import now
from models.posting import Demand, Supply
from models.recommendation import PairSignal, Recommendation
from models.roadshow import Roadshow, RoadshowFeedback, RoadshowMeeting, RoadshowParticipant
from vocabulary.classifications import PairingOrigin, ParticipantOrigin, Side, SignalKind
from vocabulary.lifecycles import PARTICIPANT, ROADSHOW, MeetingStatus, ParticipantStatus, RoadshowStatus
from workflows.audit import record
from workflows.calendar import today
from workflows.errors import NotComplete, StepNotAllowed
from workflows.pairings import propose
from workflows.roadshow_participants import seat_walk_in
from workflows.roadshows import require_runs

_ON_THE_DAY = (RoadshowStatus.ANNOUNCED, RoadshowStatus.HELD)
_TOOK_PLACE = (MeetingStatus.PUBLISHED, MeetingStatus.NOTED)


class Kept(StrEnum):
    """What came of something that may arrive twice or late."""

    SAVED = "saved"
    REPEATED = "repeated"
    OLDER = "older"
    """A newer one was there already."""


def check_in(session: Session, actor: Actor, roadshow: Roadshow, row: RoadshowParticipant) -> bool:
    """Note that a participant came; False if somebody had noted it before. One check-in, whoever scans at once.

    Raises NotComplete before the day, StepNotAllowed for who has no seat.
    """
    require_runs(actor, roadshow)
    require_the_day(roadshow)
    if row.status is not ParticipantStatus.ACCEPTED:
        raise StepNotAllowed(noun=PARTICIPANT.noun, current=row.status, wanted=ParticipantStatus.ACCEPTED)
    session.flush()
    statement = (
        update(RoadshowParticipant)
        .where(
            col(RoadshowParticipant.id) == row.id,
            col(RoadshowParticipant.checked_in_at).is_(None),
            col(RoadshowParticipant.status) == ParticipantStatus.ACCEPTED,
        )
        .values(checked_in_at=now(), checked_in_by_id=actor.user_id)
        .execution_options(synchronize_session=False)
    )
    is_first = session.connection().execute(statement).rowcount == 1
    session.refresh(row)
    if is_first:
        record(
            session, actor, "roadshow_checked_in", subject_kind=PARTICIPANT.noun, subject_id=row.id or 0,
            chain_id=roadshow.chain_id,
        )  # fmt: skip
    return is_first


def walk_in(
    session: Session, actor: Actor, roadshow: Roadshow, organization_id: int, *, represented_by: str = ""
) -> RoadshowParticipant:
    """Somebody came without a seat: given one if one is left, and checked in. Raises NoSeatLeft."""
    require_runs(actor, roadshow)
    require_the_day(roadshow)
    row = seat_walk_in(
        session, actor, roadshow, organization_id, origin=ParticipantOrigin.WALK_IN, represented_by=represented_by
    )
    check_in(session, actor, roadshow, row)
    return row


def meeting_of_side(session: Session, actor: Actor, public_id: str) -> tuple[RoadshowMeeting, Side]:
    """A meeting that took place, or is to, and the actor's side of it; NotVisible to everybody else."""
    require(actor, Permission.ATTEND_ROADSHOWS)
    found = session.exec(
        select(RoadshowMeeting, Demand.organization_id, Supply.organization_id)
        .join(Demand, col(Demand.id) == RoadshowMeeting.demand_id)
        .join(Supply, col(Supply.id) == RoadshowMeeting.supply_id)
        .where(RoadshowMeeting.public_id == public_id, col(RoadshowMeeting.status).in_(_TOOK_PLACE))
    ).first()
    if found is None or actor.organization_id is None or actor.organization_id not in found[1:]:
        raise NotVisible
    return found[0], Side.DEMAND if actor.organization_id == found[1] else Side.SUPPLY


def give_feedback(
    session: Session,
    actor: Actor,
    meeting: RoadshowMeeting,
    side: Side,
    *,
    rating: int,
    goes_on: bool,
    note: str,
    key: str,
    typed_at: datetime,
) -> Kept:
    """What one side says of a meeting; said again it corrects the same row, unless it was typed earlier.

    The wish to go on is kept as that side's interest and opens the pairing; a second wish makes it mutual.
    """
    roadshow = session.get_one(Roadshow, meeting.roadshow_id)
    require_the_day(roadshow)
    if not 1 <= rating <= 5:
        raise NotComplete({"rating": "required"})
    values = {
        "rating": rating,
        "goes_on": goes_on,
        "note": note.strip()[:1000],
        "key": key[:64],
        "typed_at": min(typed_at, now()),
        "by_user_id": actor.user_id or 0,
    }
    kept = _keep(session, meeting, side, values)
    if kept is Kept.SAVED:
        record(
            session, actor, "roadshow_feedback_given", subject_kind="roadshow_meeting", subject_id=meeting.id or 0,
            new={"side": side.value}, chain_id=roadshow.chain_id,
        )  # fmt: skip
    if kept is Kept.SAVED:
        _say_interest(session, actor, meeting, side, goes_on=goes_on)
        if goes_on:
            open_pairing(session, actor, meeting)
    return kept


def open_pairing(session: Session, actor: Actor, meeting: RoadshowMeeting) -> bool:
    """Put the pair of a meeting before the office; False if its postings are no longer open."""
    recommendation_id = session.exec(
        select(Recommendation.id).where(
            Recommendation.demand_id == meeting.demand_id,
            Recommendation.supply_id == meeting.supply_id,
            col(Recommendation.superseded_at).is_(None),
        )
    ).first()
    try:
        pairing = propose(
            session,
            actor,
            demand_id=meeting.demand_id,
            supply_id=meeting.supply_id,
            origin=PairingOrigin.ROADSHOW,
            recommendation_id=recommendation_id,
            roadshow_id=meeting.roadshow_id,
        )
    except NotComplete:
        return False
    meeting.pairing_id = pairing.id
    session.flush()
    return True


def require_the_day(roadshow: Roadshow) -> None:
    """Raise unless the roadshow was announced and its day has come."""
    if roadshow.status not in _ON_THE_DAY:
        raise StepNotAllowed(noun=ROADSHOW.noun, current=roadshow.status, wanted=RoadshowStatus.HELD)
    if roadshow.held_on > today():
        raise NotComplete({"held_on": "not_yet"})


def _keep(session: Session, meeting: RoadshowMeeting, side: Side, values: dict[str, Any]) -> Kept:
    """Insert, or correct what the same side said before; of two at once both end in one row, the later typed."""
    present = session.exec(
        select(RoadshowFeedback).where(RoadshowFeedback.meeting_id == meeting.id, RoadshowFeedback.side == side)
    ).first()
    if present is None:
        try:
            with session.begin_nested():
                session.add(RoadshowFeedback(meeting_id=meeting.id or 0, side=side, **values))
                session.flush()
        except IntegrityError:
            return _keep_if_newer(session, meeting, side, values)
        return Kept.SAVED
    if present.key == values["key"]:
        return Kept.REPEATED
    return _keep_if_newer(session, meeting, side, values)


def _keep_if_newer(session: Session, meeting: RoadshowMeeting, side: Side, values: dict[str, Any]) -> Kept:
    statement = (
        update(RoadshowFeedback)
        .where(
            col(RoadshowFeedback.meeting_id) == meeting.id,
            col(RoadshowFeedback.side) == side,
            col(RoadshowFeedback.key) != values["key"],
            col(RoadshowFeedback.typed_at) < values["typed_at"],
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    is_kept = session.connection().execute(statement).rowcount == 1
    session.expire_all()
    if is_kept:
        return Kept.SAVED
    same = session.exec(select(RoadshowFeedback.id).where(RoadshowFeedback.key == values["key"])).first()
    return Kept.OLDER if same is None else Kept.REPEATED


def _say_interest(session: Session, actor: Actor, meeting: RoadshowMeeting, side: Side, *, goes_on: bool) -> None:
    """The wish to go on is this side's interest in the pair, kept once; a later no takes it back."""
    signal = session.exec(
        select(PairSignal).where(
            PairSignal.demand_id == meeting.demand_id,
            PairSignal.supply_id == meeting.supply_id,
            PairSignal.side == side,
            PairSignal.kind == SignalKind.INTEREST,
        )
    ).first()
    if goes_on and signal is None:
        session.add(
            PairSignal(
                demand_id=meeting.demand_id, supply_id=meeting.supply_id, side=side, kind=SignalKind.INTEREST,
                by_user_id=actor.user_id or 0, by_organization_id=actor.organization_id or 0,
            )
        )  # fmt: skip
    elif not goes_on and signal is not None:
        session.delete(signal)
    session.flush()
