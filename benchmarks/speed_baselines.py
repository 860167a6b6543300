"""What the engine is measured against: the machine's limit, libraries, and pipelines as projects write them.

Each takes a world laid out by the engine (tables of values and of weights with data are given, not timed) and says
how many pairs it decides per second. Rates of the slow ones are measured on few demands.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.speed_market import AS_OF, World
from matchmaking.gates.lending import months_between
from matchmaking.parts import Block

TOP = 10


def rate(n_pairs: int, run: Callable[[], Any], *, repeats: int = 3) -> float:
    """Million pairs per second, the median of some repeats after one to warm up."""
    run()
    seconds = []
    for _ in range(repeats):
        started = perf_counter()
        run()
        seconds.append(perf_counter() - started)
    return n_pairs / float(np.median(seconds)) / 1e6


def gemm(left: NDArray[np.float32], right: NDArray[np.float32]) -> float:
    """The product alone, all BLAS threads."""
    rows = left[:2048]
    out = np.empty((len(rows), len(right)), dtype=np.float32)
    return rate(out.size, lambda: np.dot(rows, right.T, out=out), repeats=9)


class Rules:
    """The ten gates over plain arrays, as a numpy program would write them."""

    def __init__(self, world: World) -> None:
        demands, supplies = world.demands, world.supplies
        self.limits = [
            (_numbers(demands, fact), _numbers(supplies, low, -np.inf), _numbers(supplies, high, np.inf))
            for fact, low, high in (
                ("amount_fen", "min_amount_fen", "max_amount_fen"),
                ("term_months", "min_term_months", "max_term_months"),
                ("revenue_band", "min_revenue_band", ""),
                ("debt_ratio_band", "", "max_debt_ratio_band"),
            )
        ]
        ages = [months_between(day, AS_OF) for day in demands.column("founded_on").values]
        months = np.array(ages, dtype=np.float32)[demands.column("founded_on").codes]
        no_limit = np.full(len(supplies), np.inf, dtype=np.float32)
        self.limits.append((months, _numbers(supplies, "min_months_in_operation", -np.inf), no_limit))
        purposes, grades, methods, places, trades = ({} for _ in range(5))  # type: ignore[var-annotated] -- bits by code
        self.shared = [
            (_bits(demands, "purpose", purposes), _bits(supplies, "purposes", purposes)),
            (_bits(demands, "tax_grade", grades), _bits(supplies, "tax_grades", grades)),
            (_bits(demands, "guarantee_methods", methods), _bits(supplies, "guarantee_methods", methods)),
        ]
        self.shared[2] = (self.shared[2][0] | (1 << methods.setdefault("unsecured", 62)), self.shared[2][1])
        self.regions = [_coded(demands, "region_path", level, places) for level in (0, 1)]
        self.served = _coded(supplies, "regions", 0, places)
        self.industries = [_coded(demands, "industry_path", level, trades) for level in (0, 1)]
        self.excluded = _coded(supplies, "excluded_industries", 0, trades)

    def open(self, rows: slice) -> NDArray[np.bool_]:
        """Pairs that no gate closes, bool (n_rows, n_supplies)."""
        is_open = np.ones((rows.stop - rows.start, len(self.served)), dtype=bool)
        for values, low, high in self.limits:
            of_rows = values[rows, None]
            is_open &= (of_rows >= low) & (of_rows <= high)
        for wanted, taken in self.shared:
            is_open &= (taken == 0) | ((wanted[rows, None] & taken) != 0)
        is_open &= (self.served < 0) | np.logical_or.reduce([self.served == one[rows, None] for one in self.regions])
        is_open &= ~np.logical_or.reduce([self.excluded == one[rows, None] for one in self.industries])
        return is_open


def _numbers(columns: Any, fact: str, missing: float = np.nan) -> NDArray[np.float32]:
    if not fact:
        return np.full(len(columns), missing, dtype=np.float32)
    column = columns.column(fact)
    values = np.array([missing if value is None else value for value in column.values], dtype=np.float32)
    return values[column.codes]


def _bits(columns: Any, fact: str, places: dict[str, int]) -> NDArray[np.int64]:
    column = columns.column(fact)
    several = [(value,) if isinstance(value, str) else value for value in column.values]
    bits = [sum(1 << places.setdefault(code, len(places)) for code in codes) for codes in several]
    return np.array(bits, dtype=np.int64)[column.codes]


def _coded(columns: Any, fact: str, level: int, places: dict[str, int]) -> NDArray[np.int32]:
    column = columns.column(fact)
    codes = [places.setdefault(value[level], len(places)) if len(value) > level else -1 for value in column.values]
    return np.array(codes, dtype=np.int32)[column.codes]


def numpy_blocks(world: World, rules: Rules, block: Block, text_weight: float, n_demands: int) -> Any:
    """Rules, parts and argpartition by blocks of 256 demands; supplies and scores of the best ten."""
    best, scores = [], []
    for start in range(0, n_demands, 256):
        rows = slice(start, min(start + 256, n_demands))
        total = (world.left[rows] @ world.right.T) * np.float32(text_weight)
        if world.left_terms is not None and world.right_terms is not None:
            from sklearn.metrics.pairwise import cosine_similarity

            total *= np.float32(0.3)
            lexical = cosine_similarity(world.left_terms[rows], world.right_terms, dense_output=True)
            total += lexical * np.float32(text_weight * 0.7)
        for codes in block.codes[rows].T:
            total += block.tables[codes, : total.shape[1]]
        total /= block.mass[block.mass_codes[rows], : total.shape[1]]
        total[~rules.open(rows)] = -np.inf
        chosen = np.argpartition(total, -TOP, axis=1)[:, -TOP:]
        found = np.take_along_axis(total, chosen, axis=1)
        order = np.argsort(-found, axis=1)
        best.append(np.take_along_axis(chosen, order, axis=1))
        scores.append(np.take_along_axis(found, order, axis=1))
    return np.concatenate(best), np.concatenate(scores)


def pandas_by_firm(world: World, rules: Rules, block: Block, text_weight: float, n_demands: int) -> Any:
    """A data frame of products filtered firm by firm, scored and sorted: how such projects usually begin."""
    from sklearn.metrics.pairwise import cosine_similarity

    frame = pd.DataFrame({"served": rules.served, "excluded": rules.excluded})
    for place, (_, low, high) in enumerate(rules.limits):
        frame[f"low{place}"], frame[f"high{place}"] = low, high
    for place, (_, taken) in enumerate(rules.shared):
        frame[f"taken{place}"] = taken
    lists = []
    for firm in range(n_demands):
        mask = (frame.served < 0) | frame.served.isin([int(one[firm]) for one in rules.regions])
        mask &= ~frame.excluded.isin([int(one[firm]) for one in rules.industries])
        for place, (values, _, _) in enumerate(rules.limits):
            mask &= (frame[f"low{place}"] <= values[firm]) & (frame[f"high{place}"] >= values[firm])
        for place, (wanted, _) in enumerate(rules.shared):
            taken = frame[f"taken{place}"]
            mask &= (taken == 0) | ((taken & int(wanted[firm])) != 0)
        candidates = frame[mask].copy()
        index = candidates.index.to_numpy()
        candidates["text"] = cosine_similarity(world.left[firm : firm + 1], world.right[index])[0]
        total = candidates["text"] * text_weight
        for codes in block.codes[firm]:
            total += block.tables[codes, index]
        candidates["score"] = total / block.mass[block.mass_codes[firm], index]
        lists.append(candidates.nlargest(TOP, "score"))
    return lists


def library_rates(world: World) -> dict[str, float | str]:
    """Libraries that find the nearest texts, without rules; those that are not installed are named."""
    found: dict[str, float | str] = {}
    left, right = world.left[:4000], world.right

    def nearest() -> float:
        from sklearn.neighbors import NearestNeighbors

        index = NearestNeighbors(n_neighbors=TOP, algorithm="brute", metric="euclidean").fit(right)
        return rate(len(left) * len(right), lambda: index.kneighbors(left))

    def similarity() -> float:
        from sklearn.metrics.pairwise import cosine_similarity

        few = left[:1000]
        return rate(len(few) * len(right), lambda: np.argsort(-cosine_similarity(few, right), axis=1)[:, :TOP])

    def flat() -> float:
        import faiss

        index = faiss.IndexFlatIP(right.shape[1])
        index.add(right)
        return rate(len(left) * len(right), lambda: index.search(left, TOP))

    for name, measure in (
        ("sklearn NearestNeighbors brute, text only", nearest),
        ("cosine_similarity + argsort, text only", similarity),
        ("faiss Flat, text only", flat),
    ):
        found[name] = _measured(measure)
    return found


def sparse_rate(world: World) -> float | str:
    """sparse_dot_topn on the lexical rows alone, two threads."""

    def measure() -> float:
        from sparse_dot_topn import sp_matmul_topn

        assert world.left_terms is not None
        assert world.right_terms is not None
        left, right = world.left_terms[:4000], world.right_terms.T.tocsr()
        return rate(4000 * right.shape[1], lambda: sp_matmul_topn(left, right, top_n=TOP, n_threads=2, sort=True))

    return _measured(measure)


def _measured(measure: Callable[[], float]) -> float | str:
    try:
        return measure()
    except ImportError as error:
        return f"not installed: {error.name}"
