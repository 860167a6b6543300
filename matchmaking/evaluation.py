"""How well recommendations agree with what really happened: hit rate, MRR, NDCG and coverage, with intervals.

Sources: Voorhees (1999) for the reciprocal rank; Järvelin and Kekäläinen (2002) for NDCG; Efron (1979) for the
bootstrap percentile interval.
"""

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

N_RESAMPLES = 1_000
CONFIDENCE = 0.95
_BLOCK_CELLS = 2_000_000
"""Drawn indices held at once, so that memory stays small for any number of demands."""


def evaluate(
    recommendations: pd.DataFrame,
    truth: pd.DataFrame,
    k: int = 10,
    seed: int = 0,
    *,
    supplies: Iterable[Hashable] | None = None,
) -> dict[str, Any]:
    """Measures over all demands of the truth, each with its bootstrap 95 % interval.

    Parameters
    ----------
    recommendations : columns demand_id, supply_id and score (higher is better), or rank (1 is best) where there is no
        score. Demands that are not in the truth are ignored.
    truth : columns demand_id, supply_id; a demand may have several true supplies.
    k : length of the list that is looked at, 1 or more.
    seed : of the bootstrap.
    supplies : ids of all supplies that could have been recommended; by default those seen in either table.

    Returns
    -------
    dict, JSON-ready
        n_demands, k, and for hit@1, hit@k, MRR, NDCG@k and coverage a dict of value, low and high, in [0, 1].
        The three are None where nothing could be measured (no demand, no supply).

    Raises
    ------
    ValueError : a column is missing, a pair is recommended twice, a score is no number, or the ids of the two tables
        are of different kinds, so that nothing could ever agree.
    """
    quality = per_demand(recommendations, truth, k=k)
    covered = covered_supplies(recommendations, truth, k=k, supplies=supplies)
    generator = np.random.default_rng(seed)
    measures = {name: interval(quality[name].to_numpy(), generator) for name in quality.columns}
    return {"n_demands": len(quality), "k": k, **measures, "coverage": interval(covered.to_numpy(), generator)}


def per_demand(recommendations: pd.DataFrame, truth: pd.DataFrame, *, k: int = 10) -> pd.DataFrame:
    """One row per demand of the truth, in its order, with columns hit@1, hit@k, MRR and NDCG@k in [0, 1].

    A demand without recommendations counts as a miss. Supplies of equal score share the mean of the ranks they take
    together, so that an order without meaning neither gains nor loses. hit and MRR look at the best true supply; NDCG
    looks at all of them, against a list that has them first.
    """
    ranks = mean_ranks(recommendations, k=k)
    pairs = truth[["demand_id", "supply_id"]].drop_duplicates()
    _require_same_kind(ranks, pairs)
    rank = pairs.merge(ranks, on=["demand_id", "supply_id"], how="left")["mean_rank"].fillna(np.inf)
    found = pd.DataFrame(
        {
            "demand_id": pairs["demand_id"].to_numpy(),
            "rank": rank.to_numpy(),
            "gain": np.where(rank <= k, 1 / np.log2(1 + rank), 0.0),
        }
    )
    by_demand = found.groupby("demand_id", sort=False)
    best, gain, n_true = by_demand["rank"].min(), by_demand["gain"].sum(), by_demand.size()
    ideal = np.cumsum(1 / np.log2(1 + np.arange(1, k + 1)))[np.minimum(n_true, k) - 1]
    columns = {"hit@1": best <= 1, f"hit@{k}": best <= k, "MRR": 1 / best, f"NDCG@{k}": gain / ideal}
    return pd.DataFrame({name: values.astype(float) for name, values in columns.items()}, index=best.index)


def mean_ranks(recommendations: pd.DataFrame, *, k: int = 10) -> pd.DataFrame:
    """Columns demand_id, supply_id and mean_rank, 1 for the best; equal scores share their mean rank.

    Raises ValueError as `evaluate` does.
    """
    if k < 1:
        raise ValueError(f"k is {k}; it is 1 or more")
    by = "score" if "score" in recommendations.columns else "rank"
    if missing := {"demand_id", "supply_id", by} - set(recommendations.columns):
        raise ValueError(f"recommendations have no column {', '.join(sorted(missing))}")
    pairs = recommendations[["demand_id", "supply_id"]]
    if pairs.duplicated().any():
        demand, supply = pairs[pairs.duplicated()].iloc[0]
        raise ValueError(f"supply {supply} is recommended to demand {demand} twice")
    values = pd.to_numeric(recommendations[by]).astype(float)
    if values.isna().any():
        raise ValueError(f"a {by} is no number")
    ranks = values.groupby(recommendations["demand_id"], sort=False).rank(method="average", ascending=by == "rank")
    return pairs.assign(mean_rank=ranks)


def covered_supplies(
    recommendations: pd.DataFrame,
    truth: pd.DataFrame,
    *,
    k: int = 10,
    supplies: Iterable[Hashable] | None = None,
) -> pd.Series:
    """For each supply 1.0 if some demand of the truth has it among its first k, else 0.0."""
    ranks = mean_ranks(recommendations, k=k)
    shown = ranks.loc[ranks["demand_id"].isin(truth["demand_id"]) & (ranks["mean_rank"] <= k), "supply_id"].unique()
    known = pd.Index(pd.concat([ranks["supply_id"], truth["supply_id"]]) if supplies is None else list(supplies))
    known = known.unique()
    return pd.Series(known.isin(shown).astype(float), index=known)


def interval(values: NDArray[np.float64], generator: np.random.Generator) -> dict[str, float | None]:
    """Mean of the values with its bootstrap percentile interval; all None without values.

    What is drawn again is the unit the values belong to: demands, or for coverage supplies.
    """
    if len(values) == 0:
        return {"value": None, "low": None, "high": None}
    means = resampled_means(values, generator)
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return {"value": float(values.mean()), "low": float(low), "high": float(high)}


def resampled_means(values: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Means of `N_RESAMPLES` samples of the same size, drawn with replacement."""
    n_values = len(values)
    block = max(1, _BLOCK_CELLS // n_values)
    sizes = [min(block, N_RESAMPLES - start) for start in range(0, N_RESAMPLES, block)]
    return np.concatenate(
        [values[generator.integers(n_values, size=(size, n_values), dtype=np.int32)].mean(axis=1) for size in sizes]
    )


def _require_same_kind(ranks: pd.DataFrame, truth: pd.DataFrame) -> None:
    """Raise ValueError where one table has numbers and the other text as ids."""
    for name in ("demand_id", "supply_id"):
        numeric = [pd.api.types.is_numeric_dtype(table[name].infer_objects()) for table in (ranks, truth)]
        if len(ranks) and len(truth) and numeric[0] != numeric[1]:
            raise ValueError(f"{name} is a number in one table and text in the other")
