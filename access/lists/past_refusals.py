"""What others refused is the firm's alone: neither the gate that says so shows to others, nor a pair only it closes."""

from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, true
from sqlmodel import col

from models.recommendation import Recommendation
from vocabulary.classifications import FIRM_SIDE, Market, Side
from vocabulary.reasons import GateCode


def private_gates(row: Any) -> set[str]:
    """A block is nobody's to read; what others refused is the firm's alone."""
    is_firm = FIRM_SIDE[row.market].value == row.reader
    return {GateCode.NOT_BLOCKED} if is_firm else {GateCode.NOT_BLOCKED, GateCode.REFUSED_BEFORE}


def shown_to(side: Side, market: Market | Any) -> ColumnElement[bool]:
    """A pair that only an earlier refusal closes is not shown to the other side: it would tell of the refusal."""
    if isinstance(market, Market):
        is_firm: Any = true() if FIRM_SIDE[market] is side else false()
    else:
        is_firm = col(market).in_([known for known in Market if FIRM_SIDE[known] is side])
    return or_(is_firm, func.coalesce(Recommendation.first_closed_gate, "") != GateCode.REFUSED_BEFORE.value)
