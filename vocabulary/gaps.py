"""What a chain lacks (断点缺口): the kinds of gaps, why they end, and what is done about them."""

from enum import StrEnum

from vocabulary.lifecycle import lifecycle

PROJECT_GRACE_DAYS = 180
"""A plant in production needs time until it has filed and matches: its gap is not found again for the same needs."""


class GapKind(StrEnum):
    """Needs come before links: money is counted once, where it says what to make."""

    UNMET_PURCHASE = "unmet_purchase"
    UNSERVED_FINANCING = "unserved_financing"
    MISSING_LINK = "missing_link"
    THIN_LINK = "thin_link"


LINK_GAPS = frozenset({GapKind.MISSING_LINK, GapKind.THIN_LINK})


class GapEventKind(StrEnum):
    FOUND = "found"
    REOPENED = "reopened"
    CLOSED = "closed"


class GapCause(StrEnum):
    """Why a gap closed."""

    SUPPLIER_CAME = "supplier_came"
    PRODUCT_CAME = "product_came"
    FIRM_CONFIRMED = "firm_confirmed"
    NEEDS_ENDED = "needs_ended"
    LINK_CHANGED = "link_changed"
    PROJECT_IN_PRODUCTION = "project_in_production"


class GapTaskKind(StrEnum):
    """招商线索: somebody new is wanted. 升级任务: a firm of the city is helped to meet what it lacks."""

    LEAD = "lead"
    UPGRADE = "upgrade"


class GapTaskEnding(StrEnum):
    """Why a lead or an upgrade task ended."""

    PROJECT_IN_PRODUCTION = "project_in_production"
    FIRM_PASSES = "firm_passes"
    GAP_CLOSED = "gap_closed"
    BY_HAND = "by_hand"


class GapStatus(StrEnum):
    """A gap of a chain; a closed one keeps its history and opens again if it comes back."""

    OPEN = "open"
    CLOSED = "closed"


class GapTaskStatus(StrEnum):
    """An investment lead or an upgrade task: in hand, a key project, done or given up."""

    OPEN = "open"
    IN_PROJECT = "in_project"
    DONE = "done"
    DROPPED = "dropped"


GAP = lifecycle(
    "gap",
    GapStatus,
    GapStatus.OPEN,
    {GapStatus.OPEN: (GapStatus.CLOSED,), GapStatus.CLOSED: (GapStatus.OPEN,)},
)
_K = GapTaskStatus
GAP_TASK = lifecycle(
    "gap_task",
    _K,
    _K.OPEN,
    {
        _K.OPEN: (_K.IN_PROJECT, _K.DONE, _K.DROPPED),
        # A project that is given up gives its lead back.
        _K.IN_PROJECT: (_K.DONE, _K.OPEN),
    },
)
