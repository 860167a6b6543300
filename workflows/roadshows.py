"""Roadshows: planned, published, changed in versions, held or cancelled; their sessions."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlmodel import Session, col, or_, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import is_city_level, is_of_own_chain, require, require_rule
from models.base import now
from models.chain import Chain
from models.recommendation import Recommendation
from models.roadshow import Roadshow, RoadshowMeeting, RoadshowParticipant, RoadshowSession, RoadshowVersion
from vocabulary.classifications import MeetingOrigin, PairingOrigin
from vocabulary.lifecycles import ATTENDING, MEETING, ROADSHOW, MeetingStatus, RoadshowStatus
from vocabulary.reasons import PairState
from workflows.audit import record
from workflows.errors import NotComplete, StepNotAllowed
from workflows.notifications import queue_to_members
from workflows.pairings import propose
from workflows.roadshow_bookings import free_meetings, sides, slot_span
from workflows.transitions import advance
from workflows.turns import take_turn
from workflows.versions import require_seen

_MEETINGS_WHILE = frozenset({RoadshowStatus.ANNOUNCED, RoadshowStatus.HELD})
_CHANGEABLE = frozenset({RoadshowStatus.PLANNED, RoadshowStatus.ANNOUNCED})
_PUBLISHED = ("name", "held_on", "starts_at", "ends_at", "venue", "notice", "chain_codes", "seats",
              "meetings_from", "slot_minutes", "n_slots")  # fmt: skip
runs = is_of_own_chain | is_city_level


@dataclass(frozen=True)
class Arrangements:
    """What an office decides about a roadshow. Times are those of Shanghai; the defaults are a day's usual ones."""

    name: str
    held_on: date
    venue: str = ""
    starts_at: time = time(9, 0)
    ends_at: time = time(17, 0)
    notice: str = ""
    chain_codes: tuple[str, ...] = ()
    seats: int = 60
    meetings_from: time = time(14, 0)
    slot_minutes: int = 15
    buffer_minutes: int = 5
    n_slots: int = 8
    n_tables: int = 10

    @property
    def meetings_end(self) -> datetime:
        """When the last slot is over."""
        minutes = self.n_slots * (self.slot_minutes + self.buffer_minutes) - self.buffer_minutes
        return datetime.combine(self.held_on, self.meetings_from) + timedelta(minutes=minutes)


def plan(session: Session, actor: Actor, arrangements: Arrangements, *, chain_id: int | None = None) -> Roadshow:
    """A new roadshow of the official's chain; only the joint office plans one without a chain of its own."""
    require(actor, Permission.RUN_ROADSHOWS)
    _check(session, arrangements, seats_taken=0)
    roadshow = Roadshow(**_values(arrangements), chain_id=chain_id)
    require_rule(actor, runs, roadshow, "plan_roadshow")
    session.add(roadshow)
    session.flush()
    _record(session, actor, roadshow, "roadshow_planned", {"held_on": roadshow.held_on.isoformat()})
    return roadshow


def change(
    session: Session, actor: Actor, roadshow: Roadshow, arrangements: Arrangements, *, seen: str | None = None
) -> list[str]:
    """Change the arrangements; once published this is a new version and those concerned are told what changed.

    Meetings at slots or tables that no longer exist are freed, and their sides told.
    Returns the names of the published facts that changed. Raises NotComplete, StepNotAllowed when held or cancelled,
    ChangedMeanwhile unless the arrangements are those `seen`.
    """
    require_runs(actor, roadshow)
    require_seen(session, roadshow, lambda: arranged(roadshow), seen)
    require_changeable(roadshow)
    _check(session, arrangements, seats_taken=roadshow.seats_taken)
    for name, value in _values(arrangements).items():
        setattr(roadshow, name, value)
    session.flush()
    gone = or_(col(RoadshowMeeting.slot) >= roadshow.n_slots, col(RoadshowMeeting.table_no) > roadshow.n_tables)
    _free_and_tell(session, actor, roadshow, gone, reason="")
    return publish_version(session, actor, roadshow)


def arranged(roadshow: Roadshow) -> dict[str, Any]:
    """The arrangements as they stand."""
    return {name: getattr(roadshow, name) for name in Arrangements.__dataclass_fields__}


