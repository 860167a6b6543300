"""Who runs a chain and with whose backing, and what keeps an official from deciding."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.base import Row, foreign_key, public_id_column, required_code, time_column
from vocabulary.chains import OfficePost, TieKind


class ChainBacking(Row, table=True):
    """A chain's backing bureau (后盾单位) and lead bank (一主链一银行)."""

    __tablename__ = "chain_backing"

    chain_id: int = Field(foreign_key="chain.id", unique=True, nullable=False)
    bureau: str = Field(default="", max_length=60)
    lead_bank_id: int | None = foreign_key("organization.id")


class OfficeTerm(Row, table=True):
    """One person in one post of a chain's office, from `starts_on` to `ends_on` inclusive; open while that is null.

    A director is often a city leader without an account, so the name stands here and `user_id` may be null.
    """

    __tablename__ = "office_term"
    __table_args__ = (CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="dates_in_order"),)

    public_id: str = public_id_column()
    chain_id: int = foreign_key("chain.id", nullable=False)
    post: OfficePost = required_code(OfficePost)
    name: str = Field(max_length=80)
    title: str = Field(default="", max_length=80)
    user_id: int | None = foreign_key("user.id")
    seconded_from_id: int | None = foreign_key("organization.id")
    starts_on: date
    ends_on: date | None = None


class DeclaredTie(Row, table=True):
    """A tie of an official to an organization (利益关联). While it is open the official does not decide about it."""

    __tablename__ = "declared_tie"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended_by_somebody"),
        Index(
            "uq_declared_tie_open",
            "user_id",
            "organization_id",
            "kind",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    public_id: str = public_id_column()
    user_id: int = foreign_key("user.id", nullable=False)
    organization_id: int = foreign_key("organization.id", nullable=False)
    kind: TieKind = required_code(TieKind)
    note: str = Field(default="", max_length=500)
    declared_by_id: int = foreign_key("user.id", nullable=False, index=False)
    ended_at: datetime | None = time_column()
    ended_by_id: int | None = foreign_key("user.id", index=False)
    ended_note: str = Field(default="", max_length=500)
