"""What the two sides of each market post: the common columns of demands and supplies."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from models.base import (
    Row,
    evidence_check,
    foreign_key,
    public_id_column,
    required_code,
    status_check,
    status_column,
    time_column,
)
from vocabulary.classifications import Market
from vocabulary.lifecycles import POSTING, PostingStatus


def _constraints(noun: str) -> tuple[CheckConstraint | Index, ...]:
    return (
        status_check(PostingStatus),
        evidence_check("open_was_opened", (PostingStatus.OPEN, PostingStatus.PAUSED), "opened_at"),
        Index(f"ix_{noun}_market_status", "market", "status"),
    )


class Posting(Row):
    """Columns of every demand and supply. `version` grows with each edit; editing an open posting re-recommends it."""

    public_id: str = public_id_column()
    market: Market = required_code(Market)
    organization_id: int = foreign_key("organization.id", nullable=False)
    title: str = Field(max_length=120)
    text: str = Field(default="", max_length=4000)
    chain_id: int | None = foreign_key("chain.id")
    chain_link_id: int | None = foreign_key("chain_link.id")
    region_code: str | None = Field(default=None, max_length=12)
    status: PostingStatus = status_column(POSTING.initial)
    status_changed_at: datetime = time_column(default_now=True)
    opened_at: datetime | None = time_column()
    expires_on: date | None = None
    closed_reason: str | None = Field(default=None, max_length=200)
    version: int = 1
    is_demo: bool = False


class Demand(Posting, table=True):
    """A financing need of an enterprise or a purchase need of a buyer."""

    __tablename__ = "demand"
    __table_args__ = _constraints("demand")


class Supply(Posting, table=True):
    """A loan product of a bank or a product line of an enterprise."""

    __tablename__ = "supply"
    __table_args__ = _constraints("supply")
