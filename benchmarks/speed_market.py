"""A market-shaped world for measuring: ten gates, five components, about one pair in six eligible.

Facts are drawn as arrays; the engine gets them as columns and the baselines as they are, so that all answer the same
question. Shares of terms and regions are made up; industries are those of GB/T 4754.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from matchmaking import Column, Columns, FinanceDemand, FinanceSupply, Market
from matchmaking.components import lending
from matchmaking.components.base import Compiled, Factors, FittedComponent, Fitting, Form, Postings
from matchmaking.gates import lending as rules
from vocabulary import industries
from vocabulary.reasons import ComponentCode

AS_OF = date(2026, 6, 1)
WAN = 1_000_000
_PROVINCES, _CITIES = 12, 10
_PURPOSES = ("working_capital", "equipment", "project", "orders")
_METHODS = ("mortgage", "pledge", "guarantor", "receivables", "inventory", "credit", "patents", "unsecured")
_GRADES = ("A", "B", "M", "C", "D")
_LEAVES = [code for code, entry in industries.by_code().items() if entry.level == 4]
_GROUPS = [code for code, entry in industries.by_code().items() if entry.level == 3]
_SECTIONS = [code for code, entry in industries.by_code().items() if entry.level == 1]


@dataclass(frozen=True)
class World:
    """Both sides as columns, and the texts' rows: dense float32 (n, d), or sparse too where text is lexical."""

    demands: Columns
    supplies: Columns
    left: NDArray[np.float32]
    right: NDArray[np.float32]
    left_terms: csr_matrix | None = None
    right_terms: csr_matrix | None = None


@dataclass(frozen=True)
class VectorText(FittedComponent):
    """The text part of a world: its rows are looked up by id, so that no time goes into reading texts."""

    world: World
    lexical_share: float
    code: ComponentCode = ComponentCode.TEXT

    def fit(self, fitting: Fitting) -> FittedComponent:
        return self

    def value(self, demand: Any, supply: Any) -> float | None:
        dense = float(self.world.left[demand.id] @ self.world.right[supply.id]) * (1 - self.lexical_share)
        if self.world.left_terms is None or self.world.right_terms is None:
            return dense
        terms = self.world.left_terms[demand.id].multiply(self.world.right_terms[supply.id]).sum()
        return dense + float(terms) * self.lexical_share

    def against(self, supplies: Columns) -> Compiled:
        return _VectorsAgainst(self, np.array(supplies.ids))


class _VectorsAgainst:
    def __init__(self, component: VectorText, ids: NDArray[np.int64]) -> None:
        self._component = component
        self._right = component.world.right[ids]
        self._has_right = np.ones(len(ids), dtype=bool)
        terms = component.world.right_terms
        self._right_terms = None if terms is None else terms[ids]

    def compile(self, demands: Columns) -> tuple[Form, ...]:
        ids = np.array(demands.ids)
        has_left = np.ones(len(ids), dtype=bool)
        share, world = self._component.lexical_share, self._component.world
        dense = Factors(world.left[ids] * np.float32(1 - share), self._right, has_left, self._has_right)
        if world.left_terms is None or self._right_terms is None:
            return (dense,)
        left_terms = world.left_terms[ids] * np.float32(share)
        return Postings(left_terms, self._right_terms, has_left, self._has_right), dense


def market(world: World) -> Market:
    """Ten gates and five components of the finance market over a world."""
    return Market(
        code="finance",
        demand_type=FinanceDemand,
        supply_type=FinanceSupply,
        gates=(
            rules.AMOUNT, rules.TERM, rules.PURPOSE, rules.GUARANTEE, rules.REGION_SERVED, rules.OPERATING_MONTHS,
            rules.REVENUE_BAND, rules.DEBT_RATIO_BAND, rules.TAX_GRADE, rules.INDUSTRY,
        ),
        components=(
            (VectorText(world, 0.7 if world.left_terms is not None else 0.0), 0.4),
            (lending.INDUSTRY_FIT, 0.2),
            (lending.SIZE_FIT, 0.1),
            (lending.REGION_FIT, 0.15),
            (lending.GUARANTEE_FIT, 0.15),
        ),
        supply_order=("regions", "target_industries"),
    )  # fmt: skip


def make_world(n_demands: int, n_supplies: int, *, dimensions: int, seed: int = 0, lexical: bool = False) -> World:
    """A world of the given size; with `lexical`, texts get sparse rows as well."""
    draw = np.random.default_rng(seed)
    centres = draw.standard_normal((200, dimensions)).astype(np.float32)
    demands, topics = _demands(draw, n_demands)
    supplies, supply_topics = _supplies(draw, n_supplies)
    world = World(demands, supplies, _around(draw, centres, topics), _around(draw, centres, supply_topics))
    if not lexical:
        return world
    return replace(world, left_terms=_terms(draw, topics, 115), right_terms=_terms(draw, supply_topics, 60))


