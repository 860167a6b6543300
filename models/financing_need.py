"""A financing need: what an enterprise wants to borrow."""

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel

from models.base import json_column, required_code
from vocabulary.classifications import LoanPurpose


class FinancingNeed(SQLModel, table=True):
    """The terms of a demand on the finance market."""

    __tablename__ = "financing_need"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("term_months BETWEEN 1 AND 360", name="term_range"),
    )

    demand_id: int = Field(foreign_key="demand.id", primary_key=True, ondelete="CASCADE")
    amount_fen: int = Field(sa_type=BigInteger)
    term_months: int
    purpose: LoanPurpose = required_code(LoanPurpose)
    guarantee_methods: list[str] = json_column(list)
    max_annual_rate_bps: int | None = None
    """The dearest rate the firm would take; None means not stated."""
