"""Slots and tables of a roadshow: times, booking, freeing. The database refuses a double booking."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, or_, select

from access.actor import Actor
from models.roadshow import Roadshow, RoadshowBooking, RoadshowMeeting, RoadshowParticipant
from vocabulary.lifecycles import MEETING, SCHEDULED, MeetingStatus
from workflows.calendar import SHANGHAI
from workflows.transitions import advance


def slot_span(roadshow: Roadshow, slot: int) -> tuple[datetime, datetime]:
    """Beginning and end of a slot, in Shanghai; slots count from 0."""
    first = datetime.combine(roadshow.held_on, roadshow.meetings_from, SHANGHAI)
    begins = first + timedelta(minutes=slot * (roadshow.slot_minutes + roadshow.buffer_minutes))
    return begins, begins + timedelta(minutes=roadshow.slot_minutes)


def book(session: Session, meeting: RoadshowMeeting, *, slot: int, table_no: int) -> None:
    """Give a meeting its slot and table, and both sides their booking. Raises IntegrityError if one is taken."""
    unbook(session, meeting)
    meeting.slot, meeting.table_no = slot, table_no
    session.add(meeting)
    session.flush()
    for participant_id in (meeting.demand_participant_id, meeting.supply_participant_id):
        session.add(RoadshowBooking(meeting_id=meeting.id or 0, participant_id=participant_id or 0, slot=slot))
    session.flush()


def unbook(session: Session, meeting: RoadshowMeeting) -> None:
    session.flush()
    session.connection().execute(delete(RoadshowBooking).where(col(RoadshowBooking.meeting_id) == meeting.id))


def free_meetings(
    session: Session, actor: Actor, roadshow: Roadshow, *conditions: Any, reason: str
) -> Sequence[RoadshowMeeting]:
    """Free the scheduled meetings that fit the conditions; returns those that were published, to be told about.

    Rows are kept as freed; slot, table and bookings are open again.
    """
    found = session.exec(
        select(RoadshowMeeting).where(
            RoadshowMeeting.roadshow_id == roadshow.id, col(RoadshowMeeting.status).in_(SCHEDULED), *conditions
        )
    ).all()
    published = [meeting for meeting in found if meeting.status is MeetingStatus.PUBLISHED]
    for meeting in found:
        unbook(session, meeting)
        advance(session, actor, MEETING, meeting, MeetingStatus.FREED, reason=reason, chain_id=roadshow.chain_id)
    return published


def of_participant(participant_id: int | None) -> Any:
    """Condition: meetings in which a participant is one of the two sides."""
    return or_(
        col(RoadshowMeeting.demand_participant_id) == participant_id,
        col(RoadshowMeeting.supply_participant_id) == participant_id,
    )


def sides(session: Session, meeting: RoadshowMeeting) -> list[int]:
    """Organization ids of both sides."""
    return list(
        session.exec(
            select(RoadshowParticipant.organization_id).where(
                col(RoadshowParticipant.id).in_((meeting.demand_participant_id, meeting.supply_participant_id))
            )
        ).all()
    )
