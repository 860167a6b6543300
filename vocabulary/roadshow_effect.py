"""What the comparison of a roadshow's firms with similar ones counts, matches on and leaves out."""

from enum import StrEnum


class EffectGroup(StrEnum):
    """Whose outcomes are compared with those of similar firms."""

    PRESENTED = "presented"
    MET = "met"
    """Sat in a one-to-one meeting."""


class EffectOutcome(StrEnum):
    """What may come to a firm in the months after, each counted by itself."""

    INTRODUCED = "introduced"
    CREDIT_GRANTED = "credit_granted"
    DISBURSED = "disbursed"
    ORDERED = "ordered"


class Covariate(StrEnum):
    """What was known of a firm before the day; the chain is matched exactly, the others as near as there are firms."""

    DISTRICT = "district"
    INDUSTRY = "industry"
    SIZE = "size"
    TIER = "tier"
    OPEN_POSTINGS = "open_postings"
    EARLIER = "earlier"


class LeftOut(StrEnum):
    """Why a firm is in neither group."""

    CAME_EARLIER = "came_earlier"
    """It came to an earlier roadshow, and counts there."""
    CAME = "came"
    """It came to some roadshow without being in the group: no firm to compare with."""
    JOINED_LATER = "joined_later"
    NO_FACTS = "no_facts"
    """Nothing about it was verified before the day, or not its chain."""
    NOBODY_SIMILAR = "nobody_similar"
