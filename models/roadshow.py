"""Roadshows: what is planned and published, who takes part, and the meetings held at them."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
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
from vocabulary.classifications import ParticipantOrigin
from vocabulary.lifecycles import PARTICIPANT, ROADSHOW, ParticipantStatus, RoadshowStatus

_P = ParticipantStatus


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
    cancelled_at: datetime | None = time_column()


class RoadshowParticipant(Row, table=True):
    """One organization at a roadshow: at most one row per organization, whatever it answered before."""

    __tablename__ = "roadshow_participant"
    __table_args__ = (
        UniqueConstraint("roadshow_id", "organization_id"),
        status_check(ParticipantStatus),
        evidence_check("waiting_has_time", (_P.WAITING,), "waiting_since"),
        evidence_check("refused_has_note", (_P.REFUSED,), "note"),
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
    status: ParticipantStatus = status_column(PARTICIPANT.initial)
    status_changed_at: datetime = time_column(default_now=True)


class RoadshowMeeting(Row, table=True):
    """A demand's and a supply's people met at a roadshow; `pairing_id` is the pairing it opened."""

    __tablename__ = "roadshow_meeting"
    __table_args__ = (UniqueConstraint("roadshow_id", "demand_id", "supply_id"),)

    roadshow_id: int = foreign_key("roadshow.id", nullable=False)
    demand_id: int = foreign_key("demand.id", nullable=False)
    supply_id: int = foreign_key("supply.id", nullable=False)
    note: str = Field(default="", max_length=1000)
    pairing_id: int | None = foreign_key("pairing.id")
