"""What a bank or buyer gave as its reason when it ended a case, beside what its own posting asked for that day."""

from sqlalchemy import BigInteger
from sqlmodel import Field

from models.base import Row, code_column, foreign_key, public_id_column, required_code
from vocabulary.classifications import DeclineReason, Market
from vocabulary.reasons import GateAnswer, GateCode


class Refusal(Row, table=True):
    """One declined pairing. `level` and `asked_milli` are what the engine is told of it: bands, no figures."""

    __tablename__ = "refusal"

    public_id: str = public_id_column()
    pairing_id: int = Field(foreign_key="pairing.id", unique=True)
    market: Market = required_code(Market)
    demand_id: int = foreign_key("demand.id", nullable=False)
    supply_id: int = foreign_key("supply.id", nullable=False)
    firm_id: int = foreign_key("organization.id", nullable=False)
    counterpart_id: int = foreign_key("organization.id", nullable=False)
    chain_id: int = foreign_key("chain.id", nullable=False)
    reason: DeclineReason = required_code(DeclineReason)
    message: str = Field(default="", max_length=500)
    """What was written for the firm."""
    level: int | None = Field(default=None, sa_type=BigInteger)
    asked_milli: int | None = Field(default=None, sa_type=BigInteger)
    gate: GateCode | None = code_column(GateCode)
    """The condition that asks for the refused aspect, with its answer that day; None where there is none."""
    gate_answer: GateAnswer | None = code_column(GateAnswer)
    is_stated: bool = False
    """Whether the posting set a limit to that aspect."""
