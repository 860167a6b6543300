"""Several suppliers for one need (拼量): the group that was asked, and what each member said of its share."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from models.base import (
    Row,
    code_column,
    evidence_check,
    foreign_key,
    public_id_column,
    status_check,
    status_column,
    time_column,
)
from vocabulary.classifications import GroupEnd
from vocabulary.lifecycles import SUPPLIER_GROUP, SUPPLIER_SHARE, SupplierGroupStatus, SupplierShareStatus

_G, _H = SupplierGroupStatus, SupplierShareStatus
_IS_ASKED = text("status = 'asked'")


class SupplierGroup(Row, table=True):
    """A group that was asked to cover a need. Of one need at most one group is being asked at a time."""

    __tablename__ = "supplier_group"
    __table_args__ = (
        status_check(SupplierGroupStatus),
        evidence_check("ended_has_reason", (_G.ENDED,), "end_reason"),
        CheckConstraint("quantity_milli > 0", name="quantity_positive"),
        Index("uq_supplier_group_asked", "demand_id", unique=True, sqlite_where=_IS_ASKED, postgresql_where=_IS_ASKED),
    )

    public_id: str = public_id_column()
    demand_id: int = foreign_key("demand.id", nullable=False)
    quantity_milli: int = Field(sa_type=BigInteger)
    """What the shares add up to, in thousandths of `unit`."""
    unit: str = Field(max_length=24)
    fit: float
    """Mean fit of the members, weighed by their shares, in [0, 1]."""
    asked_by_id: int = foreign_key("user.id", nullable=False, index=False)
    expires_on: date
    """The last day to answer."""
    status: SupplierGroupStatus = status_column(SUPPLIER_GROUP.initial)
    status_changed_at: datetime = time_column(default_now=True)
    end_reason: GroupEnd | None = code_column(GroupEnd)


class SupplierShare(Row, table=True):
    """One member's part of the quantity. `number` is what the other members know it by."""

    __tablename__ = "supplier_share"
    __table_args__ = (
        status_check(SupplierShareStatus),
        evidence_check("answered_has_answerer", (_H.ACCEPTED, _H.DECLINED), "answered_by_id", "answered_at"),
        CheckConstraint("quantity_milli > 0 AND line_milli > 0", name="quantity_positive"),
        UniqueConstraint("group_id", "supply_id"),
        UniqueConstraint("group_id", "number"),
    )

    public_id: str = public_id_column()
    group_id: int = foreign_key("supplier_group.id", nullable=False)
    number: int
    supply_id: int = foreign_key("supply.id", nullable=False)
    organization_id: int = foreign_key("organization.id", nullable=False)
    chain_id: int = foreign_key("chain.id", nullable=False)
    """The chain whose office would decide the pairing."""
    quantity_milli: int = Field(sa_type=BigInteger)
    line_milli: int = Field(sa_type=BigInteger)
    """The part of the line's spare capacity that the share takes, in thousandths of the line's unit, rounded up."""
    score: float
    recommendation_id: int | None = foreign_key("recommendation.id")
    status: SupplierShareStatus = status_column(SUPPLIER_SHARE.initial)
    status_changed_at: datetime = time_column(default_now=True)
    answered_by_id: int | None = foreign_key("user.id", index=False)
    answered_at: datetime | None = time_column()
    note: str = Field(default="", max_length=500)
    pairing_id: int | None = foreign_key("pairing.id")
