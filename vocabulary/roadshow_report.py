"""What the report of a roadshow counts: kinds of rows, and the marks by which a figure picks its rows."""

from enum import StrEnum


class RowKind(StrEnum):
    """One list of a report. A figure counts the rows of one list that carry all of its marks."""

    ATTENDANCE = "attendance"
    MEETINGS = "meetings"
    PAIRINGS = "pairings"
    STEPS = "steps"
    OVERDUE = "overdue"
    UNMET = "unmet"
    PAIRS = "pairs"
    """Firms of a group with their similar firms."""
    FIRMS = "firms"
    """Firms that were or could not be compared."""


class Mark(StrEnum):
    """What is true of a row. Codes of kinds, markets, statuses, steps, groups and outcomes are marks too."""

    ASKED = "asked"
    ASKED_ITSELF = "asked_itself"
    WALKED_IN = "walked_in"
    HAD_SEAT = "had_seat"
    SAID_NO = "said_no"
    NO_SEAT = "no_seat"
    CAME = "came"
    NO_SHOW = "no_show"
    ON_STAGE = "on_stage"
    PITCHED = "pitched"
    PLANNED = "planned"
    HELD = "held"
    NOT_HELD = "not_held"
    FREED = "freed"
    FOUND_THERE = "found_there"
    BOTH_SAID = "both_said"
    ONE_SAID = "one_said"
    NOBODY_SAID = "nobody_said"
    BOTH_GO_ON = "both_go_on"
    WITH_REASON = "with_reason"
    SIMILAR = "similar"
    CANDIDATE = "candidate"
    """Of the chains of a group, and not in it; with `SIMILAR` if nothing spoke against comparing it."""
