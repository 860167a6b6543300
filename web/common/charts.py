"""Geometry of the inline charts. Templates only draw what is computed here; what is summed is what is shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH = 320.0


@dataclass(frozen=True)
class Bar:
    """One bar: its words, its share in points (0 to 100) and where it stands, in units of the drawing."""

    name: str
    text: str
    points: float
    x: float
    width: float
    has_data: bool = True


def waterfall(parts: Iterable[tuple[str, str, float | None]]) -> list[Bar]:
    """Bars that begin where the one before ends; their points add up to the score.

    `parts` are (name, explanation, share of the score in [0, 1] or None for an aspect without data).
    """
    bars: list[Bar] = []
    start = 0.0
    for name, explanation, share in parts:
        points = (share or 0.0) * 100
        bars.append(Bar(name, explanation, points, start / 100 * WIDTH, points / 100 * WIDTH, share is not None))
        start += points
    return bars


def bars(rows: Sequence[tuple[str, float]]) -> list[Bar]:
    """Plain bars on a common scale from zero to the largest value."""
    largest = max((value for _, value in rows), default=0) or 1
    return [Bar(name, "", value, 0.0, value / largest * WIDTH) for name, value in rows]
