"""What key projects are for, what a chain aims at, and the printed rule of the traffic light."""

from datetime import date
from enum import StrEnum

from vocabulary.money import FEN_PER_YI

LARGE_FEN = FEN_PER_YI
"""From 100 million yuan on a project counts towards a chain's target."""
YELLOW_FROM, RED_ABOVE = 10, 30
"""Points behind schedule: below 10 green, 10 to 30 yellow, above 30 red."""


class ProjectKind(StrEnum):
    """What a project does for its chain: 建链, 补链, 延链, 强链."""

    BUILD = "build"
    FILL = "fill"
    EXTEND = "extend"
    STRENGTHEN = "strengthen"


class Light(StrEnum):
    """红黄绿灯, and why there is none."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    NO_REPORT = "no_report"
    NO_AMOUNT = "no_amount"
    NOT_STARTED = "not_started"
    DONE = "done"


class TargetKind(StrEnum):
    """What a chain wants to reach in a year."""

    LARGE_PROJECTS = "large_projects"
    BACKBONE_FIRMS = "backbone_firms"
    LEADER_FIRMS = "leader_firms"
    FIRMS_CONFIRMED = "firms_confirmed"
    LINKS_COVERED = "links_covered"
    ROADSHOWS_HELD = "roadshows_held"
    PAIRINGS_CONFIRMED = "pairings_confirmed"
    PROJECTS_BEGUN = "projects_begun"
    PROBLEMS_CLOSED = "problems_closed"


LISTED_TARGETS = (TargetKind.LARGE_PROJECTS, TargetKind.BACKBONE_FIRMS, TargetKind.LEADER_FIRMS)
"""Targets that the five lists print; the others stand in the chain's plan."""

USUAL_TARGETS: dict[TargetKind, tuple[int, int | None]] = {TargetKind.BACKBONE_FIRMS: (3, 5)}
"""At least and at most, where the office set no target for the year: three to five backbone firms a chain."""


def light_of(behind: int) -> Light:
    """The light of a project that is so many points behind its scheduled progress; negative is ahead."""
    if behind < YELLOW_FROM:
        return Light.GREEN
    return Light.YELLOW if behind <= RED_ABOVE else Light.RED


def scheduled_percent(start: date, finish: date, on: date) -> int:
    """序时进度: share of the planned days that are over at the end of a day, whole percent from 0 to 100."""
    passed = (on - start).days + 1
    whole = (finish - start).days + 1
    return min(100, max(0, passed * 100 // whole))


def done_percent(invested_fen: int, investment_fen: int) -> int:
    """Share of the planned investment that is spent, whole percent; above 100 where it cost more."""
    return invested_fen * 100 // investment_fen
