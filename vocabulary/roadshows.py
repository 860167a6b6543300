"""Codes of the one-to-one meetings of a roadshow: what stands in their way."""

from enum import StrEnum


class MeetingConflict(StrEnum):
    """What is wrong with a meeting at a slot and a table."""

    DOUBLE_BOOKED = "double_booked"
    TABLE_TAKEN = "table_taken"
    OUTSIDE = "outside"
    VETO = "veto"
    """One side wants no meeting; which one is not said."""
    NOT_COMING = "not_coming"
    NO_POSTINGS = "no_postings"
    """Neither side has an open posting that the other could answer."""
    ON_STAGE = "on_stage"
    ALREADY_MEETING = "already_meeting"
    UNAVAILABLE = "unavailable"
    OVER_MAX = "over_max"
    MET_BEFORE = "met_before"
    NOT_RECOMMENDED = "not_recommended"


WARNINGS = frozenset(
    {
        MeetingConflict.UNAVAILABLE,
        MeetingConflict.OVER_MAX,
        MeetingConflict.MET_BEFORE,
        MeetingConflict.NOT_RECOMMENDED,
    }
)
"""Conflicts an official may overrule; all others block."""
