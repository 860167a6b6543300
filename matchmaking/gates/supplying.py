"""Rules of the supply market: what a purchase need asks of a product line."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from matchmaking.facts import SupplyDemand, SupplySupply
from matchmaking.gates.base import Change, Gate, answer
from matchmaking.gates.tables import interval, shared
from vocabulary.reasons import GateAnswer, GateCode, Reach, ValueKind
from vocabulary.standards import same_standard
from vocabulary.units import convert

Answer = tuple[GateAnswer, Any, Any]
_COMPATIBLE_LEVEL = 2
"""Categories are compatible within one division of GB/T 4754; the finer levels are scored, not required."""


def _check_category(demand: SupplyDemand, supply: SupplySupply, _as_of: date) -> Answer:
    wanted, made = demand.industry_path, supply.industry_path
    if not wanted or not made:
        return GateAnswer.UNKNOWN, list(made or ()), list(wanted or ())
    return answer(made[:_COMPATIBLE_LEVEL] == wanted[:_COMPATIBLE_LEVEL]), list(made), list(wanted)


def _compatible_category(row: Any) -> tuple[Any, ...]:
    return (row.industry_path[:_COMPATIBLE_LEVEL],) if row.industry_path else ()


def _change_category(demand: SupplyDemand, _supply: SupplySupply, _as_of: date) -> Change:
    return Change(GateCode.CATEGORY, "supply", "industry_path", demand.industry_path, Reach.OTHER_SIDE)


def in_unit_of_need(demand: SupplyDemand, supply: SupplySupply) -> Decimal | None:
    """Spare capacity in the need's unit (thousandths); None without data or where units differ in kind."""
    if supply.spare_capacity_milli is None or supply.unit is None or demand.unit is None:
        return None
    return convert(Decimal(supply.spare_capacity_milli), supply.unit, demand.unit)


def _check_unit(demand: SupplyDemand, supply: SupplySupply, _as_of: date) -> Answer:
    if demand.unit is None or supply.unit is None:
        return GateAnswer.UNKNOWN, supply.unit, demand.unit
    return answer(convert(Decimal(1), supply.unit, demand.unit) is not None), supply.unit, demand.unit


def _change_unit(demand: SupplyDemand, _supply: SupplySupply, _as_of: date) -> Change:
    return Change(GateCode.UNIT, "supply", "unit", demand.unit, Reach.FIRM)


def _check_capacity(demand: SupplyDemand, supply: SupplySupply, _as_of: date) -> Answer:
    limit = {"quantity_milli": demand.quantity_milli, "unit": demand.unit}
    value = {"quantity_milli": supply.spare_capacity_milli, "unit": supply.unit}
    spare = in_unit_of_need(demand, supply)
    if spare is None or demand.quantity_milli is None:
        return GateAnswer.UNKNOWN, value, limit
    return answer(spare > 0 if demand.accept_partial else spare >= demand.quantity_milli), value, limit


def _change_capacity(demand: SupplyDemand, supply: SupplySupply, _as_of: date) -> Change | None:
    if demand.quantity_milli is None or demand.unit is None or supply.unit is None:
        return None
    needed = 1 if demand.accept_partial else demand.quantity_milli
    in_own_unit = convert(Decimal(needed), demand.unit, supply.unit)
    if in_own_unit is None:
        return None
    rounded_up = int(in_own_unit.to_integral_value(rounding="ROUND_CEILING"))
    return Change(GateCode.CAPACITY, "supply", "spare_capacity_milli", rounded_up, Reach.FIRM)


def _same_code(one: str, other: str) -> bool:
    return one == other


def missing(wanted: tuple[str, ...], held: tuple[str, ...], same: Callable[[str, str], bool]) -> list[str]:
    """What is wanted and not held."""
    return [code for code in wanted if not any(same(code, own) for own in held)]


