"""What earlier refusals close, code by code: a refused aspect is not offered again to whoever asks the same of it.

A refusal counts for 180 days, or until the firm has changed what was refused (`standing`). The refused pair itself
is closed whatever the code; which others are, the table of lessons says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from matchmaking.facts import FinanceDemand, FinanceSupply, PastRefusal, SupplyDemand, SupplySupply
from matchmaking.gates.base import Change, Gate, answer
from vocabulary.classifications import DeclineReason, GuaranteeMethod
from vocabulary.reasons import GateAnswer, GateCode, Reach, ValueKind
from vocabulary.units import convert

LASTS = timedelta(days=180)
"""Half a year: by then figures of a firm are usually filed anew, and a bank decides anew."""
_COLLATERAL = frozenset({GuaranteeMethod.MORTGAGE.value, GuaranteeMethod.PLEDGE.value})

Closes = Callable[[PastRefusal, Any, Any], bool]
"""(refusal, the refused firm's row, the other side's row): whether the other side asks the same again."""


@dataclass(frozen=True)
class Lesson:
    """What one code teaches: whom it closes, the fact that was found wanting and when that fact is better."""

    closes: Closes
    fact: Callable[[Any], int | None] | None = None
    is_better: Callable[[int | None, int | None], bool] | None = None
    """(level at the refusal, level now)."""


def _same_organization(refusal: PastRefusal, _own: Any, other: Any) -> bool:
    return refusal.by == other.organization_id


def _same_category(refusal: PastRefusal, _own: Any, need: SupplyDemand) -> bool:
    return refusal.by == need.organization_id and refusal.category == (need.industry_path or ())


def _needs_collateral(_refusal: PastRefusal, _own: Any, product: FinanceSupply) -> bool:
    """The product accepts mortgage or pledge and nothing else."""
    return bool(product.guarantee_methods) and set(product.guarantee_methods) <= _COLLATERAL


def _as_strict_on_debt(refusal: PastRefusal, own: Any, product: FinanceSupply) -> bool:
    """The same bank, or a product whose limit lies no higher than where the firm then stood."""
    limit = product.max_debt_ratio_band
    is_as_strict = limit is not None and refusal.level is not None and limit <= refusal.level
    return is_as_strict or _same_organization(refusal, own, product)


def _asks_as_much(refusal: PastRefusal, line: SupplySupply, need: SupplyDemand) -> bool:
    """A need for one supplier and at least the quantity that was refused."""
    if need.accept_partial or None in (refusal.asked_milli, need.quantity_milli, need.unit, line.unit):
        return False
    wanted = convert(Decimal(need.quantity_milli or 0), need.unit or "", line.unit or "")
    return wanted is not None and wanted >= (refusal.asked_milli or 0)


def _higher(then: int | None, now: int | None) -> bool:
    return now is not None and (then is None or now > then)


def _lower(then: int | None, now: int | None) -> bool:
    return now is not None and (then is None or now < then)


def _other(then: int | None, now: int | None) -> bool:
    return then != now


_D = DeclineReason
LESSONS: dict[str, Lesson] = {
    _D.COLLATERAL_INSUFFICIENT: Lesson(_needs_collateral, lambda need: need.collateral_band, _higher),
    _D.DEBT_TOO_HIGH: Lesson(_as_strict_on_debt, lambda need: need.debt_ratio_band, _lower),
    _D.AMOUNT_NOT_SUITABLE: Lesson(_same_organization, lambda need: need.amount_fen, _other),
    _D.OPERATING_HISTORY_SHORT: Lesson(_same_organization),
    _D.INDUSTRY_NOT_SERVED: Lesson(_same_organization),
    _D.CREDIT_RECORD: Lesson(_same_organization),
    _D.SPECIFICATION_MISMATCH: Lesson(_same_category),
    _D.CAPACITY_INSUFFICIENT: Lesson(_asks_as_much, lambda line: line.spare_capacity_milli, _higher),
    _D.DELIVERY_TOO_LATE: Lesson(_same_organization, lambda line: line.lead_time_days, _lower),
    _D.QUALITY_NOT_PROVEN: Lesson(
        _same_category, lambda line: len(line.certificates or ()) + len(line.standards or ()), _higher
    ),
}
"""Codes that are not here close the refused pair only: nothing in the facts says more."""


def level_of(reason: str, own: FinanceDemand | SupplySupply) -> int | None:
    """What the firm's row says of the aspect that a code is about; None where it says nothing."""
    lesson = LESSONS.get(reason)
    return lesson.fact(own) if lesson is not None and lesson.fact is not None else None


def standing(refusals: tuple[PastRefusal, ...], own: FinanceDemand | SupplySupply) -> tuple[PastRefusal, ...]:
    """The refusals that the firm has not answered: the fact found wanting is no better than it was."""
    return tuple(refusal for refusal in refusals if not _is_answered(refusal, own))


def _is_answered(refusal: PastRefusal, own: Any) -> bool:
    lesson = LESSONS.get(refusal.reason)
    if lesson is None:
        return refusal.other_id is None
    if lesson.fact is None or lesson.is_better is None:
        return False
    return lesson.is_better(refusal.level, lesson.fact(own))


def _closing(own: Any, other: Any, as_of: date) -> list[PastRefusal]:
    """The refusals that close the pair on a day."""
    return [
        refusal
        for refusal in own.refusals
        if as_of < refusal.on + LASTS and (refusal.other_id == other.id or _teaches(refusal, own, other))
    ]


def _teaches(refusal: PastRefusal, own: Any, other: Any) -> bool:
    lesson = LESSONS.get(refusal.reason)
    return lesson is not None and lesson.closes(refusal, own, other)


def _gate(side: str, demand_facts: tuple[str, ...], supply_facts: tuple[str, ...]) -> Gate:
    def own_and_other(demand: Any, supply: Any) -> tuple[Any, Any]:
        return (demand, supply) if side == "demand" else (supply, demand)

    def check(demand: Any, supply: Any, as_of: date) -> tuple[GateAnswer, Any, Any]:
        found = _closing(*own_and_other(demand, supply), as_of)
        return answer(not found), [{"reason": str(one.reason), "on": one.on} for one in found], None

    def change(demand: Any, supply: Any, as_of: date) -> Change:
        own, other = own_and_other(demand, supply)
        found = _closing(own, other, as_of)
        rest = tuple(refusal for refusal in own.refusals if refusal not in found)
        is_answerable = all((lesson := LESSONS.get(one.reason)) is not None and lesson.fact for one in found)
        on = max(refusal.on for refusal in found) + LASTS
        return Change(
            GateCode.REFUSED_BEFORE, side, "refusals", rest, Reach.FIRM if is_answerable else Reach.TIME, on=on
        )

    return Gate(
        GateCode.REFUSED_BEFORE, ValueKind.REFUSALS, f"{side}.refusals", check, change, demand_facts, supply_facts,
        only_where=side,
    )  # fmt: skip


OF_NEED = _gate(
    "demand", ("refusals",), ("id", "organization_id", "guarantee_methods", "max_debt_ratio_band"),
)  # fmt: skip
OF_LINE = _gate(
    "supply", ("id", "organization_id", "industry_path", "quantity_milli", "unit", "accept_partial"),
    ("refusals", "unit"),
)  # fmt: skip
