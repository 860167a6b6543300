"""The engine on tables: python -m matchmaking COMMAND --help.

Results go to files or to stdout, everything else to stderr. Bad input is told in full, nothing is written, and the
command ends with 2.
"""

import argparse
import importlib
import json
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from click import progressbar

from matchmaking import MARKETS, History, Id, Market, MatchSettings, PairResult, RankedPairs, Recommender
from matchmaking.cells import columns_of, markdown
from matchmaking.choices import learn_from_history
from matchmaking.cluster import connected, rank_blocks
from matchmaking.evaluation import evaluate
from matchmaking.facts import Facts
from matchmaking.settings_file import read_settings, write_weights
from matchmaking.tables import (
    BadCell,
    BadTable,
    read_facts,
    read_history,
    read_recommendations,
    read_truth,
    require_suffix,
    write_table,
)

_BLOCK = 4_096
"""Demands ranked at a time: memory stays the same however many there are."""


class Inputs:
    """What a run reads: both sides, what happened before, and its settings."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.market: Market = MARKETS[options.market]
        self.demands = _facts(options.demands, self.market, self.market.demand_type)
        self.supplies = _facts(options.supplies, self.market, self.market.supply_type)
        self.history = self._history(options)
        last = max((event.on for event in self.history.events), default=None)
        as_of = options.as_of or last or date.today()  # noqa: DTZ011 -- a plain day; the engine itself reads no clock
        self.settings: MatchSettings = read_settings(options.settings, self.market, as_of=as_of)

    def _history(self, options: argparse.Namespace) -> History:
        if options.history is None:
            return History()
        known: dict[Id, Facts] = {row.id: row for row in self.demands}
        if options.history_demands is not None:
            past = _facts(options.history_demands, self.market, self.market.demand_type)
            known = {row.id: row for row in past} | known
        table = read_history(options.history, known, {row.id for row in self.supplies})
        if table.n_departed:
            _say(f"{options.history}: {table.n_departed} events of supplies that are not offered any more are not read")
        return table.history

    def fitted(self) -> Recommender:
        """The engine, fitted on all that was read."""
        recommender = Recommender(self.market, self.settings)
        return recommender.fit(self.supplies, demands=self.demands, history=self.history)


def _facts(path: Path, market: Market, kind: type[Facts]) -> list[Any]:
    """Rows of a table; columns that are no facts are named on stderr."""
    table = read_facts(path, kind)
    for name in table.unknown_columns:
        _say(f"{path}: column {name} is no fact of the {market.code} market and is not read")
    return table.rows


def recommend(options: argparse.Namespace) -> None:
    """Write the lists of all demands."""
    require_suffix(options.out)
    inputs = Inputs(options)
    recommender = inputs.fitted()
    write_table(options.out, _lists(recommender, inputs, options))


def _lists(recommender: Recommender, inputs: Inputs, options: argparse.Namespace) -> Iterator[pd.DataFrame]:
    """Blocks of the result, in order of the demands; the first block is there even without demands."""
    starts = range(0, max(1, len(inputs.demands)), _BLOCK)
    with _progress("recommending", len(inputs.demands)) as bar:
        for start, ranked in zip(starts, _ranked(recommender, inputs.demands, options), strict=True):
            block = inputs.demands[start : start + _BLOCK]
            yield _list_frame(recommender, block, ranked)
            bar.update(len(block))


def _ranked(recommender: Recommender, demands: Sequence[Any], options: argparse.Namespace) -> Iterator[RankedPairs]:
    """Lists by blocks, places of demands counted within each: here, or on the workers of a cluster."""
    if options.cluster is None or not demands:
        for start in range(0, max(1, len(demands)), _BLOCK):
            yield recommender.rank(demands[start : start + _BLOCK], top=options.top)
        return
    with connected(None if options.cluster == "local" else options.cluster) as client:
        blocks = rank_blocks(client, recommender, demands, top=options.top, block=_BLOCK)
        for number, ranked in enumerate(blocks):
            yield replace(ranked, demand_index=ranked.demand_index - number * _BLOCK)


def _list_frame(recommender: Recommender, demands: Sequence[Any], ranked: RankedPairs) -> pd.DataFrame:
    """demand_id, supply_id, rank, score and each component's points, 0 where it abstained."""
    demand_ids = np.array([row.id for row in demands], dtype=object)
    supply_ids = np.array(recommender.supplies_.ids, dtype=object)
    codes = [part.code.value for part in recommender.components_]
    columns = {
        "demand_id": pd.array(demand_ids[ranked.demand_index], dtype="str"),
        "supply_id": pd.array(supply_ids[ranked.supply_index], dtype="str"),
        "rank": ranked.rank,
        "score": ranked.score,
    }
    return pd.DataFrame(columns | dict(zip(codes, np.nan_to_num(ranked.points).T, strict=True)))


