"""Roadshows: what is planned and published, who takes part, and the meetings held at them."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from models.base import (
    Row,
    evidence_check,
    foreign_key,
    json_column,
    public_id_column,
    required_code,
    status_check,
    status_column,
    time_column,
)
from vocabulary.classifications import MeetingOrigin, ParticipantOrigin, Side, StageChoice, WishKind
from vocabulary.lifecycles import MEETING, PARTICIPANT, ROADSHOW, MeetingStatus, ParticipantStatus, RoadshowStatus

_P = ParticipantStatus
_SCHEDULED = text("status IN ('provisional', 'published')")


class Roadshow(Row, table=True):
    """One event of one chain's office, or of the joint office (no chain). Times of day are those of Shanghai.

    `seats_taken` counts organizations with a seat; the CHECK keeps the last seat from being given twice.
    """

    __tablename__ = "roadshow"
    __table_args__ = (
        status_check(RoadshowStatus),
        CheckConstraint("seats_taken >= 0 AND seats_taken <= seats", name="seats_not_oversold"),
        CheckConstraint("slot_minutes > 0 AND buffer_minutes >= 0 AND n_slots >= 0 AND n_tables >= 0", name="slots"),
        CheckConstraint("starts_at < ends_at", name="starts_before_it_ends"),
    )

    public_id: str = public_id_column()
    name: str = Field(max_length=120)
    venue: str = Field(default="", max_length=120)
    held_on: date
    starts_at: time = time(9, 0)
    ends_at: time = time(17, 0)
    notice: str = Field(default="", max_length=4000)
    """What the public notice says."""
    chain_id: int | None = foreign_key("chain.id")
    """The chain whose office runs it."""
    chain_codes: list[str] = json_column(list)
    """The chains it is for."""
    seats: int = 60
    seats_taken: int = 0
    meetings_from: time = time(14, 0)
    slot_minutes: int = 15
    buffer_minutes: int = 5
    """Between two slots: time to change tables."""
    n_slots: int = 8
    n_tables: int = 10
    version: int = 0
    """The newest published version; 0 before publication."""
    plan: dict[str, Any] | None = json_column()
    """What the last planning of meetings reached and whom it could not serve, with the cause."""
    status: RoadshowStatus = status_column(ROADSHOW.initial)
    status_changed_at: datetime = time_column(default_now=True)
    is_demo: bool = False


class RoadshowVersion(Row, table=True):
    """What was published, and what changed against the version before. The public notice reads only this."""

    __tablename__ = "roadshow_version"
    __table_args__ = (UniqueConstraint("roadshow_id", "version"),)

    roadshow_id: int = foreign_key("roadshow.id", nullable=False)
    version: int
    facts: dict[str, Any] = json_column(dict)
    changes: list[str] = json_column(list)
    """Names of the facts that differ from the version before."""
    published_by_id: int | None = foreign_key("user.id", index=False)


class RoadshowSession(Row, table=True):
    """One item of the programme in one room; `pitch_places` firms present themselves in it."""

    __tablename__ = "roadshow_session"
    __table_args__ = (
        CheckConstraint("minutes > 0 AND pitch_places >= 0", name="length_and_places"),
    )  # fmt: skip

    public_id: str = public_id_column()
    roadshow_id: int = foreign_key("roadshow.id", nullable=False)
    title: str = Field(max_length=120)
    room: str = Field(default="", max_length=60)
    starts_at: time
    minutes: int = 60
    pitch_places: int = 0
    holds_meetings: bool = False
    """The one-to-one meetings take place in it: cancelling it frees those in its time."""
    cancelled_at: datetime | None = time_column()


class RoadshowParticipant(Row, table=True):
    """One organization at a roadshow: at most one row per organization, whatever it answered before."""

    __tablename__ = "roadshow_participant"
    __table_args__ = (
        UniqueConstraint("roadshow_id", "organization_id"),
        status_check(ParticipantStatus),
        evidence_check("waiting_has_time", (_P.WAITING,), "waiting_since"),
        evidence_check("refused_has_note", (_P.REFUSED,), "note"),
        CheckConstraint(
            "min_meetings >= 0 AND (max_meetings IS NULL OR max_meetings >= min_meetings)", name="meetings"
        ),
        CheckConstraint("checked_in_at IS NULL OR checked_in_by_id IS NOT NULL", name="checked_in_by_somebody"),
    )

    public_id: str = public_id_column()
    roadshow_id: int = foreign_key("roadshow.id", nullable=False)
    organization_id: int = foreign_key("organization.id", nullable=False)
    origin: ParticipantOrigin = required_code(ParticipantOrigin)
    represented_by: str = Field(default="", max_length=120)
    """Who comes, as the organization says."""
    note: str | None = Field(default=None, max_length=500)
    """The office's reason for a refusal, or the applicant's words."""
    waiting_since: datetime | None = time_column()
    unavailable_slots: list[int] = json_column(list)
    min_meetings: int = 0
    max_meetings: int | None = None
    """No limit but the slots if None."""
    pitch_session_id: int | None = foreign_key("roadshow_session.id")
    """On stage in this session."""
    deck_url: str = Field(default="", max_length=300)
    deck_text: str = Field(default="", max_length=2000)
    """What the firm presents; kept for its next roadshow."""
    checked_in_at: datetime | None = time_column()
    checked_in_by_id: int | None = foreign_key("user.id", index=False)
    status: ParticipantStatus = status_column(PARTICIPANT.initial)
    status_changed_at: datetime = time_column(default_now=True)


class RoadshowWish(Row, table=True):
    """Whom a participant wants to meet, or on no account; the other never learns of it."""

    __tablename__ = "roadshow_wish"
    __table_args__ = (
        UniqueConstraint("from_id", "to_id"),
        CheckConstraint("from_id <> to_id", name="of_another"),
    )

    from_id: int = foreign_key("roadshow_participant.id", nullable=False)
    to_id: int = foreign_key("roadshow_participant.id", nullable=False)
    kind: WishKind = required_code(WishKind)


class RoadshowStageChoice(Row, table=True):
    """An official wants a firm on stage, or not on stage, whatever the proposal says."""

    __tablename__ = "roadshow_stage_choice"
    __table_args__ = (UniqueConstraint("roadshow_id", "organization_id"),)

    roadshow_id: int = foreign_key("roadshow.id", nullable=False)
    organization_id: int = foreign_key("organization.id", nullable=False)
    kind: StageChoice = required_code(StageChoice)


class RoadshowMeeting(Row, table=True):
    """People of a demand and of a supply meet at a roadshow; `pairing_id` is the pairing that came of it.

    A scheduled meeting has its participants, slot and table, and two bookings; one noted afterwards has none of them.
    """

    __tablename__ = "roadshow_meeting"
    __table_args__ = (
        UniqueConstraint("roadshow_id", "demand_id", "supply_id"),
        status_check(MeetingStatus),
        CheckConstraint(
            "status NOT IN ('provisional', 'published') OR (slot IS NOT NULL AND table_no IS NOT NULL AND "
            "demand_participant_id IS NOT NULL AND supply_participant_id IS NOT NULL)",
            name="scheduled_has_place",
        ),
        Index("uq_roadshow_meeting_table", "roadshow_id", "slot", "table_no", unique=True,
              sqlite_where=_SCHEDULED, postgresql_where=_SCHEDULED),
    )  # fmt: skip

    public_id: str = public_id_column()
    roadshow_id: int = foreign_key("roadshow.id", nullable=False)
    demand_id: int = foreign_key("demand.id", nullable=False)
    supply_id: int = foreign_key("supply.id", nullable=False)
    demand_participant_id: int | None = foreign_key("roadshow_participant.id")
    supply_participant_id: int | None = foreign_key("roadshow_participant.id")
    slot: int | None = None
    table_no: int | None = None
    origin: MeetingOrigin = required_code(MeetingOrigin)
    fit: float | None = None
    """The engine's score when it was planned; None for a pair the engine did not propose."""
    note: str = Field(default="", max_length=1000)
    pairing_id: int | None = foreign_key("pairing.id")
    status: MeetingStatus = status_column(MEETING.initial)
    status_changed_at: datetime = time_column(default_now=True)


