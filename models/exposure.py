"""Since when a firm's posting is eligible for somebody, since when it is shown to somebody, and why not."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from models.base import Row, code_column, required_code, time_column
from vocabulary.classifications import Market
from vocabulary.funnel import ExposureCause
from vocabulary.reasons import PairState


class Exposure(Row, table=True):
    """What whole runs found of one firm's posting: a demand on the finance market, a supply on the other.

    `eligible_at` and `shown_at` are first times and are never taken back; the rest is as of `noted_at`.
    """

    __tablename__ = "exposure"
    __table_args__ = (CheckConstraint("(demand_id IS NULL) <> (supply_id IS NULL)", name="one_posting"),)

    market: Market = required_code(Market)
    demand_id: int | None = Field(default=None, foreign_key="demand.id", unique=True)
    supply_id: int | None = Field(default=None, foreign_key="supply.id", unique=True)
    state: PairState = required_code(PairState)
    """The best there is for it at present, a lender without room among them."""
    eligible_at: datetime | None = time_column()
    shown_at: datetime | None = time_column()
    best_rank: int | None = None
    """Its best place in a list of a bank or buyer."""
    cause: ExposureCause | None = code_column(ExposureCause)
    """Why it is eligible and in no list's first places; None where it is, or is not eligible."""
    noted_at: datetime = time_column(default_now=True)
