"""What supplies really did, as shares backed off from fine to coarse.

How likely is each supply, given a line of ever finer circumstances (state, postal area, town, street)? At each step
the counts there are mixed with what the coarser step said:

    p(s | node) = (max(count(s, node) - d, 0) + (k + d * n_seen(node)) * p(s | parent)) / (n(node) + k)

with n events and n_seen different supplies at the node, a strength k that says how many events the coarser step is
worth, and a discount d that keeps one chance event small. Above the coarsest step stands the share of all events. The
shares of a node add up to one. Sources: MacKay and Peto (1995) for the strength, Ney, Essen and Kneser (1994) for the
discount, Teh (2006) for both in one.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Path = tuple[str, ...]
Floats = NDArray[np.float64]
Columns = NDArray[np.int64]

_START = 0.05
"""Events that every supply is credited with before any is counted."""


def overall_shares(columns: Columns, n_supplies: int, weights: Floats | None = None) -> Floats:
    """Each supply's share of all events, shape (n_supplies,); every share is above 0 and they add up to 1."""
    counts = np.bincount(columns, weights, n_supplies) + _START
    shares: Floats = counts / counts.sum()
    return shares


def recency(ages: Floats, half_life: float) -> Floats:
    """Weight of events by their age in days: 1 today, 1/2 after `half_life`."""
    weights: Floats = 0.5 ** (ages / half_life)
    return weights


@dataclass(frozen=True)
class _Node:
    """p = kept * p(parent) everywhere, plus `gained` at `columns`."""

    kept: float
    columns: NDArray[np.int64]
    gained: Floats
    gain_of: dict[int, float]


class BackedOffShares:
    """Shares of supplies along paths of circumstances.

    Parameters
    ----------
    strength : events that the coarser step is worth (k)
    discount : taken from each count before it speaks (d), in [0, 1)

    Attributes
    ----------
    overall_ : float64 (n_supplies,), shares of all events
    nodes_ : what was seen at each step, by the path that leads to it
    """

    def __init__(self, *, strength: float = 5.0, discount: float = 0.5) -> None:
        self.strength = strength
        self.discount = discount

    def fit(self, paths: Sequence[Path | None], columns: Columns, n_supplies: int) -> Self:
        """Count events by path; `columns` (n_events,) says which supply each event was. No path is no data."""
        self.overall_ = overall_shares(columns, n_supplies)
        counts: defaultdict[Path, Counter[int]] = defaultdict(Counter)
        for path, column in zip(paths, columns.tolist(), strict=True):
            for depth in range(1, len(path or ()) + 1):
                assert path is not None
                counts[path[:depth]][column] += 1
        self.nodes_ = {path: self._node(counted) for path, counted in counts.items()}
        return self

    def _node(self, counted: Counter[int]) -> _Node:
        n_events, n_seen = counted.total(), len(counted)
        whole = n_events + self.strength
        seen = np.array(sorted(counted), dtype=np.int64)
        gained = np.array([(counted[int(column)] - self.discount) / whole for column in seen])
        kept = (self.strength + self.discount * n_seen) / whole
        return _Node(kept, seen, gained, dict(zip(seen.tolist(), gained.tolist(), strict=True)))

    def lifts(self, path: Path | None) -> Floats | None:
        """log(share at the path / overall share), shape (n_supplies,); None where nothing is known of the path."""
        nodes = self._along(path)
        if not nodes:
            return None
        shares = self.overall_.copy()
        for node in nodes:
            shares *= node.kept
            shares[node.columns] += node.gained
        lifts: Floats = np.log(shares / self.overall_)
        return lifts

    def lift(self, path: Path | None, column: int) -> float | None:
        """One supply's entry of `lifts`."""
        nodes = self._along(path)
        if not nodes:
            return None
        share = float(self.overall_[column])
        for node in nodes:
            share = share * node.kept + node.gain_of.get(column, 0.0)
        return math.log(share / float(self.overall_[column]))

    def _along(self, path: Path | None) -> list[_Node]:
        """Nodes of the path from coarse to fine, as far as events reach."""
        found = (self.nodes_.get((path or ())[:depth]) for depth in range(1, len(path or ()) + 1))
        return [node for node in found if node is not None]