def announce(session: Session, actor: Actor, roadshow: Roadshow) -> None:
    """Publish: version 1 of the facts, the public notice, and a message to those invited so far."""
    _advance(session, actor, roadshow, RoadshowStatus.ANNOUNCED)
    publish_version(session, actor, roadshow)
    tell(session, roadshow, attending_ids(session, roadshow), "announced")


def hold(session: Session, actor: Actor, roadshow: Roadshow) -> None:
    _advance(session, actor, roadshow, RoadshowStatus.HELD)


def cancel(session: Session, actor: Actor, roadshow: Roadshow, *, reason: str = "") -> None:
    """Call it off: its meetings are freed and everybody concerned is told, with the reason."""
    was_announced = roadshow.status is RoadshowStatus.ANNOUNCED
    _advance(session, actor, roadshow, RoadshowStatus.CANCELLED, reason=reason)
    free_meetings(session, actor, roadshow, reason=reason)
    if was_announced:
        tell(session, roadshow, attending_ids(session, roadshow), "cancelled", reason=reason)


def add_session(
    session: Session,
    actor: Actor,
    roadshow: Roadshow,
    *,
    title: str,
    room: str,
    starts_at: time,
    minutes: int,
    pitch_places: int = 0,
    holds_meetings: bool = False,
) -> RoadshowSession:
    """A new item of the programme. Raises NotComplete if it leaves the day or its room is taken at that time."""
    require_runs(actor, roadshow)
    take_turn(session, Roadshow, roadshow.id)
    require_changeable(roadshow)
    item = RoadshowSession(
        roadshow_id=roadshow.id or 0,
        title=title.strip(),
        room=room.strip(),
        starts_at=starts_at,
        minutes=minutes,
        pitch_places=pitch_places,
        holds_meetings=holds_meetings,
    )
    _check_session(session, roadshow, item)
    session.add(item)
    session.flush()
    publish_version(session, actor, roadshow)
    return item


def cancel_session(session: Session, actor: Actor, roadshow: Roadshow, public_id: str) -> None:
    """Take an item off the programme; it stays in the history, and those concerned are told.

    Who was to stand on stage in it no longer does; meetings in its time are freed if it held them.
    """
    require_runs(actor, roadshow)
    require_changeable(roadshow)
    item = session.exec(
        select(RoadshowSession).where(
            RoadshowSession.roadshow_id == roadshow.id,
            RoadshowSession.public_id == public_id,
            col(RoadshowSession.cancelled_at).is_(None),
        )
    ).first()
    if item is None:
        raise NotVisible
    item.cancelled_at = now()
    for row in session.exec(select(RoadshowParticipant).where(RoadshowParticipant.pitch_session_id == item.id)).all():
        row.pitch_session_id = None
    session.flush()
    if item.holds_meetings:
        begins, ends = span(item)
        slots = [
            slot for slot in range(roadshow.n_slots)
            if begins <= _minute(slot_span(roadshow, slot)[0].time()) < ends
        ]  # fmt: skip
        _free_and_tell(session, actor, roadshow, col(RoadshowMeeting.slot).in_(slots), reason=item.title)
    _record(session, actor, roadshow, "roadshow_session_cancelled", {"title": item.title})
    publish_version(session, actor, roadshow)


def sessions_of(session: Session, roadshow: Roadshow) -> Sequence[RoadshowSession]:
    """The programme as it stands, in order of time."""
    return session.exec(
        select(RoadshowSession)
        .where(RoadshowSession.roadshow_id == roadshow.id, col(RoadshowSession.cancelled_at).is_(None))
        .order_by(col(RoadshowSession.starts_at), col(RoadshowSession.id))
    ).all()