def _holds_all(code: GateCode, kind: ValueKind, wanted: str, held: str, same: Callable[[str, str], bool]) -> Gate:
    """Everything the need must have is held; a line that states nothing is not yet known."""

    def check(demand: SupplyDemand, supply: SupplySupply, _as_of: date) -> Answer:
        musts, own = getattr(demand, wanted), getattr(supply, held)
        if not musts:
            return GateAnswer.OPEN, list(own or ()), []
        if own is None:
            return GateAnswer.UNKNOWN, None, list(musts)
        return answer(not missing(musts, own, same)), list(own), list(musts)

    def change(demand: SupplyDemand, supply: SupplySupply, _as_of: date) -> Change:
        own = getattr(supply, held) or ()
        complete = (*own, *missing(getattr(demand, wanted), own, same))
        return Change(code, "supply", held, complete, Reach.FIRM)

    return Gate(code, kind, f"supply.{held}", check, change, (wanted,), (held,))


def _check_window(demand: SupplyDemand, supply: SupplySupply, as_of: date) -> Answer:
    if demand.window_end is None:
        return GateAnswer.OPEN, None, None
    if supply.lead_time_days is None:
        return GateAnswer.UNKNOWN, None, demand.window_end.isoformat()
    ready = as_of + timedelta(days=supply.lead_time_days)
    return answer(ready <= demand.window_end), ready.isoformat(), demand.window_end.isoformat()


def _change_window(demand: SupplyDemand, _supply: SupplySupply, as_of: date) -> Change | None:
    assert demand.window_end is not None
    days = (demand.window_end - as_of).days
    return None if days < 0 else Change(GateCode.WINDOW, "supply", "lead_time_days", days, Reach.FIRM)


def _check_delivery(demand: SupplyDemand, supply: SupplySupply, _as_of: date) -> Answer:
    if not supply.delivers_to:
        return GateAnswer.OPEN, [], list(demand.region_path or ())
    if not demand.region_path:
        return GateAnswer.UNKNOWN, list(supply.delivers_to), None
    is_open = bool(set(demand.region_path) & set(supply.delivers_to))
    return answer(is_open), list(supply.delivers_to), list(demand.region_path)


def _change_delivery(demand: SupplyDemand, supply: SupplySupply, _as_of: date) -> Change:
    wider = (*supply.delivers_to, (demand.region_path or ("",))[-1])
    return Change(GateCode.DELIVERY_REGION, "supply", "delivers_to", wider, Reach.FIRM)


_C, _K = GateCode, ValueKind
CATEGORY = Gate(
    _C.CATEGORY, _K.INDUSTRIES, "supply.industry_path", _check_category, _change_category,
    ("industry_path",), ("industry_path",),
    shared(_check_category, _compatible_category, _compatible_category, opens=True),
    is_out_of_reach=True,
)  # fmt: skip
UNIT = Gate(_C.UNIT, _K.UNIT, "supply.unit", _check_unit, _change_unit, ("unit",), ("unit",))
CAPACITY = Gate(
    _C.CAPACITY, _K.QUANTITY, "supply.spare_capacity_milli", _check_capacity, _change_capacity,
    ("quantity_milli", "unit", "accept_partial"), ("spare_capacity_milli", "unit"),
)  # fmt: skip
CERTIFICATES = _holds_all(_C.CERTIFICATES, _K.CERTIFICATES, "must_certificates", "certificates", _same_code)
STANDARDS = _holds_all(_C.STANDARDS, _K.STANDARDS, "must_standards", "standards", same_standard)
WINDOW = Gate(
    _C.WINDOW, _K.DATE, "supply.lead_time_days", _check_window, _change_window, ("window_end",), ("lead_time_days",),
    interval(
        _check_window,
        lambda row, as_of: None if row.window_end is None else (row.window_end - as_of).days,
        lambda row, _: (row.lead_time_days, None),
    ),
)  # fmt: skip
DELIVERY_REGION = Gate(
    _C.DELIVERY_REGION, _K.REGIONS, "supply.delivers_to", _check_delivery, _change_delivery,
    ("region_path",), ("delivers_to",),
    shared(_check_delivery, lambda row: row.region_path, lambda row: row.delivers_to, opens=True),
)  # fmt: skip