class PastTexts:
    """How much a text is like those that each supply answered before.

    Terms first gain or lose weight by how much more often two past texts that share them were answered by one supply
    than any two were, shrunk towards no difference. Kernel ridge regression (Saunders et al. 1998) of who answered on
    the weighted rows then lets texts that resemble everything say little.

    Parameters
    ----------
    penalty : ridge penalty on unit-length rows
    pair_strength : pairs of texts that "no difference" is worth
    most_texts : only so many of the latest events are read

    Attributes
    ----------
    term_weights_ : float64 (n_terms,), square roots of the learned ratios
    coefficients_ : float64 (n_texts, n_supplies)
    """

    def __init__(self, *, penalty: float = 3.0, pair_strength: float = 300.0, most_texts: int = 3_000) -> None:
        self.penalty = penalty
        self.pair_strength = pair_strength
        self.most_texts = most_texts

    def fit(self, rows: sparse.csr_matrix, columns: Columns) -> Self:
        """Learn from events in order of time: unit-length rows (n_events, n_terms) and who answered (n_events,)."""
        known = np.flatnonzero(np.diff(rows.indptr) > 0)[-self.most_texts :]
        self.supplies_, answered = np.unique(columns[known], return_inverse=True)
        self.term_weights_ = np.ones(rows.shape[1])
        self.rows_, self.coefficients_ = rows[known], np.zeros((len(known), len(self.supplies_)))
        if not len(known):
            return self
        whose = sparse.csr_matrix(
            (np.ones(len(known)), (np.arange(len(known)), answered)), shape=(len(known), len(self.supplies_))
        )
        self.term_weights_ = np.sqrt(self._ratios(self.rows_, whose))
        self.rows_ = self._weighted(self.rows_)
        kernel = (self.rows_ @ self.rows_.T).toarray() + self.penalty * np.eye(len(known))
        self.coefficients_ = np.linalg.solve(kernel, whose.toarray())
        return self

    def _ratios(self, rows: sparse.csr_matrix, whose: sparse.csr_matrix) -> Floats:
        """How many times as often two texts sharing a term have one supply as two texts have by chance."""
        holds = sparse.csr_matrix((np.ones(rows.nnz), rows.indices, rows.indptr), shape=rows.shape)
        n_texts = np.asarray(holds.sum(axis=0)).ravel()
        of_supply = sparse.csr_matrix(whose.T @ holds)
        same = np.asarray(of_supply.multiply(of_supply).sum(axis=0)).ravel() - n_texts
        sizes = np.asarray(whose.sum(axis=0)).ravel()
        by_chance = float((sizes * (sizes - 1)).sum()) / max(1.0, rows.shape[0] * (rows.shape[0] - 1.0))
        if by_chance <= 0:
            return np.ones(rows.shape[1])
        pairs = n_texts * (n_texts - 1)
        ratios: Floats = (same + self.pair_strength * by_chance) / (pairs + self.pair_strength) / by_chance
        return np.maximum(ratios, _LEAST_RATIO)

    def _weighted(self, rows: sparse.csr_matrix) -> sparse.csr_matrix:
        weighted = sparse.csr_matrix(rows @ sparse.diags_array(self.term_weights_))
        lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        return sparse.csr_matrix(sparse.diags_array(inverse) @ weighted)

    def likeness(self, rows: sparse.csr_matrix) -> Floats:
        """Likeness in [0, 1] of shape (n_texts, n_supplies_with_texts): the square root of what the ridge predicts.

        A past text of one's own among unrelated ones gives about 1 / (1 + penalty); the root spreads small values.
        """
        if not len(self.supplies_):
            return np.zeros((rows.shape[0], 0))
        predicted = (self._weighted(rows) @ self.rows_.T) @ self.coefficients_
        likeness: Floats = np.sqrt(np.clip(predicted, 0.0, 1.0))
        return likeness


_LEAST_RATIO = 0.05
_FINEST = 7


def amount_path(amount_fen: int | None) -> Path | None:
    """How finely an amount is stated, then its order of magnitude in doublings.

    Lenders differ in whether they quote 30,000 or 20,833.25 more than in how much they lend.
    """
    if not amount_fen or amount_fen < 0:
        return None
    digits = str(amount_fen)
    zeros = min(len(digits) - len(digits.rstrip("0")), _FINEST)
    return (str(zeros), str((amount_fen // 100).bit_length()))


def region_path(path: Path | None) -> Path | None:
    """The place from coarse to fine; a postal code at its end also gives its own wider areas.

    `WI/MADISON/53703` is read as 5.., WI, 53..., 537.., MADISON, 53703: postal codes run by region, so their first
    digits name the neighbourhood even across state lines and where towns are misspelt. Codes made of their parents'
    (`43/4304/430482`) need none of this.
    """
    if not path or len(path) < 2 or not _is_postal(path[-1], path[-2]):
        return path
    *upper, code = path
    return (f"{code[0]}..", upper[0], f"{code[:2]}...", f"{code[:3]}..", *upper[1:], code)


def _is_postal(code: str, parent: str) -> bool:
    return code.isascii() and code.isdigit() and 5 <= len(code) <= 6 and not code.startswith(parent)


def latest_first_ages(days: Iterable[Any]) -> Floats:
    """Age of each day against the latest, in days."""
    ordinals = np.array([day.toordinal() for day in days], dtype=np.float64)
    ages: Floats = ordinals.max(initial=0.0) - ordinals
    return ages
