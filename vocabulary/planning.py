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


class CapacityBound(StrEnum):
    """What keeps a lender from taking on one more firm, or from visiting it earlier."""

    VISITS = "visits"
    """The branch's visits of the week are given away."""
    PAUSE = "pause"
    FIRMS = "firms"
    """The product's quota of firms is used up."""
    AMOUNT = "amount"
    """Less is left of the product's amount than is asked for."""


BOOKING_WEEKS = 4
"""Visits are given away for this week and the three after it; a lender without a place in any of them is full."""


class AdoptionOutcome(StrEnum):
    """What came of a line of an assignment when it was adopted."""

    OPENED = "opened"
    ALREADY = "already"
    """The pair was before the office already."""
    TAKEN_ON = "taken_on"
    """A lender has taken the need on meanwhile."""
    NEED_NOT_OPEN = "need_not_open"
    PRODUCT_NOT_OPEN = "product_not_open"
    NOT_ELIGIBLE = "not_eligible"
    NO_CAPACITY = "no_capacity"
    NOT_POSSIBLE = "not_possible"
    """No office is responsible for the firm."""


class WishKind(StrEnum):
    """What a participant of a roadshow says of another; known to the office only."""

    MUST = "must"
    WOULD = "would"
    NO = "no"
    """No thanks: an absolute veto. The other side never learns of it."""


class ConflictKind(StrEnum):
    """What stands against one meeting at one slot and room."""

    NO_ELIGIBLE = "no_eligible"
    VETO = "veto"
    MET_BEFORE = "met_before"
    NOT_AVAILABLE = "not_available"
    WRONG_ROOM = "wrong_room"
    MEET_TWICE = "meet_twice"
    DOUBLE_BOOKED = "double_booked"
    TRAVEL = "travel"
    MAXIMUM = "maximum"
    TABLES_FULL = "tables_full"


class UnmetKind(StrEnum):
    """What a plan of meetings left open."""

    NO_MEETING = "no_meeting"
    """A firm without any meeting."""
    MINIMUM = "minimum"
    """A participant below the least number of meetings."""
    WISH = "wish"


class UnmetCause(StrEnum):
    """Why; the first that holds. `VETO` is for the office's eyes: the other side reads `NO_ELIGIBLE`."""

    NO_ELIGIBLE = "no_eligible"
    VETO = "veto"
    MET_BEFORE = "met_before"
    NO_COMMON_SLOT = "no_common_slot"
    OWN_MAXIMUM = "own_maximum"
    PARTNER_MAXIMUM = "partner_maximum"
    BOOKED = "booked"
    """In every common slot one of the two sits with somebody else."""
    TRAVEL = "travel"
    TABLES_FULL = "tables_full"
    TIME_LIMIT = "time_limit"
    """Nothing stands against it: the solver ran out of time."""
