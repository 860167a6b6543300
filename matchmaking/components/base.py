"""What a component is: how it is fitted, how it scores one pair plainly, and how it compiles.

Everything but `value` has a plain meaning in terms of `value`, and is tested against it pair by pair.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from matchmaking.columns import Columns
from matchmaking.history import History
from matchmaking.text import TextModel
from vocabulary.reasons import ComponentCode

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class LevelTable:
    """Values by demand level and supply column: pair (i, j) has `table[codes[i], columns[j]]`, NaN for no data.

    codes : int32 (n_demands,); table : float64 (n_levels, n_columns); columns : int32 (n_supplies,), None where each
    supply has its own column.
    """

    codes: NDArray[np.int32]
    table: NDArray[np.float64]
    columns: NDArray[np.int32] | None = None


@dataclass(frozen=True)
class Factors:
    """Values of low rank: pair (i, j) has `left[i] . right[j]`, no data unless both sides have it.

    left : float32 (n_demands, d); right : float32 (n_supplies, d)
    has_left, has_right : bool (n_demands,), (n_supplies,)
    """

    left: NDArray[np.float32]
    right: NDArray[np.float32]
    has_left: NDArray[np.bool_]
    has_right: NDArray[np.bool_]


@dataclass(frozen=True)
class Postings:
    """Values of sparse rows: pair (i, j) has `left[i] . right[j]`, no data unless both sides have it.

    left, right : csr float32 or float64 of shapes (n_demands, n_terms), (n_supplies, n_terms), sorted indices
    """

    left: "csr_matrix"
    right: "csr_matrix"
    has_left: NDArray[np.bool_]
    has_right: NDArray[np.bool_]


Form = LevelTable | Factors | Postings


@dataclass(frozen=True)
class Fitting:
    """What a component may learn from: the rows at hand, what happened before, and the fitted text model."""

    supplies: Columns
    demands: Columns
    history: History
    text: TextModel


class Compiled(Protocol):
    """A fitted component against a fixed set of supplies. `right`, `columns` and the like are made once and reused."""

    def compile(self, demands: Columns) -> tuple[Form, ...]:
        """Forms whose values add up to the component's; no data in any of them is no data."""
        ...


class FittedComponent(ABC):
    """A component after fitting: a pure function of two rows.

    `value` lies in [0, 1], or is None where the facts do not say: the component then abstains and its weight is
    shared by the others.
    """

    code: ComponentCode

    @abstractmethod
    def value(self, demand: Any, supply: Any) -> float | None:
        """Value of one pair."""

    @abstractmethod
    def against(self, supplies: Columns) -> Compiled:
        """The component compiled for these supplies, fitted or new."""

    def values(self, demands: Columns, supplies: Columns) -> NDArray[np.float64]:
        """Values of shape (n_demands, n_supplies), NaN where `value` is None; overridden where rows are cheaper."""
        return plain_matrix(self.value, demands.rows(), supplies.rows())


class Component(Protocol):
    """What a market declares."""

    @property
    def code(self) -> ComponentCode: ...

    def fit(self, fitting: Fitting) -> FittedComponent:
        """The component with what it learned; one that learns nothing returns itself."""
        ...


Score = Callable[[Any, Any], float | None]
Matrix = Callable[[Sequence[Any]], NDArray[np.float64]]


@dataclass(frozen=True)
class PlainComponent(FittedComponent):
    """A component of a few facts that learns nothing; it compiles by asking `score` once per pair of distinct values.

    `matrix(supplies)(demands)` may give the same values for all pairs of two lists of rows at once, shape
    (n_demands, n_supplies); it is worth writing where both sides have many distinct values.
    """

    code: ComponentCode
    score: Score
    demand_facts: tuple[str, ...]
    supply_facts: tuple[str, ...]
    matrix: Callable[[Sequence[Any]], Matrix] | None = None

    def fit(self, fitting: Fitting) -> FittedComponent:
        return self

    def value(self, demand: Any, supply: Any) -> float | None:
        return self.score(demand, supply)

    def against(self, supplies: Columns) -> Compiled:
        return _PlainAgainst(self, supplies)


class _PlainAgainst:
    """Distinct supplies, kept; a block of demands is held against them by its own distinct values."""

    def __init__(self, component: PlainComponent, supplies: Columns) -> None:
        self._component = component
        self._columns, first = supplies.levels(component.supply_facts)
        distinct = supplies.rows(first)
        if component.matrix is not None:
            self._matrix = component.matrix(distinct)
        else:
            self._matrix = lambda demands: plain_matrix(component.score, demands, distinct)

    def compile(self, demands: Columns) -> tuple[Form, ...]:
        codes, first = demands.levels(self._component.demand_facts)
        return (LevelTable(codes, self._matrix(demands.rows(first)), self._columns),)


def plain_matrix(score: Score, demands: Sequence[Any], supplies: Sequence[Any]) -> NDArray[np.float64]:
    """`score` of every pair, NaN for None; shape (n_demands, n_supplies)."""
    values = [[np.nan if (value := score(d, s)) is None else value for s in supplies] for d in demands]
    return np.array(values, dtype=np.float64).reshape(len(demands), len(supplies))


def shared_depth(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How many levels two paths have in common, from the coarse end."""
    depth = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        depth += 1
    return depth


class SharedDepths:
    """`shared_depth` of many paths with some given ones, whose codes are numbered once."""

    def __init__(self, given: Sequence[tuple[str, ...] | None]) -> None:
        self._deepest = max((len(path or ()) for path in given), default=0)
        codes = dict.fromkeys(code for path in given for code in path or ())
        self._numbers = {code: number for number, code in enumerate(codes)}
        self._given = self._numbered(given, -1)

    def __call__(self, paths: Sequence[tuple[str, ...] | None]) -> NDArray[np.int64]:
        """Depths int64 (n_paths, n_given); a missing path shares nothing."""
        asked = self._numbered(paths, -2)
        depths = np.zeros((len(paths), len(self._given)), dtype=np.int64)
        is_shared = np.ones(depths.shape, dtype=bool)
        for level in range(self._deepest):
            is_shared &= asked[:, level, None] == self._given[None, :, level]
            depths += is_shared
        return depths

    def _numbered(self, paths: Sequence[tuple[str, ...] | None], filler: int) -> NDArray[np.int64]:
        codes = np.full((len(paths), self._deepest), filler, dtype=np.int64)
        for row, path in enumerate(paths):
            known = [self._numbers.get(code, filler) for code in (path or ())[: self._deepest]]
            codes[row, : len(known)] = known
        return codes
