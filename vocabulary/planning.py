"""Codes of plans under limits: assignments, one-to-one meetings, the stage of a roadshow."""

from enum import StrEnum


class LimitKind(StrEnum):
    """Whose limit it is: options of a demand, places of a supply, places that several supplies share."""

    DEMAND = "demand"
    SUPPLY = "supply"
    GROUP = "group"


class UnservedCause(StrEnum):
    """Why a demand got no option."""

    NO_ELIGIBLE = "no_eligible"
    PAUSED = "paused"
    """Its own limit is zero."""
    FULL = "full"
    """No plan within the limits serves more demands."""
    TOTAL = "total"
    """More could be served, but only with a total below first-come."""
