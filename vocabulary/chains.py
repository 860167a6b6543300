"""The words of chains: how firms stand on a link, who runs a chain, what changed in it, what binds an official."""

from enum import StrEnum


class FirmStanding(StrEnum):
    """What a firm is to its link: 龙头, 骨干 or one of the others."""

    LEADER = "leader"
    BACKBONE = "backbone"
    ORDINARY = "ordinary"


class OfficePost(StrEnum):
    """The posts of a chain's office, from the top."""

    DIRECTOR = "director"
    EXECUTIVE_DEPUTY = "executive_deputy"
    FULL_TIME_DEPUTY = "full_time_deputy"
    STAFF = "staff"


SINGLE_POSTS = frozenset({OfficePost.DIRECTOR, OfficePost.EXECUTIVE_DEPUTY})
"""Posts that one person holds at a time."""


class TieKind(StrEnum):
    """What ties an official to an organization, so that somebody else must decide about it (回避)."""

    SECONDED_FROM = "seconded_from"
    FORMER_EMPLOYER = "former_employer"
    SHAREHOLDING = "shareholding"
    RELATIVE = "relative"
    OTHER = "other"


class ChainChange(StrEnum):
    """What made a new version of a chain."""

    FOUNDED = "founded"
    DETAILS = "details"
    OFFICE = "office"
    LINK_ADDED = "link_added"
    LINK_CHANGED = "link_changed"
    LINK_RETIRED = "link_retired"
    LINK_RESTORED = "link_restored"
    LEADERS = "leaders"
    MERGED = "merged"
    SPLIT = "split"


class LinkState(StrEnum):
    """How well a link is filled, by the number of its confirmed firms."""

    STRONG = "strong"
    THIN = "thin"
    MISSING = "missing"


STRONG_FROM = 2
"""A link with at least this many confirmed firms is strong; with fewer it is thin, with none it is missing."""

MIN_SHARE_BASE = 5
"""A share of fewer needs than this is not shown: 样本不足."""


def link_state(n_confirmed: int) -> LinkState:
    """The state of a link with so many confirmed firms."""
    if n_confirmed == 0:
        return LinkState.MISSING
    return LinkState.STRONG if n_confirmed >= STRONG_FROM else LinkState.THIN