def publish_version(session: Session, actor: Actor, roadshow: Roadshow) -> list[str]:
    """Keep the published facts as a new version if they differ; from the second on those concerned are told."""
    if roadshow.status is not RoadshowStatus.ANNOUNCED:
        return []
    facts = published_facts(session, roadshow)
    latest = session.exec(
        select(RoadshowVersion)
        .where(RoadshowVersion.roadshow_id == roadshow.id)
        .order_by(col(RoadshowVersion.version).desc())
    ).first()
    changes = [name for name in facts if latest is None or latest.facts.get(name) != facts[name]]
    if not changes:
        return []
    roadshow.version = (latest.version if latest else 0) + 1
    session.add(
        RoadshowVersion(
            roadshow_id=roadshow.id or 0,
            version=roadshow.version,
            facts=facts,
            changes=changes if latest else [],
            published_by_id=actor.user_id,
        )
    )
    session.flush()
    if latest is None:
        return []
    _record(session, actor, roadshow, "roadshow_changed", {"version": roadshow.version, "changes": changes})
    told = [{"name": name, "old": as_words(latest.facts.get(name)), "new": as_words(facts[name])} for name in changes]
    tell(session, roadshow, attending_ids(session, roadshow), "changed", changes=told)
    return changes


def as_words(value: Any) -> str:
    """A published fact on one line; a programme as `09:00 title (room)`."""
    if isinstance(value, list):
        return "；".join(as_words(item) for item in value)
    if isinstance(value, dict):
        return f"{value['starts_at']} {value['title']}" + (f"（{value['room']}）" if value["room"] else "")
    return "" if value is None else str(value)


def add_meeting(
    session: Session, actor: Actor, roadshow: Roadshow, *, demand_id: int, supply_id: int, note: str = ""
) -> RoadshowMeeting:
    """Note that two sides met; opens their pairing, or finds the live one. The same pair meets once a roadshow.

    A pair the engine did not recommend is marked as found by hand.
    """
    require_runs(actor, roadshow)
    if roadshow.status not in _MEETINGS_WHILE:
        raise StepNotAllowed(noun=ROADSHOW.noun, current=roadshow.status, wanted=RoadshowStatus.HELD)
    recommended = session.exec(
        select(Recommendation).where(
            Recommendation.demand_id == demand_id,
            Recommendation.supply_id == supply_id,
            Recommendation.state != PairState.CLOSED,
            col(Recommendation.superseded_at).is_(None),
        )
    ).first()
    pairing = propose(
        session,
        actor,
        demand_id=demand_id,
        supply_id=supply_id,
        origin=PairingOrigin.ROADSHOW if recommended else PairingOrigin.BY_HAND,
        recommendation_id=recommended.id if recommended else None,
        roadshow_id=roadshow.id,
    )
    meeting = session.exec(
        select(RoadshowMeeting).where(
            RoadshowMeeting.roadshow_id == roadshow.id,
            RoadshowMeeting.demand_id == demand_id,
            RoadshowMeeting.supply_id == supply_id,
        )
    ).first() or RoadshowMeeting(
        roadshow_id=roadshow.id or 0,
        demand_id=demand_id,
        supply_id=supply_id,
        origin=MeetingOrigin.FOUND_THERE,
        status=MeetingStatus.NOTED,
    )
    if meeting.status is MeetingStatus.FREED:
        advance(session, actor, MEETING, meeting, MeetingStatus.NOTED, chain_id=roadshow.chain_id)
    meeting.note = note[:1000] or meeting.note
    meeting.pairing_id = pairing.id
    session.add(meeting)
    session.flush()
    return meeting


def roadshow_to_run(session: Session, actor: Actor, public_id: str) -> Roadshow:
    """A roadshow the official runs, or NotVisible."""
    roadshow = session.exec(select(Roadshow).where(Roadshow.public_id == public_id)).first()
    if roadshow is None or not runs(actor, roadshow):
        raise NotVisible
    return roadshow


def require_runs(actor: Actor, roadshow: Roadshow) -> None:
    """Raise NotAllowed unless the actor's office runs this roadshow."""
    require(actor, Permission.RUN_ROADSHOWS)
    require_rule(actor, runs, roadshow, "run_roadshow")


def require_changeable(roadshow: Roadshow) -> None:
    """Raise StepNotAllowed once it was held or cancelled."""
    if roadshow.status not in _CHANGEABLE:
        raise StepNotAllowed(noun=ROADSHOW.noun, current=roadshow.status, wanted=RoadshowStatus.ANNOUNCED)


