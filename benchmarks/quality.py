"""How well the engine finds who really served whom, against plain baselines and a published recommender, in one run.

    python -m benchmarks.quality --data FOLDER [--most 4000] [--only TEXT] [--out quality.json]

Splits and columns are those of `benchmarks.quality_data`. The engine reads the same tables, through the same calls, as
`python -m matchmaking recommend`. Baselines: popularity, back-off over the place (finest place first, then coarser),
the supply whose past text is nearest by TF-IDF, and `implicit`'s ALS on places and supplies.
"""

import argparse
import json
import sys
import tempfile
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.quality_data import TASKS, Prepared
from matchmaking import MARKETS, History, MatchSettings, Recommender
from matchmaking.evaluation import evaluate
from matchmaking.tables import read_facts, read_history

_TOP = 50
_MEASURES = ("hit@1", "hit@10", "MRR", "NDCG@10")
Scores = np.ndarray[Any, np.dtype[np.float64]]


def engine(task: Prepared, folder: Path) -> pd.DataFrame:
    """The lists of our engine, from the tables in the folder."""
    market = MARKETS[task.market]
    demands, past = (read_facts(folder / f"{name}.csv", market.demand_type).rows for name in "DP")
    supplies = read_facts(folder / "S.csv", market.supply_type).rows
    known = {row.id: row for row in past}
    read = read_history(folder / "H.csv", known, {row.id for row in supplies}) if known else None
    history = read.history if read else History()
    last = max((event.on for event in history.events), default=date(2026, 1, 1))
    fitted = Recommender(market, MatchSettings(as_of=last)).fit(supplies, demands=demands, history=history)
    ranked = fitted.rank(demands, top=_TOP)
    return pd.DataFrame(
        {
            "demand_id": np.array([row.id for row in demands], dtype=object)[ranked.demand_index],
            "supply_id": np.array([row.id for row in supplies], dtype=object)[ranked.supply_index],
            "score": ranked.score,
        }
    )


def popularity(task: Prepared) -> Scores:
    """Number of past events."""
    return np.tile(np.bincount(_answered(task), minlength=len(task.supplies)), (len(task.demands), 1)).astype(float)


def back_off(task: Prepared) -> Scores | None:
    """Counts in the finest place, then in each coarser one, then everywhere; a finer count always comes first."""
    if "region_path" not in task.demands:
        return None
    scores, scale = popularity(task), 1.0 + len(task.past)
    scores = scores / scale
    asked, seen = (table["region_path"].str.split("/") for table in (task.demands, task.past))
    for depth in range(1, int(asked.str.len().max()) + 1):
        counts = _counts([tuple(path[:depth]) for path in seen], _answered(task), len(task.supplies))
        rows = [counts.get(tuple(path[:depth])) for path in asked]
        found = np.stack([np.zeros(len(task.supplies)) if row is None else row for row in rows])
        scores = scores / scale + found
    return scores


def nearest_text(task: Prepared) -> Scores | None:
    """Highest TF-IDF cosine with a past text of the supply, or with its own; words and pairs, or Chinese characters."""
    if "text" not in task.demands:
        return None
    own = "text" in task.supplies
    texts = (task.supplies if own else task.past)["text"]
    whose = np.arange(len(task.supplies)) if own else _answered(task)
    is_chinese = texts.str.contains("[\u4e00-\u9fff]").mean() > 0.5
    weights = TfidfVectorizer(analyzer="char" if is_chinese else "word", ngram_range=(1, 2), sublinear_tf=True)
    rows = weights.fit_transform(texts)
    likeness = (weights.transform(task.demands["text"]) @ rows.T).toarray()
    scores = np.zeros((len(task.supplies), len(task.demands)))
    np.maximum.at(scores, whose, likeness.T)
    return scores.T


