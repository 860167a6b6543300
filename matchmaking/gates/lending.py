"""Rules of the finance market: what a lender's product asks of a need and of the firm behind it."""

from collections.abc import Callable
from datetime import date
from typing import Any

from matchmaking.facts import FinanceDemand, FinanceSupply
from matchmaking.gates.base import Change, Gate, answer
from matchmaking.gates.tables import interval, shared
from vocabulary.reasons import GateAnswer, GateCode, Reach, ValueKind

Answer = tuple[GateAnswer, Any, Any]


def _within(code: GateCode, kind: ValueKind, field: str, low: str, high: str) -> Gate:
    """A fact of the need between two limits of the product; the change is the nearest limit."""

    def check(demand: FinanceDemand, supply: FinanceSupply, _as_of: date) -> Answer:
        value, lowest, highest = getattr(demand, field), getattr(supply, low), getattr(supply, high)
        if value is None:
            return GateAnswer.UNKNOWN, None, [lowest, highest]
        is_open = (lowest is None or value >= lowest) and (highest is None or value <= highest)
        return answer(is_open), value, [lowest, highest]

    def change(demand: FinanceDemand, supply: FinanceSupply, _as_of: date) -> Change:
        lowest = getattr(supply, low)
        nearest = lowest if lowest is not None and getattr(demand, field) < lowest else getattr(supply, high)
        return Change(code, "demand", field, nearest, Reach.FIRM)

    answers = interval(
        check, lambda row, _: getattr(row, field), lambda row, _: (getattr(row, low), getattr(row, high))
    )
    return Gate(code, kind, f"demand.{field}", check, change, (field,), (low, high), answers)


def _one_of(code: GateCode, kind: ValueKind, field: str, accepted: str) -> Gate:
    """A code of the firm or need among those the product accepts; none stated means any. The change is the first."""

    def check(demand: FinanceDemand, supply: FinanceSupply, _as_of: date) -> Answer:
        value, allowed = getattr(demand, field), getattr(supply, accepted)
        if not allowed:
            return GateAnswer.OPEN, value, []
        return answer(None if value is None else value in allowed), value, list(allowed)

    def change(_demand: FinanceDemand, supply: FinanceSupply, _as_of: date) -> Change:
        return Change(code, "demand", field, getattr(supply, accepted)[-1], Reach.FIRM)

    return Gate(code, kind, f"demand.{field}", check, change, (field,), (accepted,))


def _band(code: GateCode, kind: ValueKind, field: str, limit_field: str, is_open: Callable[[int, int], bool]) -> Gate:
    """A band of the firm against a band limit of the product; the change is the limit itself."""

    def check(demand: FinanceDemand, supply: FinanceSupply, _as_of: date) -> Answer:
        value, limit = getattr(demand, field), getattr(supply, limit_field)
        if limit is None:
            return GateAnswer.OPEN, value, None
        return answer(None if value is None else is_open(value, limit)), value, limit

    def change(_demand: FinanceDemand, supply: FinanceSupply, _as_of: date) -> Change:
        return Change(code, "demand", field, getattr(supply, limit_field), Reach.FIRM)

    return Gate(code, kind, f"demand.{field}", check, change, (field,), (limit_field,))


def _check_guarantee(demand: FinanceDemand, supply: FinanceSupply, _as_of: date) -> Answer:
    offered, accepted = demand.guarantee_methods, supply.guarantee_methods
    if not accepted or "unsecured" in accepted:
        return GateAnswer.OPEN, list(offered or ()), list(accepted)
    return answer(None if offered is None else bool(set(offered) & set(accepted))), list(offered or ()), list(accepted)


def _change_guarantee(demand: FinanceDemand, supply: FinanceSupply, _as_of: date) -> Change:
    wider = (*(demand.guarantee_methods or ()), supply.guarantee_methods[0])
    return Change(GateCode.GUARANTEE, "demand", "guarantee_methods", wider, Reach.FIRM)


def _check_region(demand: FinanceDemand, supply: FinanceSupply, _as_of: date) -> Answer:
    if not supply.regions:
        return GateAnswer.OPEN, list(demand.region_path or ()), []
    if not demand.region_path:
        return GateAnswer.UNKNOWN, None, list(supply.regions)
    return answer(bool(set(demand.region_path) & set(supply.regions))), list(demand.region_path), list(supply.regions)


def _change_region(demand: FinanceDemand, supply: FinanceSupply, _as_of: date) -> Change:
    wider = (*supply.regions, (demand.region_path or ("",))[-1])
    return Change(GateCode.REGION_SERVED, "supply", "regions", wider, Reach.OTHER_SIDE)


