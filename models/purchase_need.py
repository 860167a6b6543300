"""A purchase need: what a buyer wants to buy."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel

from models.base import json_column


class PurchaseNeed(SQLModel, table=True):
    """The terms of a demand on the supply market. Quantities are thousandths of the unit, so they stay exact.

    `must` certificates and standards close the gate, `wished` ones only raise the fit.
    """

    __tablename__ = "purchase_need"
    __table_args__ = (
        CheckConstraint("quantity_milli IS NULL OR quantity_milli > 0", name="quantity_positive"),
        CheckConstraint("(quantity_milli IS NULL) = (unit IS NULL)", name="quantity_has_unit"),
        CheckConstraint("window_end IS NULL OR window_start IS NULL OR window_end >= window_start", name="window"),
    )

    demand_id: int = Field(foreign_key="demand.id", primary_key=True, ondelete="CASCADE")
    category_code: str | None = Field(default=None, max_length=8)
    """Industry class of GB/T 4754 that makes the good."""
    specification: str = Field(default="", max_length=500)
    quantity_milli: int | None = Field(default=None, sa_type=BigInteger)
    unit: str | None = Field(default=None, max_length=24)
    accept_partial: bool = True
    must_standards: list[str] = json_column(list)
    wished_standards: list[str] = json_column(list)
    must_certificates: list[str] = json_column(list)
    wished_certificates: list[str] = json_column(list)
    window_start: date | None = None
    window_end: date | None = None
    delivery_region_code: str | None = Field(default=None, max_length=12)
    payment_days: int | None = None
    budget_fen: int | None = Field(default=None, sa_type=BigInteger)
    hide_name: bool = False
