"""What the night found to have changed: one row from the night it was first seen until the night it was gone."""

from datetime import date

from sqlalchemy import Index, text
from sqlmodel import Field

from models.base import Row, required_code
from vocabulary.drift import DriftKind

_LIVE = text("ended_on IS NULL")


class DriftAlarm(Row, table=True):
    """One change. `subject` is the figure or the reason it is about, the market, or empty. Shares lie in [0, 1],
    medians have the unit of their field (fen, months, basis points, per cent, persons)."""

    __tablename__ = "drift_alarm"
    __table_args__ = (
        Index("uq_drift_alarm_live", "kind", "subject", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    )

    kind: DriftKind = required_code(DriftKind)
    subject: str = Field(default="", max_length=40)
    before: float
    after: float
    n_before: int
    n_after: int
    found_on: date
    ended_on: date | None = None
