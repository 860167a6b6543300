"""What an official found of the five standards for a financing need."""

from sqlalchemy import Index
from sqlmodel import Field

from models.base import Row, foreign_key, required_code
from vocabulary.coordination import FundingStandard


class StandardCheck(Row, table=True):
    """What an official found of one of the five standards for one financing need; the newest of each counts."""

    __tablename__ = "standard_check"
    __table_args__ = (Index("ix_standard_check_demand_standard", "demand_id", "standard"),)

    demand_id: int = foreign_key("demand.id", nullable=False, index=False)
    standard: FundingStandard = required_code(FundingStandard)
    is_met: bool
    evidence: str = Field(max_length=500)
    by_id: int | None = foreign_key("user.id", index=False)
