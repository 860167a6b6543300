"""Components by kind of form: laid out for scanning in float32 and for exact scoring of single pairs in float64."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matchmaking.columns import Columns, distinct_rows
from matchmaking.components.base import Factors, FittedComponent, Form, LevelTable, Postings

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_TINY = np.float32(1e-30)
"""Mass of a pair without any data, so that its score is 0 / tiny = 0."""
_ROUNDING = 2.0**-24
"""Relative error of one rounding to float32."""


class Transposed:
    """Sparse rows of the supplies by term: for each term the supplies that hold it, ascending."""

    def __init__(self, right: "csr_matrix") -> None:
        by_term = right.tocsc()
        by_term.sort_indices()
        self.starts = by_term.indptr.astype(np.int64)
        self.places = by_term.indices.astype(np.int32)
        self.values = by_term.data

    @cached_property
    def scanned(self) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Places and float32 values side by side, int32 and float32 views of the same (n_postings, 2)."""
        joined = np.empty((len(self.places), 2), dtype=np.int32)
        joined[:, 0] = self.places
        as_real = joined.view(np.float32)
        as_real[:, 1] = self.values
        return joined, as_real


@dataclass(frozen=True)
class Sparse:
    """A lexical part for scanning: the block's weighted rows and the supplies by term."""

    starts: NDArray[np.int64]
    terms: NDArray[np.int32]
    values: NDArray[np.float32]
    right: Transposed


@dataclass(frozen=True)
class Block:
    """Demands laid out for scanning: score = (left . right + postings + tables) / mass.

    left : float32 (n, d), weighted; right : float32 (n_lanes, d)
    postings : lexical parts, weighted
    codes : int32 (n, n_tables); tables : float32 (n_rows, n_lanes), weighted
    mass_codes : int32 (n,); mass : float32 (n_classes, n_lanes), above 0
    error : a bound of |scanned score - exact score|
    forms : of each component, for exact scoring
    """

    left: NDArray[np.float32]
    right: NDArray[np.float32]
    postings: tuple[Sparse, ...]
    codes: NDArray[np.int32]
    tables: NDArray[np.float32]
    mass_codes: NDArray[np.int32]
    mass: NDArray[np.float32]
    error: float
    forms: tuple[tuple[Form, ...], ...]


