"""Published bands of confidential figures: the only form in which the engine and outsiders read them.

A band is its level, 0 to 7, on a scale of eight. Limits of loan products on a banded fact can stand only at band
edges, so that passing or failing a limit never tells more than the band that is shown anyway.
The edges are versioned reference data: a changed edge is a new `VERSION`.
"""

from bisect import bisect_right
from dataclasses import dataclass

VERSION = "2026.1"

_WAN_FEN = 1_000_000  # 1 万元 in fen


@dataclass(frozen=True)
class BandScale:
    """Eight bands cut by seven ascending edges; a value on an edge belongs to the band above it."""

    code: str
    unit: str
    """`fen`, `person`, `percent` or `day`."""
    edges: tuple[int, ...]

    @property
    def levels(self) -> range:
        return range(len(self.edges) + 1)

    def level_of(self, value: float | None) -> int | None:
        """Band level of a figure in the scale's unit; None stays None: no data is not the lowest band."""
        return None if value is None else bisect_right(self.edges, value)

    def bounds(self, level: int) -> tuple[int | None, int | None]:
        """Lower (inclusive) and upper (exclusive) edge in the scale's unit; None where the band is open."""
        if level not in self.levels:
            raise ValueError(f"{self.code} has no band {level}")
        lower = self.edges[level - 1] if level > 0 else None
        upper = self.edges[level] if level < len(self.edges) else None
        return lower, upper


def _wan(*edges: int) -> tuple[int, ...]:
    return tuple(edge * _WAN_FEN for edge in edges)


SCALES: dict[str, BandScale] = {
    scale.code: scale
    for scale in (
        BandScale("revenue", "fen", _wan(300, 500, 1_000, 2_000, 5_000, 10_000, 40_000)),
        BandScale("staff", "person", (10, 20, 50, 100, 300, 500, 1_000)),
        BandScale("debt_ratio", "percent", (20, 30, 40, 50, 60, 70, 80)),
        BandScale("tax", "fen", _wan(5, 20, 50, 100, 300, 1_000, 3_000)),
        BandScale("order", "fen", _wan(10, 50, 100, 300, 500, 1_000, 3_000)),
        BandScale("payment_days", "day", (1, 31, 61, 91, 121, 181, 366)),
        BandScale("collateral", "fen", _wan(1, 100, 300, 500, 1_000, 3_000, 10_000)),
    )
}
