"""A product line: what an enterprise makes and how much of it is to be had."""

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel

from models.base import json_column


class ProductLine(SQLModel, table=True):
    """The terms of a supply on the supply market. Capacities are thousandths of the unit, per year."""

    __tablename__ = "product_line"
    __table_args__ = (
        CheckConstraint("yearly_capacity_milli IS NULL OR yearly_capacity_milli >= 0", name="capacity"),
        CheckConstraint(
            "spare_capacity_milli IS NULL OR yearly_capacity_milli IS NULL"
            " OR spare_capacity_milli BETWEEN 0 AND yearly_capacity_milli",
            name="spare_within_capacity",
        ),
    )

    supply_id: int = Field(foreign_key="supply.id", primary_key=True, ondelete="CASCADE")
    category_code: str | None = Field(default=None, max_length=8)
    specification: str = Field(default="", max_length=500)
    standards: list[str] = json_column(list)
    unit: str | None = Field(default=None, max_length=24)
    yearly_capacity_milli: int | None = Field(default=None, sa_type=BigInteger)
    spare_capacity_milli: int | None = Field(default=None, sa_type=BigInteger)
    lead_time_days: int | None = None
    delivers_to: list[str] = json_column(list)
    """Region prefixes delivered to; empty means everywhere."""
    unit_price_fen: int | None = Field(default=None, sa_type=BigInteger)
