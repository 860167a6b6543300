"""Rules both markets share."""

from datetime import date
from typing import Any

from matchmaking.gates.base import Change, Gate, answer, never
from vocabulary.reasons import GateAnswer, GateCode, Reach, ValueKind


def firm_verified(side: str) -> Gate:
    """The enterprise on the given side must have been verified by an official."""

    def check(demand: Any, supply: Any, _as_of: date) -> tuple[GateAnswer, Any, Any]:
        is_verified = (demand if side == "demand" else supply).is_verified
        return answer(is_verified), is_verified, True

    def change(_demand: Any, _supply: Any, _as_of: date) -> Change:
        return Change(GateCode.FIRM_VERIFIED, side, "is_verified", True, Reach.FIRM)

    return Gate(GateCode.FIRM_VERIFIED, ValueKind.FLAG, f"{side}.is_verified", check, change)


def supply_open(reach: Reach) -> Gate:
    """The product must be open; opening it is in the hand of whoever posted it."""

    def check(_demand: Any, supply: Any, _as_of: date) -> tuple[GateAnswer, Any, Any]:
        return answer(supply.is_open), supply.is_open, True

    def change(_demand: Any, _supply: Any, _as_of: date) -> Change:
        return Change(GateCode.SUPPLY_OPEN, "supply", "is_open", True, reach)

    return Gate(GateCode.SUPPLY_OPEN, ValueKind.FLAG, "supply.is_open", check, change)


def _not_blocked(demand: Any, supply: Any, _as_of: date) -> tuple[GateAnswer, Any, Any]:
    is_blocked = supply.organization_id in demand.blocked or demand.organization_id in supply.blocked
    return answer(not is_blocked), not is_blocked, True


def _not_own(demand: Any, supply: Any, _as_of: date) -> tuple[GateAnswer, Any, Any]:
    is_other = demand.organization_id != supply.organization_id
    return answer(is_other), is_other, True


NOT_BLOCKED = Gate(GateCode.NOT_BLOCKED, ValueKind.FLAG, "pair.blocked", _not_blocked, never)
NOT_OWN = Gate(GateCode.NOT_OWN, ValueKind.FLAG, "pair.organization_id", _not_own, never)