def implicit_als(task: Prepared) -> Scores | None:
    """`implicit` (Hu, Koren and Volinsky 2008) with every place of a path as a user; a demand is its finest known."""
    if "region_path" not in task.demands:
        return None
    nodes: dict[tuple[str, ...], int] = {}
    users, items = [], []
    for path, supply in zip(task.past["region_path"].str.split("/"), _answered(task), strict=True):
        for depth in range(len(path) + 1):
            users.append(nodes.setdefault(tuple(path[:depth]), len(nodes)))
            items.append(supply)
    matrix = sparse.csr_matrix((np.ones(len(users), np.float32), (users, items)), (len(nodes), len(task.supplies)))
    model = AlternatingLeastSquares(factors=64, iterations=15, random_state=0, num_threads=1)
    model.fit(matrix, show_progress=False)
    paths = task.demands["region_path"].str.split("/")
    rows = [next(nodes[tuple(p[:d])] for d in range(len(p), -1, -1) if tuple(p[:d]) in nodes) for p in paths]
    scores: Scores = (model.user_factors[rows] @ model.item_factors.T).astype(np.float64)
    return scores


BASELINES: dict[str, Callable[[Prepared], Scores | None]] = {
    "popularity": popularity,
    "place back-off": back_off,
    "nearest text": nearest_text,
    "implicit ALS on places": implicit_als,
}


def _answered(task: Prepared) -> Any:
    """Position among the supplies of who answered each past demand."""
    return pd.Index(task.supplies["id"]).get_indexer(task.history["supply_id"])


def _counts(keys: list[tuple[str, ...]], columns: Any, n_supplies: int) -> dict[tuple[str, ...], Scores]:
    found: dict[tuple[str, ...], Scores] = {}
    for key, column in zip(keys, columns, strict=True):
        found.setdefault(key, np.zeros(n_supplies))[column] += 1
    return found


def _lists(task: Prepared, scores: Scores) -> pd.DataFrame:
    """The best supplies of each demand, and all that tie with the last of them."""
    kept = np.partition(scores, -min(_TOP, scores.shape[1]), axis=1)[:, -min(_TOP, scores.shape[1])]
    rows, columns = np.nonzero((scores >= kept[:, None]) & (scores > 0))
    return pd.DataFrame(
        {
            "demand_id": task.demands["id"].to_numpy()[rows],
            "supply_id": task.supplies["id"].to_numpy()[columns],
            "score": scores[rows, columns],
        }
    )


def measure(task: Prepared) -> dict[str, dict[str, Any]]:
    """Measures of the engine and of each baseline that applies."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        task.write(Path(folder))
        found["engine"] = evaluate(engine(task, Path(folder)), task.truth, supplies=task.supplies["id"])
    for name, baseline in BASELINES.items():
        scores = baseline(task) if len(task.past) or name == "nearest text" else None
        if scores is not None:
            found[name] = evaluate(_lists(task, scores), task.truth, supplies=task.supplies["id"])
    return found


def _row(name: str, measured: dict[str, Any]) -> str:
    cells = (measured[key] for key in _MEASURES)
    return f"  {name:<24}" + "".join(f"{c['value']:>8.3f} [{c['low']:.3f}-{c['high']:.3f}]" for c in cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public records")
    parser.add_argument(
        "--most", type=int, default=4_000, help="test rows of the loan sets; a sample if there are more"
    )
    parser.add_argument("--only", default="", help="tasks whose name holds this text")
    parser.add_argument("--out", type=Path, help="also write JSON here")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # of the published library, about threads
    results = {}
    for name, prepare in TASKS.items():
        if options.only not in name:
            continue
        task = prepare(options.data, options.most)
        print(f"{name}: {len(task.demands)} demands ({task.n_left_out} left out), {len(task.supplies)} supplies")
        print(f"  {'':<24}" + "".join(f"{key:>22}" for key in _MEASURES))
        results[name] = measure(task)
        for method, measured in results[name].items():
            print(_row(method, measured), flush=True)
    if options.out:
        options.out.write_text(json.dumps(results, indent=1))
        print(f"written to {options.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
