"""Which firm sits on which link, how that is known, and since when."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.base import Row, code_column, foreign_key, json_column, required_code, time_column
from vocabulary.chains import FirmStanding
from vocabulary.classifications import ChainPlacement


class FirmPlacement(Row, table=True):
    """A firm on a link from `created_at` until `ended_at`; a change ends the row and begins another.

    So the rows say for every past moment who sat where. A firm may sit on several links, once on each.
    """

    __tablename__ = "firm_placement"
    __table_args__ = (
        CheckConstraint("kind <> 'guessed' OR score IS NOT NULL", name="guess_has_score"),
        CheckConstraint("kind = 'confirmed' OR standing = 'ordinary'", name="only_confirmed_lead"),
        Index(
            "uq_firm_placement_present",
            "organization_id",
            "chain_link_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_firm_placement_link_present", "chain_link_id", "ended_at"),
    )

    organization_id: int = foreign_key("organization.id", nullable=False)
    chain_link_id: int = foreign_key("chain_link.id", nullable=False, index=False)
    kind: ChainPlacement = required_code(ChainPlacement)
    standing: FirmStanding = code_column(FirmStanding, default=FirmStanding.ORDINARY)
    standing_on: date | None = None
    """Since when the office names it leader or backbone firm, or no longer."""
    standing_why: str = Field(default="", max_length=500)
    score: float | None = None
    """Of a guess, in [0, 1]."""
    reasons: list[dict[str, Any]] = json_column(list)
    """Of a guess: `matchmaking.placement.Reason` as dicts."""
    by_id: int | None = foreign_key("user.id", index=False)
    ended_at: datetime | None = time_column()
    ended_by_id: int | None = foreign_key("user.id", index=False)