def evaluate_lists(options: argparse.Namespace) -> None:
    """Print one JSON object: measures with intervals, over all demands of the truth."""
    recommendations, truth = read_recommendations(options.recommendations), read_truth(options.truth)
    print(json.dumps(evaluate(recommendations, truth, k=options.k, seed=options.seed), allow_nan=False, indent=1))


def explain(options: argparse.Namespace) -> None:
    """Print one pair: every gate with value and limit, every contribution, and what would open it."""
    inputs = Inputs(options)
    demand = _named(options.demands, inputs.demands, options.demand)
    supply = _named(options.supplies, inputs.supplies, options.supply)
    pair = inputs.fitted().explain(demand, supply)
    print(json.dumps(_plain(asdict(pair)), ensure_ascii=False, indent=1) if options.json else _told(pair))


def _named(path: Path, rows: Sequence[Any], row_id: str) -> Any:
    for row in rows:
        if row.id == row_id:
            return row
    raise BadTable(path, [BadCell(None, "id", f"no row has the id {row_id}")])


def _told(pair: PairResult) -> str:
    lines = [f"demand {pair.demand_id}, supply {pair.supply_id}: {pair.state}, score {pair.score:.6f}", ""]
    lines.append(f"{'component':<22}{'value':>9}{'weight':>9}{'points':>10}")
    for part in pair.contributions:
        value = "no data" if part.value is None else f"{part.value:.4f}"
        lines.append(f"{part.code:<22}{value:>9}{part.weight:>9.4f}{part.points:>10.6f}")
    lines += [f"{'sum':<40}{sum(part.points for part in pair.contributions):>10.6f}", "", "gate  answer  value  limit"]
    for gate in pair.gates:
        lines.append(f"{gate.code:<22}{gate.answer:<9}{_short(gate.value)}  {_short(gate.limit)}")
    if pair.changes:
        lines += ["", "smallest change that opens it"]
        lines += [f"{change.side}.{change.field} = {_short(change.value)}" for change in pair.changes]
    return "\n".join(lines)


def _short(value: Any) -> str:
    return "-" if value is None else json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    """JSON-ready: codes as text, days as ISO text."""
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def learn(options: argparse.Namespace) -> None:
    """Learn weights from the history; write them only if they rank later choices better."""
    inputs = Inputs(options)
    found = learn_from_history(
        inputs.market,
        inputs.settings,
        inputs.supplies,
        inputs.history,
        demands=inputs.demands,
        n_events=options.events,
        seed=options.seed,
        progress=_say,
    )
    print(json.dumps(found.to_dict(), allow_nan=False, indent=1))
    if not found.is_promoted:
        _say(f"{options.out} was not written: {found.verdict.value}")
        raise SystemExit(1)
    remark = f"learned from {found.n_learned_from} choices; MRR {found.current:.4f} -> {found.learned:.4f}, held out"
    write_weights(options.out, inputs.market, found.weights, remark=remark)


