"""The plan drawn along its three years; the table below it says the same in words."""

from dataclasses import dataclass
from datetime import date

from access.lists.chain_plans import PhaseLine, TaskLine

WIDTH, LEFT, ROW, HEAD = 1000, 190, 26, 34


@dataclass(frozen=True)
class Bar:
    """One task: a bar from its first to its last day, at `y`."""

    line: TaskLine
    x: float
    y: int
    width: float


@dataclass(frozen=True)
class PhaseBand:
    phase: str
    x: float
    width: float
    year: int


@dataclass(frozen=True)
class Timeline:
    height: int
    bands: list[PhaseBand]
    bars: list[Bar]
    today_x: float | None
    """None while today lies outside the plan."""


def timeline(phases: list[PhaseLine], on: date) -> Timeline | None:
    """Places in units of a drawing `WIDTH` wide; None without phases."""
    if not phases:
        return None
    first, last = phases[0].first, phases[-1].last
    days = (last - first).days + 1

    def x_of(day: date, extra: int = 0) -> float:
        share = min(1.0, max(0.0, ((day - first).days + extra) / days))
        return round(LEFT + share * (WIDTH - LEFT), 1)

    bands = [
        PhaseBand(row.phase.value, x_of(row.first), x_of(row.last, 1) - x_of(row.first), nth)
        for nth, row in enumerate(phases, 1)
    ]
    lines = [line for row in phases for line in row.tasks]
    bars = [
        Bar(line, x_of(line.task.starts_on), HEAD + nth * ROW,
            max(4.0, round(x_of(line.task.due_on, 1) - x_of(line.task.starts_on), 1)))
        for nth, line in enumerate(lines)
    ]  # fmt: skip
    return Timeline(HEAD + len(lines) * ROW + 6, bands, bars, x_of(on) if first <= on <= last else None)
