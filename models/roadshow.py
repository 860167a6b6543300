"""Roadshows and the meetings held at them."""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Row, foreign_key, public_id_column, status_check, status_column, time_column
from vocabulary.lifecycles import ROADSHOW, RoadshowStatus


class Roadshow(Row, table=True):
    """One event of one chain, or of all (no chain)."""

    __tablename__ = "roadshow"
    __table_args__ = (status_check(RoadshowStatus),)

    public_id: str = public_id_column()
    name: str = Field(max_length=120)
    venue: str = Field(default="", max_length=120)
    held_on: date
    chain_id: int | None = foreign_key("chain.id")
    status: RoadshowStatus = status_column(ROADSHOW.initial)
    status_changed_at: datetime = time_column(default_now=True)
    is_demo: bool = False


class RoadshowMeeting(Row, table=True):
    """A demand's and a supply's people met at a roadshow; `pairing_id` is the pairing it opened."""

    __tablename__ = "roadshow_meeting"
    __table_args__ = (UniqueConstraint("roadshow_id", "demand_id", "supply_id"),)

    roadshow_id: int = foreign_key("roadshow.id", nullable=False)
    demand_id: int = foreign_key("demand.id", nullable=False)
    supply_id: int = foreign_key("supply.id", nullable=False)
    note: str = Field(default="", max_length=1000)
    pairing_id: int | None = foreign_key("pairing.id")