def months_between(start: date, end: date) -> int:
    """Whole months from start to end."""
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the first of the month after where that day does not exist."""
    years, month = divmod(day.month - 1 + months, 12)
    try:
        return day.replace(year=day.year + years, month=month + 1)
    except ValueError:
        return add_months(day.replace(day=1), months + 1)


def _check_operating(demand: FinanceDemand, supply: FinanceSupply, as_of: date) -> Answer:
    limit = supply.min_months_in_operation
    value = None if demand.founded_on is None else months_between(demand.founded_on, as_of)
    if limit is None:
        return GateAnswer.OPEN, value, None
    return answer(None if value is None else value >= limit), value, limit


def _change_operating(demand: FinanceDemand, supply: FinanceSupply, as_of: date) -> Change:
    assert demand.founded_on is not None
    assert supply.min_months_in_operation is not None
    missing = supply.min_months_in_operation - months_between(demand.founded_on, as_of)
    earlier = add_months(demand.founded_on, -missing)
    on = add_months(demand.founded_on, supply.min_months_in_operation)
    return Change(GateCode.OPERATING_MONTHS, "demand", "founded_on", earlier.replace(day=1), Reach.TIME, on=on)


def _check_industry(demand: FinanceDemand, supply: FinanceSupply, _as_of: date) -> Answer:
    if not supply.excluded_industries:
        return GateAnswer.OPEN, list(demand.industry_path or ()), []
    if not demand.industry_path:
        return GateAnswer.UNKNOWN, None, list(supply.excluded_industries)
    is_open = not set(demand.industry_path) & set(supply.excluded_industries)
    return answer(is_open), list(demand.industry_path), list(supply.excluded_industries)


def _change_industry(demand: FinanceDemand, supply: FinanceSupply, _as_of: date) -> Change:
    kept = tuple(code for code in supply.excluded_industries if code not in (demand.industry_path or ()))
    return Change(GateCode.INDUSTRY, "supply", "excluded_industries", kept, Reach.OTHER_SIDE)


def _check_visits(_demand: FinanceDemand, supply: FinanceSupply, _as_of: date) -> Answer:
    if supply.remaining_visits is None:
        return GateAnswer.OPEN, None, None
    limit = {"at_least": 1, "bound": supply.capacity_bound, "from": supply.capacity_from}
    return answer(supply.remaining_visits > 0), supply.remaining_visits, limit


def _change_visits(_demand: FinanceDemand, supply: FinanceSupply, _as_of: date) -> Change:
    reach, on = Reach.OTHER_SIDE, supply.capacity_from
    return Change(GateCode.LENDER_CAPACITY, "supply", "remaining_visits", 1, reach, on=on)


def _check_order(demand: FinanceDemand, supply: FinanceSupply, _as_of: date) -> Answer:
    """A product that rests on an order needs one that its buyer confirmed and pays in time."""
    if supply.basis is None:
        return GateAnswer.OPEN, None, None
    limit = {"basis": supply.basis, "max_payment_band": supply.max_payment_band}
    bases = demand.order_bases
    if not bases:
        return answer(None if bases is None else False), None, limit
    value = {"order_band": demand.order_band, "payment_band": demand.payment_band}
    return answer(supply.basis in bases and not _pays_too_late(demand, supply)), value, limit


def _pays_too_late(demand: FinanceDemand, supply: FinanceSupply) -> bool:
    latest, paid = supply.max_payment_band, demand.payment_band
    return latest is not None and paid is not None and paid > latest


def _change_order(demand: FinanceDemand, supply: FinanceSupply, _as_of: date) -> Change | None:
    """An order with a buyer's confirmation; where there is one that is paid too late, an earlier payment."""
    bases = demand.order_bases or ()
    if supply.basis in bases:
        return Change(GateCode.ORDER, "demand", "payment_band", supply.max_payment_band, Reach.FIRM)
    if _pays_too_late(demand, supply):
        return None  # two facts would have to change
    return Change(GateCode.ORDER, "demand", "order_bases", (*bases, supply.basis), Reach.FIRM)


_C, _K = GateCode, ValueKind
AMOUNT = _within(_C.AMOUNT, _K.MONEY, "amount_fen", "min_amount_fen", "max_amount_fen")
TERM = _within(_C.TERM, _K.MONTHS, "term_months", "min_term_months", "max_term_months")
PURPOSE = _one_of(_C.PURPOSE, _K.PURPOSES, "purpose", "purposes")
TAX_GRADE = _one_of(_C.TAX_GRADE, _K.GRADES, "tax_grade", "tax_grades")
REVENUE_BAND = _band(
    _C.REVENUE_BAND, _K.REVENUE_BAND, "revenue_band", "min_revenue_band", lambda value, limit: value >= limit
)
DEBT_RATIO_BAND = _band(
    _C.DEBT_RATIO_BAND, _K.PERCENT_BAND, "debt_ratio_band", "max_debt_ratio_band", lambda value, limit: value <= limit
)
GUARANTEE = Gate(
    _C.GUARANTEE, _K.GUARANTEES, "demand.guarantee_methods", _check_guarantee, _change_guarantee,
    ("guarantee_methods",), ("guarantee_methods",),
)  # fmt: skip
REGION_SERVED = Gate(
    _C.REGION_SERVED, _K.REGIONS, "demand.region_path", _check_region, _change_region, ("region_path",), ("regions",),
    shared(_check_region, lambda row: row.region_path, lambda row: row.regions, opens=True),
    is_out_of_reach=True,
)  # fmt: skip
OPERATING_MONTHS = Gate(
    _C.OPERATING_MONTHS, _K.MONTHS, "demand.founded_on", _check_operating, _change_operating,
    ("founded_on",), ("min_months_in_operation",),
    interval(
        _check_operating,
        lambda row, as_of: None if row.founded_on is None else months_between(row.founded_on, as_of),
        lambda row, _: (row.min_months_in_operation, None),
    ),
)  # fmt: skip
INDUSTRY = Gate(
    _C.INDUSTRY, _K.INDUSTRIES, "demand.industry_path", _check_industry, _change_industry,
    ("industry_path",), ("excluded_industries",),
    shared(_check_industry, lambda row: row.industry_path, lambda row: row.excluded_industries, opens=False),
    is_out_of_reach=True,
)  # fmt: skip
LENDER_CAPACITY = Gate(
    _C.LENDER_CAPACITY,
    _K.COUNT,
    "supply.remaining_visits",
    _check_visits,
    _change_visits,
    (),
    ("remaining_visits", "capacity_bound", "capacity_from"),
    is_out_of_reach=True,
)
ORDER = Gate(
    _C.ORDER, _K.ORDER, "demand.order_bases", _check_order, _change_order,
    ("order_bases", "order_band", "payment_band"), ("basis", "max_payment_band"),
)  # fmt: skip
