"""Loan products: terms are versioned, so that an old case keeps the terms it was made under."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.base import Row, code_column, fen_column, foreign_key, json_column, time_column
from vocabulary.classifications import LoanBasis, RepaymentMethod


class LoanProduct(SQLModel, table=True):
    """A supply on the finance market; `current_version` names its terms.

    `branch` names the row of `branch_capacity` whose visits it shares. A quota counts from the moment it was stated:
    what is confirmed later is taken off it.
    """

    __tablename__ = "loan_product"
    __table_args__ = (
        CheckConstraint("quota_firms >= 0 AND quota_fen >= 0", name="quota_not_negative"),
        CheckConstraint(
            "(quota_firms IS NULL AND quota_fen IS NULL) OR quota_stated_at IS NOT NULL", name="quota_has_time"
        ),
        CheckConstraint("paused_until IS NULL OR pause_reason <> ''", name="pause_has_reason"),
    )

    supply_id: int = Field(foreign_key="supply.id", primary_key=True, ondelete="CASCADE")
    branch: str = Field(default="", max_length=80)
    current_version: int = 1
    quota_firms: int | None = None
    """How many firms more it takes; None: no stated limit."""
    quota_fen: int | None = fen_column()
    """The amount still available for loans; None: no stated limit."""
    quota_stated_at: datetime | None = time_column()
    paused_until: date | None = None
    """The last day without visits."""
    pause_reason: str = Field(default="", max_length=200)
    capacity_version: int = 1


class LoanProductVersion(Row, table=True):
    """The terms of a loan product from `valid_from` on. Limits on banded facts are band levels, never figures.

    Empty lists mean "any". Rates are annual, in basis points. Amounts, terms and rates are missing in drafts only.
    """

    __tablename__ = "loan_product_version"
    __table_args__ = (
        UniqueConstraint("supply_id", "version"),
        CheckConstraint("min_amount_fen > 0 AND max_amount_fen >= min_amount_fen", name="amount_range"),
        CheckConstraint("min_term_months >= 1 AND max_term_months >= min_term_months", name="term_range"),
        CheckConstraint("rate_to_bps >= rate_from_bps", name="rate_range"),
        CheckConstraint("min_revenue_band IS NULL OR min_revenue_band BETWEEN 0 AND 7", name="revenue_band"),
        CheckConstraint("max_debt_ratio_band IS NULL OR max_debt_ratio_band BETWEEN 0 AND 7", name="debt_band"),
    )

    supply_id: int = foreign_key("supply.id", nullable=False)
    version: int
    valid_from: date
    created_by_id: int | None = foreign_key("user.id", index=False)
    min_amount_fen: int | None = fen_column()
    max_amount_fen: int | None = fen_column()
    min_term_months: int | None = None
    max_term_months: int | None = None
    rate_from_bps: int | None = None
    rate_to_bps: int | None = None
    repayment: RepaymentMethod | None = code_column(RepaymentMethod)
    guarantee_fee_bps: int | None = None
    purposes: list[str] = json_column(list)
    guarantee_methods: list[str] = json_column(list)
    regions: list[str] = json_column(list)
    """Region codes served, as prefixes: 43, 4304, 430482."""
    target_industries: list[str] = json_column(list)
    excluded_industries: list[str] = json_column(list)
    tax_grades: list[str] = json_column(list)
    tiers: list[str] = json_column(list)
    size_bands: list[int] = json_column(list)
    """Staff bands the product is meant for."""
    min_months_in_operation: int | None = None
    min_revenue_band: int | None = None
    max_debt_ratio_band: int | None = None
    basis: LoanBasis | None = code_column(LoanBasis)
    """What the product rests on besides the firm; None is nothing."""
    max_payment_band: int | None = None
    """The longest time to pay that an order may give its buyer, as a band."""
    documents: str = Field(default="", max_length=1000)