class RoadshowBooking(Row, table=True):
    """One participant's slot: the UNIQUE is why nobody sits at two tables at once."""

    __tablename__ = "roadshow_booking"
    __table_args__ = (UniqueConstraint("participant_id", "slot"),)

    meeting_id: int = foreign_key("roadshow_meeting.id", nullable=False)
    participant_id: int = foreign_key("roadshow_participant.id", nullable=False)
    slot: int


class RoadshowFeedback(Row, table=True):
    """What one side says of a meeting: one row per side, corrected in place.

    `key` is made by the phone when the note is typed; a note that arrives twice, or after a newer one, changes nothing.
    """

    __tablename__ = "roadshow_feedback"
    __table_args__ = (
        UniqueConstraint("meeting_id", "side"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
    )

    meeting_id: int = foreign_key("roadshow_meeting.id", nullable=False)
    side: Side = required_code(Side)
    rating: int
    goes_on: bool
    note: str = Field(default="", max_length=1000)
    by_user_id: int = foreign_key("user.id", nullable=False, index=False)
    key: str = Field(max_length=64, unique=True)
    typed_at: datetime = time_column(default_now=True)


class RoadshowQuestion(Row, table=True):
    """A question to a firm that presented itself; kept and shown at its next roadshow."""

    __tablename__ = "roadshow_question"

    public_id: str = public_id_column()
    participant_id: int = foreign_key("roadshow_participant.id", nullable=False)
    asked_by_organization_id: int = foreign_key("organization.id", nullable=False, index=False)
    text: str = Field(max_length=500)
    answer: str | None = Field(default=None, max_length=1000)
    key: str = Field(max_length=64, unique=True)


class RoadshowReport(Row, table=True):
    """A report as it was when somebody froze it: all its rows and figures as data, in no language."""

    __tablename__ = "roadshow_report"

    public_id: str = public_id_column()
    roadshow_id: int = foreign_key("roadshow.id", nullable=False)
    facts: dict[str, Any] = json_column(dict)
    note: str = Field(default="", max_length=200)
    frozen_by_id: int | None = foreign_key("user.id", index=False)
    frozen_by_name: str = Field(max_length=80)