def columns(options: argparse.Namespace) -> None:
    """Print the columns that are read, as Markdown."""
    market = MARKETS[options.market]
    for side, kind in (("Demands", market.demand_type), ("Supplies", market.supply_type)):
        print(f"{side} of the {market.code} market: {len(columns_of(kind))} columns\n\n{markdown(kind)}")


def benchmark(options: argparse.Namespace) -> None:
    """Measure the engine against named baselines in one run."""
    try:
        speed: ModuleType = importlib.import_module("benchmarks.speed")
    except ModuleNotFoundError as error:
        raise SystemExit(f"{error}; run from the project with requirements-benchmarks.txt installed") from None
    arguments = ["--firms", str(options.firms), "--supplies", str(options.supplies)]
    speed.main([*arguments, *(["--json"] if options.json else [])])


def _progress(label: str, length: int) -> Any:
    """A bar on stderr, or nothing where stderr is no terminal."""
    return progressbar(length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty())


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)


# The command line


def _from_one(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def _add_tables(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--market", required=True, choices=MARKETS)
    parser.add_argument("--demands", required=True, type=Path, metavar="D.csv", help="CSV or Parquet; see `columns`")
    parser.add_argument("--supplies", required=True, type=Path, metavar="S.csv")
    parser.add_argument("--history", type=Path, metavar="H.csv", help="demand_id, supply_id, date, outcome")
    parser.add_argument("--history-demands", type=Path, metavar="D.csv", help="past demands that are no rows of D")
    parser.add_argument("--settings", type=Path, metavar="settings.toml")
    parser.add_argument(
        "--as-of", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the day; by default the last of the history"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m matchmaking", description="The matching engine on tables.")
    commands = parser.add_subparsers(dest="command", required=True)

    one = commands.add_parser("recommend", help="write the best supplies of every demand")
    _add_tables(one)
    one.add_argument("--top", type=_from_one, default=20)
    one.add_argument("--out", required=True, type=Path, metavar="R.csv")
    one.add_argument(
        "--cluster", metavar="ADDRESS", help="rank on a Dask cluster, tcp://host:port; `local` starts two workers here"
    )
    one.set_defaults(run=recommend)

    one = commands.add_parser("evaluate", help="hold recommendations against what happened; JSON on stdout")
    one.add_argument("--recommendations", required=True, type=Path, metavar="R.csv")
    one.add_argument("--truth", required=True, type=Path, metavar="T.csv")
    one.add_argument("--k", type=_from_one, default=10)
    one.add_argument("--seed", type=int, default=0)
    one.set_defaults(run=evaluate_lists)

    one = commands.add_parser("explain", help="one pair: gates, contributions and what would open it")
    _add_tables(one)
    one.add_argument("--demand", required=True, metavar="ID")
    one.add_argument("--supply", required=True, metavar="ID")
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=explain)

    one = commands.add_parser("learn", help="learn weights from the history; written only if they are better")
    _add_tables(one)
    one.add_argument("--events", type=_from_one, default=2_000, help="choices at most to learn from, and to hold out")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--out", required=True, type=Path, metavar="settings.toml")
    one.set_defaults(run=learn)

    one = commands.add_parser("columns", help="the columns of a market's tables")
    one.add_argument("--market", required=True, choices=MARKETS)
    one.set_defaults(run=columns)

    one = commands.add_parser("benchmark", help="speed against named baselines in one run")
    one.add_argument("--firms", type=_from_one, default=100_000)
    one.add_argument("--supplies", type=_from_one, default=10_000)
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=benchmark)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, 1 if there was nothing to promote, or 2 for bad input."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except BadTable as error:
        for problem in error.problems:
            _say(f"{error.path}: {problem}")
        _say(f"nothing was written: {len(error.problems)} {'problem' if len(error.problems) == 1 else 'problems'}")
        return 2
    return 0


if __name__ == "__main__":
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # what a library deprecates is no news to who reads tables
    sys.exit(main())
