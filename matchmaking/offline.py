"""Several orders of the same decided pairs, judged by later decisions: of known firms, of new ones, and of both.

The measure is that of `learning.promote`: how often a good pair stands above a bad one (area under the ROC curve), ties
counting half, with influence capped and intervals by drawing firms (cluster bootstrap).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchmaking.evaluation import CONFIDENCE
from matchmaking.learning import Decisions, auc, draws, influence, levels, too_few_held_out
from matchmaking.weights import Floats
from vocabulary.model_versions import HeldOut, RankOrder


@dataclass(frozen=True)
class Measured:
    """One order: its figure and interval, and the interval of what the candidate gains over it."""

    order: RankOrder
    value: float
    low: float
    high: float
    gain_low: float
    gain_high: float


@dataclass(frozen=True)
class Comparison:
    """All orders on one group of later decisions; none where there are too few decisions to tell."""

    group: HeldOut
    n: int
    measured: tuple[Measured, ...] = ()

    @property
    def beats_chance(self) -> bool:
        """Whether the candidate's interval lies above one half."""
        return any(part.order is RankOrder.CANDIDATE and part.low > 0.5 for part in self.measured)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self) | {"beats_chance": self.beats_chance}


def compare(
    decisions: Decisions,
    orders: Mapping[RankOrder, Floats],
    *,
    known: NDArray[np.bool_],
    new: NDArray[np.bool_],
    seed: int = 0,
) -> tuple[Comparison, ...]:
    """Judge orders on later decisions.

    Parameters
    ----------
    decisions : n of them, learned from or not.
    orders : float array (n,) by order, higher is better; the candidate among them.
    known, new : masks (n,) of the later decisions of firms that were learned from, and of firms that were not.
    """
    masks = {HeldOut.ALL: known | new, HeldOut.KNOWN_FIRMS: known, HeldOut.NEW_FIRMS: new}
    return tuple(_judged(group, decisions, orders, mask, seed) for group, mask in masks.items())


def _judged(
    group: HeldOut, decisions: Decisions, orders: Mapping[RankOrder, Floats], mask: NDArray[np.bool_], seed: int
) -> Comparison:
    later = decisions.only(mask)
    weight = influence(later)
    if not len(later) or too_few_held_out(later, weight):
        return Comparison(group, len(later))
    placed = {order: levels(score[mask]) for order, score in orders.items()}
    drawn = np.array(
        [[auc(later.labels, places, part) for places in placed.values()] for part in draws(later, weight, seed)]
    )
    gains = drawn[:, [list(placed).index(RankOrder.CANDIDATE)]] - drawn
    ends = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    (low, high), (gain_low, gain_high) = (np.quantile(part, ends, axis=0) for part in (drawn, gains))
    measured = tuple(
        Measured(
            order, auc(later.labels, places, weight), float(low[n]), float(high[n]),
            float(gain_low[n]), float(gain_high[n]),
        )
        for n, (order, places) in enumerate(placed.items())
    )  # fmt: skip
    return Comparison(group, len(later), measured)