def attending_ids(session: Session, roadshow: Roadshow) -> list[int]:
    """Organizations that are asked, asking, waiting or coming."""
    return list(
        session.exec(
            select(RoadshowParticipant.organization_id).where(
                RoadshowParticipant.roadshow_id == roadshow.id, col(RoadshowParticipant.status).in_(ATTENDING)
            )
        ).all()
    )


def tell(session: Session, roadshow: Roadshow, organization_ids: Sequence[int], event: str, **values: Any) -> None:
    """One message about the roadshow to each member of the organizations; `event` chooses the words."""
    queue_to_members(
        session,
        organization_ids,
        template="roadshow",
        values={
            "event": event,
            "roadshow": roadshow.public_id,
            "name": roadshow.name,
            "held_on": roadshow.held_on.isoformat(),
            "starts_at": f"{roadshow.starts_at:%H:%M}",
            "venue": roadshow.venue,
            **values,
        },
    )


def _free_and_tell(session: Session, actor: Actor, roadshow: Roadshow, condition: Any, *, reason: str) -> None:
    freed = free_meetings(session, actor, roadshow, condition, reason=reason)
    told = {organization for meeting in freed for organization in sides(session, meeting)}
    if told:
        tell(session, roadshow, sorted(told), "meeting_freed", reason=reason)


def _values(arrangements: Arrangements) -> dict[str, Any]:
    return asdict(arrangements) | {
        "name": arrangements.name.strip(),
        "venue": arrangements.venue.strip(),
        "chain_codes": list(arrangements.chain_codes),
    }


def _check(session: Session, asked: Arrangements, *, seats_taken: int) -> None:
    problems = {}
    if not asked.name.strip():
        problems["name"] = "required"
    if asked.starts_at >= asked.ends_at:
        problems["ends_at"] = "before_start"
    if asked.seats < max(1, seats_taken):
        problems["seats"] = "taken"
    if asked.slot_minutes < 1:
        problems["slot_minutes"] = "required"
    elif asked.n_slots and (
        asked.meetings_from < asked.starts_at or asked.meetings_end > datetime.combine(asked.held_on, asked.ends_at)
    ):
        problems["n_slots"] = "outside_the_day"
    known = set(session.exec(select(Chain.code)).all())
    if not set(asked.chain_codes) <= known:
        problems["chain_codes"] = "unknown"
    if problems:
        raise NotComplete(problems)


def _check_session(session: Session, roadshow: Roadshow, item: RoadshowSession) -> None:
    problems = {}
    starts, ends = span(item)
    if not item.title:
        problems["title"] = "required"
    if item.minutes < 1 or starts < _minute(roadshow.starts_at) or ends > _minute(roadshow.ends_at):
        problems["starts_at"] = "outside_the_day"
    for other in sessions_of(session, roadshow):
        other_starts, other_ends = span(other)
        if item.room and other.room == item.room and starts < other_ends and other_starts < ends:
            problems["room"] = "taken"
    if problems:
        raise NotComplete(problems)


def span(item: RoadshowSession) -> tuple[int, int]:
    """Beginning and end of a session in minutes of the day."""
    starts = _minute(item.starts_at)
    return starts, starts + item.minutes


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def published_facts(session: Session, roadshow: Roadshow) -> dict[str, Any]:
    """What a version keeps: plain values, ready for the notice."""
    facts: dict[str, Any] = {name: _plain(getattr(roadshow, name)) for name in _PUBLISHED}
    facts["sessions"] = [
        {"title": row.title, "room": row.room, "starts_at": f"{row.starts_at:%H:%M}", "minutes": row.minutes}
        for row in sessions_of(session, roadshow)
    ]
    return facts


def _plain(value: Any) -> Any:
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return value.isoformat() if isinstance(value, date) else value


def _record(session: Session, actor: Actor, roadshow: Roadshow, action: str, new: dict[str, Any]) -> None:
    record(
        session,
        actor,
        action,
        subject_kind=ROADSHOW.noun,
        subject_id=roadshow.id or 0,
        new=new,
        chain_id=roadshow.chain_id,
    )


def _advance(session: Session, actor: Actor, roadshow: Roadshow, target: RoadshowStatus, *, reason: str = "") -> None:
    require_runs(actor, roadshow)
    advance(session, actor, ROADSHOW, roadshow, target, reason=reason, chain_id=roadshow.chain_id)
