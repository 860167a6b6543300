"""Rules both markets share."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from matchmaking.gates.base import Apart, Change, Gate, answer, never
from vocabulary.reasons import GateAnswer, GateCode, Reach, ValueKind


def firm_verified(side: str) -> Gate:
    """The enterprise on the given side must have been verified by an official."""

    def check(demand: Any, supply: Any, _as_of: date) -> tuple[GateAnswer, Any, Any]:
        is_verified = (demand if side == "demand" else supply).is_verified
        return answer(is_verified), is_verified, True

    def change(_demand: Any, _supply: Any, _as_of: date) -> Change:
        return Change(GateCode.FIRM_VERIFIED, side, "is_verified", True, Reach.FIRM)

    read = ("is_verified",)
    demand_facts, supply_facts = (read, ()) if side == "demand" else ((), read)
    return Gate(
        GateCode.FIRM_VERIFIED, ValueKind.FLAG, f"{side}.is_verified", check, change, demand_facts, supply_facts
    )


def supply_open(reach: Reach) -> Gate:
    """The product must be open; opening it is in the hand of whoever posted it."""

    def check(_demand: Any, supply: Any, _as_of: date) -> tuple[GateAnswer, Any, Any]:
        return answer(supply.is_open), supply.is_open, True

    def change(_demand: Any, _supply: Any, _as_of: date) -> Change:
        return Change(GateCode.SUPPLY_OPEN, "supply", "is_open", True, reach)

    return Gate(
        GateCode.SUPPLY_OPEN, ValueKind.FLAG, "supply.is_open", check, change, (), ("is_open",),
        is_out_of_reach=reach is Reach.OTHER_SIDE,
    )  # fmt: skip


def _not_blocked(demand: Any, supply: Any, _as_of: date) -> tuple[GateAnswer, Any, Any]:
    is_blocked = supply.organization_id in demand.blocked or demand.organization_id in supply.blocked
    return answer(not is_blocked), not is_blocked, True


def _not_own(demand: Any, supply: Any, _as_of: date) -> tuple[GateAnswer, Any, Any]:
    """Rows that do not say who is behind them are taken for strangers."""
    is_own = demand.organization_id is not None and demand.organization_id == supply.organization_id
    return answer(not is_own), not is_own, True


def _blocking_keys(row: Any) -> Iterator[tuple[str, Any]]:
    """The demand's side of `NOT_BLOCKED`: it meets neither whom it blocks nor who blocks it."""
    if row.organization_id is not None:
        yield ("demand is", row.organization_id)
    yield from (("supply is", organization) for organization in row.blocked)


def _blocked_keys(row: Any) -> Iterator[tuple[str, Any]]:
    if row.organization_id is not None:
        yield ("supply is", row.organization_id)
    yield from (("demand is", organization) for organization in row.blocked)


def _own_keys(row: Any) -> tuple[Any, ...]:
    return () if row.organization_id is None else (row.organization_id,)


_WHO = ("organization_id", "blocked")
NOT_BLOCKED = Gate(
    GateCode.NOT_BLOCKED, ValueKind.FLAG, "pair.blocked", _not_blocked, never, _WHO, _WHO,
    apart=Apart(_blocking_keys, _blocked_keys), is_out_of_reach=True,
)  # fmt: skip
NOT_OWN = Gate(
    GateCode.NOT_OWN, ValueKind.FLAG, "pair.organization_id", _not_own, never, _WHO[:1], _WHO[:1],
    apart=Apart(_own_keys, _own_keys), is_out_of_reach=True,
)  # fmt: skip