class Parts:
    """The fitted components of a market against supplies in their scanning order.

    Parameters
    ----------
    components, weights : one weight for each component
    supplies : Columns with n_supplies rows
    n_lanes : n_supplies rounded up to whole tiles; the lanes past the last supply hold zeros
    """

    def __init__(
        self, components: Sequence[FittedComponent], weights: Sequence[float], supplies: Columns, n_lanes: int
    ) -> None:
        self.weights = [float(weight) for weight in weights]
        self._n_lanes = n_lanes
        self._n_supplies = len(supplies)
        self._compiled = [part.against(supplies) for part in components]
        self._rights: dict[int, tuple[Any, Any]] = {}

    def compile(self, demands: Columns) -> tuple[tuple[Form, ...], ...]:
        """Forms of each component for these demands."""
        return tuple(part.compile(demands) for part in self._compiled)

    def lay_out(self, n_demands: int, forms: tuple[tuple[Form, ...], ...]) -> Block:
        """The same forms weighted and side by side, for scanning."""
        weighted = [(weight, form) for weight, of_part in zip(self.weights, forms, strict=True) for form in of_part]
        factors = [(weight, form) for weight, form in weighted if isinstance(form, Factors)]
        postings = [(weight, form) for weight, form in weighted if isinstance(form, Postings)]
        tables = [(weight, form) for weight, form in weighted if isinstance(form, LevelTable)]
        codes, rows = self._tables(n_demands, tables)
        mass_codes, mass = self._mass(n_demands, forms)
        return Block(
            _side_by_side(n_demands, [np.where(f.has_left[:, None], f.left, 0) * np.float32(w) for w, f in factors]),
            self._factors_right([form for _, form in factors]),
            tuple(self._sparse(weight, form) for weight, form in postings),
            codes,
            rows,
            mass_codes,
            mass,
            _error([form for _, form in weighted]),
            forms,
        )

    def transposed(self, form: Postings) -> Transposed:
        """The supplies of a lexical form by term, made once."""
        kept: Transposed = self._once(form.right, lambda: Transposed(form.right))
        return kept

    def _once(self, right: Any, make: Any) -> Any:
        """What was made of a supplies' side before; the side itself is kept too, so that its id stays its own."""
        if id(right) not in self._rights:
            self._rights[id(right)] = (right, make())
        return self._rights[id(right)][1]

    def _factors_right(self, forms: list[Factors]) -> NDArray[np.float32]:
        def make() -> NDArray[np.float32]:
            rows = _side_by_side(self._n_supplies, [np.where(f.has_right[:, None], f.right, 0) for f in forms])
            padded = np.zeros((self._n_lanes, rows.shape[1]), dtype=np.float32)
            padded[: len(rows)] = rows
            return padded

        if not forms:
            return np.zeros((self._n_lanes, 0), dtype=np.float32)
        kept: NDArray[np.float32] = self._once(forms[0].right, make)
        return kept

    def _sparse(self, weight: float, form: Postings) -> Sparse:
        values = (form.left.data * weight).astype(np.float32)
        starts, terms = form.left.indptr.astype(np.int64), form.left.indices.astype(np.int32)
        return Sparse(starts, terms, values, self.transposed(form))

    def _tables(
        self, n_demands: int, tables: list[tuple[float, LevelTable]]
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        codes = np.zeros((n_demands, len(tables)), dtype=np.int32)
        rows = np.zeros((sum(len(form.table) for _, form in tables), self._n_lanes), dtype=np.float32)
        start = 0
        for place, (weight, form) in enumerate(tables):
            codes[:, place] = form.codes + start
            small = (np.nan_to_num(form.table, nan=0.0) * weight).astype(np.float32)
            stop = start + len(small)
            for row, values in zip(rows[start:stop, : self._n_supplies], small, strict=True):
                row[:] = values if form.columns is None else values[form.columns]
            start = stop
        return codes, rows

    def _mass(
        self, n_demands: int, forms: tuple[tuple[Form, ...], ...]
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Which demands have data for which components, and the weight that has data against each supply."""
        patterns = [self._pattern(of_part[0]) for of_part in forms]
        codes = np.stack([codes for codes, _ in patterns], axis=1)
        classes, mass_codes = np.unique(codes, axis=0, return_inverse=True)
        mass = np.zeros((len(classes), self._n_lanes), dtype=np.float32)
        for row, of_class in enumerate(classes):
            total = np.zeros(self._n_supplies)
            for code, (_, has), weight in zip(of_class, patterns, self.weights, strict=True):
                total += weight * has[code]
            mass[row, : self._n_supplies] = total
        return mass_codes.reshape(n_demands).astype(np.int32), np.maximum(mass, _TINY)

    def _pattern(self, form: Form) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """For each demand a row of `has`, bool (n_rows, n_supplies)."""
        if not isinstance(form, LevelTable):
            return form.has_left.astype(np.int32), np.stack([np.zeros(self._n_supplies, dtype=bool), form.has_right])
        if not len(form.table):
            return form.codes, np.zeros((1, self._n_supplies), dtype=bool)
        has = ~np.isnan(form.table)
        first, merged = distinct_rows(has)
        has = has[first]
        return merged[form.codes], has if form.columns is None else has[:, form.columns]


def pair_values(
    forms: tuple[tuple[Form, ...], ...], rows: NDArray[np.int64], places: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Exact values of single pairs, float64 (n_pairs, n_components), NaN for no data.

    Level tables hold the plain values themselves; products are added in float64, sparse ones in order of terms as
    the plain path adds them.
    """
    from matchmaking import kernels

    values = np.zeros((len(forms), len(rows)))
    for out, of_part in zip(values, forms, strict=True):
        for form in of_part:
            if isinstance(form, LevelTable):
                kernels.level_values(rows, places, form.codes, form.table, _columns(form), out)
            elif isinstance(form, Factors):
                kernels.factor_values(rows, places, form.left, form.right, form.has_left, form.has_right, out)
            else:
                left, right = _csr(form.left), _csr(form.right)
                n_terms = form.right.shape[1]
                kernels.posting_values(rows, places, left, right, n_terms, form.has_left, form.has_right, out)
    return values.T


def pair_scores(values: NDArray[np.float64], weights: Sequence[float]) -> NDArray[np.float64]:
    """Scores float64 (n,) of values (n, n_components)."""
    from matchmaking.kernels import weighted_scores

    scores = np.empty(len(values))
    weighted_scores(np.ascontiguousarray(values.T), np.array(weights), scores)
    return scores


def pair_points(values: NDArray[np.float64], weights: Sequence[float]) -> NDArray[np.float64]:
    """Points float64 (n, n_components) that add up to the scores, NaN where a component abstained."""
    has = ~np.isnan(values)
    mass = np.zeros(len(values))
    for column, weight in enumerate(weights):
        mass += np.where(has[:, column], weight, 0.0)
    points = np.asarray(weights) * values / np.where(mass > 0, mass, 1.0)[:, None]
    return np.where(has & (mass <= 0)[:, None], 0.0, points)


def _columns(form: LevelTable) -> NDArray[np.int32]:
    return np.arange(form.table.shape[1], dtype=np.int32) if form.columns is None else form.columns


def _csr(matrix: "csr_matrix") -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[Any]]:
    return matrix.indptr, matrix.indices, matrix.data


def _side_by_side(n_rows: int, parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    joined = np.concatenate(parts, axis=1) if parts else np.zeros((n_rows, 0))
    return np.ascontiguousarray(joined, dtype=np.float32)


def _error(forms: list[Form]) -> float:
    """A bound of what float32 makes of a score.

    A sum of n products rounded to u is off by at most (n + 1) u sum |l||r|, and sum |l||r| <= |l| |r| (Cauchy). Each
    component is off by that times its weight, so that after division by the weights with data the worst component
    bounds the whole.
    """
    n_terms, largest = 8, 1.0
    for form in forms:
        if isinstance(form, Factors):
            n_terms += form.left.shape[1]
            largest = max(largest, _longest(form.left**2) * _longest(form.right**2))
        elif isinstance(form, Postings):
            n_terms += int(np.diff(form.left.indptr).max(initial=0))
            largest = max(largest, _longest(form.left.power(2)) * _longest(form.right.power(2)))
        else:
            n_terms += 1
            largest = max(largest, float(np.abs(np.nan_to_num(form.table)).max(initial=0.0)))
    return n_terms * _ROUNDING * largest * 2


def _longest(squares: Any) -> float:
    """Length of the longest row, from its squares."""
    return float(np.sqrt(np.max(np.asarray(squares.sum(axis=1)), initial=0.0)))
