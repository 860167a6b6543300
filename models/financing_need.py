"""A financing need: what an enterprise wants to borrow."""

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from models.base import code_column, fen_column, json_column
from vocabulary.classifications import LoanPurpose


class FinancingNeed(SQLModel, table=True):
    """The terms of a demand on the finance market; a draft may lack some, a published need has all it needs."""

    __tablename__ = "financing_need"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("term_months BETWEEN 1 AND 360", name="term_range"),
    )

    demand_id: int = Field(foreign_key="demand.id", primary_key=True, ondelete="CASCADE")
    amount_fen: int | None = fen_column()
    term_months: int | None = None
    purpose: LoanPurpose | None = code_column(LoanPurpose)
    guarantee_methods: list[str] = json_column(list)
    max_annual_rate_bps: int | None = None
    """The dearest rate the firm would take; None means not stated."""
