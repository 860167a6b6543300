"""Orders that their buyers confirmed, and the cases in which firm, buyer and bank meet over one (F20)."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from models.base import (
    Row,
    foreign_key,
    public_id_column,
    status_check,
    status_column,
    time_column,
)
from vocabulary.lifecycles import CONFIRMED_ORDER, OrderStatus

_STANDS = text("status = 'confirmed'")


class ConfirmedOrder(Row, table=True):
    """The buyer's word that a recorded step is an order of this amount, to be paid in this time.

    It says that the order is true, and nothing of the loan that may rest on it. A bank reads the amount only while
    both the buyer (`buyer_agrees`) and the firm (`firm_agreed_at`) let it.
    """

    __tablename__ = "confirmed_order"
    __table_args__ = (
        status_check(OrderStatus),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("payment_days BETWEEN 0 AND 720", name="payment_days_range"),
        Index("uq_confirmed_order_step", "case_step_id", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
    )

    public_id: str = public_id_column()
    case_step_id: int = foreign_key("case_step.id", nullable=False, index=False)
    pairing_id: int = foreign_key("pairing.id", nullable=False)
    """The supply pairing of firm and buyer."""
    firm_id: int = foreign_key("organization.id", nullable=False)
    buyer_id: int = foreign_key("organization.id", nullable=False)
    amount_fen: int = Field(sa_type=BigInteger)
    payment_days: int
    """Days from delivery to payment; 0 is on delivery, which leaves nothing receivable."""
    buyer_agrees: bool = False
    confirmed_by_id: int = foreign_key("user.id", nullable=False, index=False)
    firm_agreed_at: datetime | None = time_column()
    firm_agreed_by_id: int | None = foreign_key("user.id", index=False)
    status: OrderStatus = status_column(CONFIRMED_ORDER.initial)
    status_changed_at: datetime = time_column(default_now=True)
    ended_note: str | None = Field(default=None, max_length=500)


class JointCase(Row, table=True):
    """A finance pairing that rests on a confirmed order: firm, buyer and bank as one case."""

    __tablename__ = "joint_case"
    __table_args__ = (UniqueConstraint("finance_pairing_id", "order_id"),)

    public_id: str = public_id_column()
    finance_pairing_id: int = foreign_key("pairing.id", nullable=False)
    order_id: int = foreign_key("confirmed_order.id", nullable=False)
