"""What a lender can take on: visits of a branch by week, and the weeks given to firms."""

from datetime import date

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.base import Row, code_column, foreign_key, public_id_column
from vocabulary.planning import CapacityBound


class BranchCapacity(Row, table=True):
    """How many firms a branch of a bank can visit in a week, whatever the product; all its products share them.

    The branch without a name is the bank itself.
    """

    __tablename__ = "branch_capacity"
    __table_args__ = (
        UniqueConstraint("organization_id", "branch"),
        CheckConstraint("visits_per_week >= 0", name="visits_not_negative"),
    )

    public_id: str = public_id_column()
    organization_id: int = foreign_key("organization.id", nullable=False)
    branch: str = Field(default="", max_length=80)
    visits_per_week: int | None = None
    """None: no stated limit."""
    version: int = 1


class VisitSlot(Row, table=True):
    """The week in which a branch visits the firm of a confirmed pairing. The number makes each place of a week unique.

    A slot whose pairing was taken back or has ended is free; the next booking of the branch clears it away.
    """

    __tablename__ = "visit_slot"
    __table_args__ = (UniqueConstraint("branch_id", "week", "number"), UniqueConstraint("pairing_id"))

    branch_id: int = foreign_key("branch_capacity.id", nullable=False, index=False)
    week: date
    """Its Monday."""
    number: int
    """From 1; with a limit of n visits a week the last is n."""
    pairing_id: int = foreign_key("pairing.id", nullable=False, index=False)
    bound: CapacityBound | None = code_column(CapacityBound)
    """Why not the first week there was; None if it is that week."""
