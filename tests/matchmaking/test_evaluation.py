"""Measures computed by hand."""

import json
import math
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from matchmaking.evaluation import covered_supplies, evaluate, per_demand


def lists(*rows: tuple[Any, Any, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["demand_id", "supply_id", "score"])


def truth(*pairs: tuple[Any, Any]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["demand_id", "supply_id"])


def measures(recommendations: pd.DataFrame, pairs: pd.DataFrame, k: int = 2) -> dict[str, float]:
    found = evaluate(recommendations, pairs, k=k)
    return {name: part["value"] for name, part in found.items() if isinstance(part, dict)}


def test_one_demand_second_in_its_list() -> None:
    found = measures(lists(("d", "a", 0.9), ("d", "b", 0.8), ("d", "c", 0.7)), truth(("d", "b")))
    assert found == {
        "hit@1": 0.0,
        "hit@2": 1.0,
        "MRR": 0.5,
        "NDCG@2": pytest.approx(1 / math.log2(3)),
        "coverage": pytest.approx(2 / 3),
    }


def test_a_demand_without_recommendations_counts_as_a_miss() -> None:
    found = measures(lists(("d", "a", 0.9)), truth(("d", "a"), ("left out", "a"), ("left out too", "b")))
    assert found["hit@1"] == found["MRR"] == found["NDCG@2"] == pytest.approx(1 / 3)


def test_beyond_k_counts_for_the_reciprocal_rank_only() -> None:
    found = measures(lists(("d", "a", 3), ("d", "b", 2), ("d", "c", 1)), truth(("d", "c")))
    assert (found["hit@2"], found["NDCG@2"], found["MRR"]) == (0.0, 0.0, pytest.approx(1 / 3))


def test_equal_scores_count_by_their_mean_rank() -> None:
    """Ranks 1, 2 and 3 are shared: each of the three counts as second."""
    tied = lists(("d", "a", 0.5), ("d", "b", 0.5), ("d", "c", 0.5), ("d", "e", 0.4))
    for supply in "abc":
        found = measures(tied, truth(("d", supply)))
        assert (found["hit@1"], found["hit@2"], found["MRR"]) == (0.0, 1.0, 0.5)
    assert measures(tied, truth(("d", "e")))["MRR"] == 0.25


def test_several_true_supplies_of_one_demand() -> None:
    """Ranks 1 and 3 of an ideal 1 and 2; the third true supply is not in the list."""
    ranked = lists(("d", "a", 4), ("d", "b", 3), ("d", "c", 2))
    found = per_demand(ranked, truth(("d", "a"), ("d", "c"), ("d", "z")), k=3).loc["d"]
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert found.to_dict() == {"hit@1": 1.0, "hit@3": 1.0, "MRR": 1.0, "NDCG@3": pytest.approx((1 + 0.5) / ideal)}


def test_more_true_supplies_than_k_can_still_be_perfect() -> None:
    found = measures(lists(("d", "a", 2), ("d", "b", 1)), truth(("d", "a"), ("d", "b"), ("d", "c")))
    assert found["NDCG@2"] == 1.0


def test_a_pair_named_twice_in_the_truth_counts_once() -> None:
    assert measures(lists(("d", "a", 1)), truth(("d", "a"), ("d", "a")))["NDCG@2"] == 1.0


def test_lists_of_demands_outside_the_truth_are_ignored() -> None:
    ranked = lists(("d", "a", 1), ("other", "b", 1), ("other", "c", 0.5))
    assert measures(ranked, truth(("d", "a"))) == measures(lists(("d", "a", 1)), truth(("d", "a"))) | {
        "coverage": pytest.approx(1 / 3)
    }


def test_without_scores_the_rank_is_read() -> None:
    ranked = pd.DataFrame({"demand_id": [1, 1], "supply_id": [5, 6], "rank": [2, 1]})
    assert measures(ranked, truth((1, 6)))["hit@1"] == 1.0


def test_coverage_is_the_share_of_supplies_somebody_is_shown() -> None:
    ranked = lists(("d", "a", 2), ("d", "b", 1), ("e", "a", 2), ("e", "c", 1))
    covered = covered_supplies(ranked, truth(("d", "a"), ("e", "z")), k=1, supplies="abcdz")
    assert covered.to_dict() == {"a": 1.0, "b": 0.0, "c": 0.0, "d": 0.0, "z": 0.0}


def test_intervals_hold_the_value_and_are_the_same_for_the_same_seed() -> None:
    rng = np.random.default_rng(4)
    ranked = lists(*((d, s, float(rng.random())) for d in range(300) for s in range(20)))
    pairs = truth(*((d, int(rng.integers(20))) for d in range(300)))
    one, same, other = (evaluate(ranked, pairs, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one["MRR"] != other["MRR"]
    for name in ("hit@1", "hit@10", "MRR", "NDCG@10"):
        assert 0 <= one[name]["low"] < one[name]["value"] < one[name]["high"] <= 1


def test_the_interval_of_a_share_is_as_wide_as_theory_says() -> None:
    """Half of 1,000 demands hit: standard error 0.0158, so the interval is about 0.062 wide."""
    ranked = lists(*((d, "a", 1.0) for d in range(1_000)))
    part = evaluate(ranked, truth(*((d, "a" if d % 2 else "b") for d in range(1_000))))["hit@1"]
    assert part["value"] == 0.5
    assert part["high"] - part["low"] == pytest.approx(2 * 1.96 * math.sqrt(0.25 / 1_000), rel=0.1)


def test_nothing_to_evaluate_is_null_not_a_crash() -> None:
    found = evaluate(lists(), truth())
    assert found["n_demands"] == 0
    assert found["MRR"] == {"value": None, "low": None, "high": None}
    json.dumps(found, allow_nan=False)


def test_no_recommendations_at_all_are_zero() -> None:
    found = evaluate(lists(), truth(("d", "a")))
    assert found["MRR"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    ("recommendations", "pairs", "k", "message"),
    [
        (lists(("d", "a", 1), ("d", "a", 2)), truth(("d", "a")), 10, "supply a is recommended to demand d twice"),
        (lists(("d", "a", math.nan)), truth(("d", "a")), 10, "a score is no number"),
        (lists((1, 2, 1)), truth(("1", "2")), 10, "demand_id is a number in one table and text in the other"),
        (lists().drop(columns="supply_id"), truth(("d", "a")), 10, "recommendations have no column supply_id"),
        (lists(("d", "a", 1)), truth(("d", "a")), 0, "k is 0; it is 1 or more"),
    ],
)
def test_tables_that_mean_nothing_are_refused(
    recommendations: pd.DataFrame, pairs: pd.DataFrame, k: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        evaluate(recommendations, pairs, k=k)


def test_twenty_thousand_demands_take_seconds() -> None:
    n_demands, length = 20_000, 20
    rng = np.random.default_rng(0)
    ranked = pd.DataFrame(
        {
            "demand_id": np.repeat(np.arange(n_demands), length),
            "supply_id": np.tile(np.arange(length), n_demands),
            "score": rng.random(n_demands * length),
        }
    )
    pairs = pd.DataFrame({"demand_id": np.arange(n_demands), "supply_id": rng.integers(0, length, n_demands)})
    start = time.perf_counter()
    found = evaluate(ranked, pairs)
    assert time.perf_counter() - start < 20
    assert found["hit@10"]["value"] == pytest.approx(0.5, abs=0.02)
