"""Geometry of the inline charts. Templates only draw what is computed here; what is summed is what is shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """One bar: its words and its points; `x`, `width` and `most` are in per cent of the chart's width.

    `most` is as far as the bar could have come: what is missing to it is what the pair lost on this aspect.
    """

    name: str
    text: str
    points: float
    x: float
    width: float
    has_data: bool = True
    most: float = 0.0

    @property
    def end(self) -> float:
        return self.x + self.width


def waterfall(parts: Iterable[tuple[str, str, float | None, float]]) -> list[Bar]:
    """Bars that begin where the one before ends; their points add up to the score.

    `parts` are (name, explanation, share of the score in [0, 1] or None for an aspect without data, largest share).
    """
    bars: list[Bar] = []
    start = 0.0
    for name, explanation, share, most in parts:
        points = (share or 0.0) * 100
        bars.append(Bar(name, explanation, points, start, points, share is not None, most * 100))
        start += points
    return bars


def bars(rows: Sequence[tuple[str, float]]) -> list[Bar]:
    """Plain bars on a common scale from zero to the largest value."""
    largest = max((value for _, value in rows), default=0) or 1
    return [Bar(name, "", value, 0.0, value / largest * 100) for name, value in rows]


@dataclass(frozen=True)
class Interval:
    """A figure with its interval on an axis: places in per cent of the chart's width."""

    low: float
    middle: float
    high: float
    text: str


def interval(difference: float, low: float, high: float) -> Interval:
    """Where a difference and its interval stand on an axis from -100 to 100 points; all three in [-1, 1]."""
    text = f"{difference * 100:+.1f} [{low * 100:+.1f}, {high * 100:+.1f}]"
    return Interval(50 + 50 * low, 50 + 50 * difference, 50 + 50 * high, text)


def share(value: float, low: float, high: float) -> Interval:
    """Where a share and its interval stand on an axis from 0 to 1."""
    return Interval(100 * low, 100 * value, 100 * high, f"{value:.3f} [{low:.3f}, {high:.3f}]")