def _around(draw: np.random.Generator, centres: NDArray[np.float32], topics: NDArray[np.int64]) -> NDArray[np.float32]:
    """Unit rows near the centre of their topic."""
    rows = centres[topics] + draw.standard_normal((len(topics), centres.shape[1]), dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _terms(draw: np.random.Generator, topics: NDArray[np.int64], n_terms: int) -> csr_matrix:
    """Unit sparse rows of about `n_terms` terms of 60,000, none in more than about 2 % of the supplies."""
    shape = (len(topics), n_terms)
    common = (60_000 * draw.random(shape) ** 2.2).astype(np.int64)
    own = topics[:, None] * 250 + draw.integers(0, 250, shape)
    terms = np.where(draw.random(shape) < 0.3, own, common)
    rows = np.repeat(np.arange(len(topics)), n_terms)
    weights = draw.random(terms.size).astype(np.float32) + np.float32(0.2)
    matrix = csr_matrix((weights, (rows, terms.ravel())), shape=(len(topics), 60_000), dtype=np.float32)
    frequent = np.bincount(matrix.indices, minlength=60_000) > 0.02 * len(topics)
    matrix.data[frequent[matrix.indices]] = 0
    matrix.eliminate_zeros()
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1))).ravel()
    matrix.data /= np.repeat(np.maximum(length, 1e-9), np.diff(matrix.indptr)).astype(np.float32)
    matrix.sort_indices()
    return matrix


def _drawn(draw: np.random.Generator, n: int, values: list[Any], shares: list[float] | None = None) -> Column:
    return Column(draw.choice(len(values), n, p=shares).astype(np.int32), values)


def _ids(n: int) -> Column:
    return Column(np.arange(n, dtype=np.int32), range(n))


def _demands(draw: np.random.Generator, n: int) -> tuple[Columns, NDArray[np.int64]]:
    cities = [
        (f"{province + 31}", f"{province + 31}{city:02d}") for province in range(_PROVINCES) for city in range(_CITIES)
    ]
    leaves = _drawn(draw, n, [industries.path(code) for code in _LEAVES])
    several = [(method,) for method in _METHODS[:7]] + list(pairwise(_METHODS[:7]))
    amounts = sorted({int(wan) for wan in np.round(10 ** np.linspace(1, 3.7, 400))})
    days = [AS_OF - timedelta(days=int(day)) for day in range(200, 9_000, 7)]
    columns = {
        "id": _ids(n),
        "amount_fen": _drawn(draw, n, [wan * WAN for wan in amounts]),
        "term_months": _drawn(draw, n, [6, 12, 18, 24, 36, 60]),
        "purpose": _drawn(draw, n, list(_PURPOSES), [0.55, 0.2, 0.15, 0.1]),
        "guarantee_methods": _drawn(draw, n, several),
        "industry_path": leaves,
        "region_path": _drawn(draw, n, cities),
        "founded_on": _drawn(draw, n, days),
        "revenue_band": _drawn(draw, n, list(range(8))),
        "staff_band": _drawn(draw, n, list(range(8))),
        "debt_ratio_band": _drawn(draw, n, list(range(8))),
        "tax_grade": _drawn(draw, n, list(_GRADES), [0.4, 0.35, 0.15, 0.08, 0.02]),
    }
    return Columns.from_columns(FinanceDemand, columns), leaves.codes.astype(np.int64) % 200


def _supplies(draw: np.random.Generator, n: int) -> tuple[Columns, NDArray[np.int64]]:
    provinces = [(f"{province + 31}",) for province in range(_PROVINCES)]
    cities = [(f"{province + 31}{city:02d}",) for province in range(_PROVINCES) for city in range(_CITIES)]
    regions = [(), *provinces, *cities]
    shares = [0.4] + [0.4 / len(provinces)] * len(provinces) + [0.2 / len(cities)] * len(cities)
    targets = _drawn(draw, n, [()] + [(code,) for code in _GROUPS], [0.3] + [0.7 / len(_GROUPS)] * len(_GROUPS))
    excluded = [(), *((section,) for section in _SECTIONS)]
    taken = [(), *((method, other) for method in _METHODS[:7] for other in _METHODS[:7] if method < other)]
    columns = {
        "id": _ids(n),
        "min_amount_fen": _drawn(draw, n, [None, 10 * WAN, 30 * WAN, 50 * WAN]),
        "max_amount_fen": _drawn(draw, n, [500 * WAN, 1_000 * WAN, 3_000 * WAN, 10_000 * WAN, None]),
        "min_term_months": _drawn(draw, n, [None, 3, 6]),
        "max_term_months": _drawn(draw, n, [24, 36, 60, 120, None]),
        "purposes": _drawn(draw, n, [(), ("working_capital",), ("working_capital", "equipment")], [0.6, 0.2, 0.2]),
        "guarantee_methods": _drawn(draw, n, [("unsecured",), *taken], [0.7] + [0.3 / len(taken)] * len(taken)),
        "regions": _drawn(draw, n, regions, shares),
        "target_industries": targets,
        "excluded_industries": _drawn(draw, n, excluded, [0.8] + [0.2 / len(_SECTIONS)] * len(_SECTIONS)),
        "tax_grades": _drawn(draw, n, [(), ("A", "B"), ("A", "B", "M")], [0.7, 0.1, 0.2]),
        "size_bands": _drawn(draw, n, [(low, low + 1) for low in range(7)]),
        "min_months_in_operation": _drawn(draw, n, [None, 12, 24, 36]),
        "min_revenue_band": _drawn(draw, n, [None, 1, 2], [0.7, 0.2, 0.1]),
        "max_debt_ratio_band": _drawn(draw, n, [None, 5, 6], [0.6, 0.15, 0.25]),
    }
    return Columns.from_columns(FinanceSupply, columns), draw.integers(0, 200, n)
