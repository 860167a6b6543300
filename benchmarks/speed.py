"""How fast the engine is, beside the machine's limit and other ways, in one run.

    python -m benchmarks.speed [--firms 100000 --supplies 10000] [--json] [--out FILE]
                               [--parts dense,lexical,latency,memory]

A rate is in million pairs decided per second, closed ones included. Pairs are decided by ten gates and scored by five
components; the ten best of each demand are kept. Compiling demands is timed, drawing the world and loading the
machine code are not.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks import speed_baselines as baselines
from benchmarks.speed_market import AS_OF, World, make_world, market
from matchmaking import MARKETS, FinanceDemand, FinanceSupply, MatchSettings, Recommender
from matchmaking.parts import Block
from vocabulary import industries

SETTINGS = MatchSettings(as_of=AS_OF)
TOP = baselines.TOP
PARTS = ("dense", "lexical", "latency", "memory")
_FOLDED = 23
"""Columns that the size and guarantee tables would add to the text's if they were folded into the product."""
_TEXT_WEIGHT = 0.4

Figures = dict[str, Any]


def ready(world: World) -> Recommender:
    """The engine over a world, with its machine code loaded."""
    engine = Recommender(market(world), SETTINGS).fit(world.supplies)
    engine.rank(world.demands.take(slice(0, 300)), top=TOP)
    return engine


def ranked(engine: Recommender, world: World) -> float:
    """Seconds to rank all demands."""
    started = perf_counter()
    for _ in engine.rank_blocks(world.demands, top=TOP):
        pass
    return perf_counter() - started


def laid_out(engine: Recommender, world: World, n_demands: int) -> Block:
    """Tables of the first demands with supplies in the order given, for the baselines."""
    from matchmaking.parts import Parts

    weights = list(SETTINGS.weight(engine.market).values())
    parts = Parts(engine.components_, weights, world.supplies, -(-len(world.supplies) // 64) * 64)
    rows = world.demands.take(slice(0, n_demands))
    return parts.lay_out(n_demands, parts.compile(rows))


def compared(n_demands: int, n_supplies: int, *, dimensions: int, lexical: bool) -> Figures:
    """One world: the limits, our path, and the two pipelines; a sample of lists is compared with numpy's."""
    world = make_world(n_demands, n_supplies, dimensions=dimensions, lexical=lexical)
    engine = ready(world)
    text_limit = baselines.gemm(world.left, world.right)
    padding = np.zeros((max(n_supplies, 2048), _FOLDED), dtype=np.float32)
    folded_limit = baselines.gemm(
        np.concatenate([world.left[:2048], padding[: len(world.left[:2048])]], axis=1),
        np.concatenate([world.right, padding[:n_supplies]], axis=1),
    )
    ours = n_demands * n_supplies / float(np.median([ranked(engine, world) for _ in range(3)])) / 1e6
    again = baselines.gemm(world.left, world.right)
    n_checked = min(n_demands, 2_048)
    block, rules = laid_out(engine, world, n_checked), baselines.Rules(world)
    n_slow, n_slower = min(n_checked, 1024), 40
    by_numpy = baselines.rate(
        n_slow * n_supplies, lambda: baselines.numpy_blocks(world, rules, block, _TEXT_WEIGHT, n_slow), repeats=2
    )
    figures: Figures = {
        "firms": n_demands,
        "supplies": n_supplies,
        "text dimensions": dimensions,
        "open pairs": float(np.mean(rules.open(slice(0, 500)))),
        "GEMM limit, text only": text_limit,
        "GEMM limit, text only, measured again": again,
        f"GEMM limit, folded (+{_FOLDED})": folded_limit,
        "engine": ours,
        "numpy vectorised": by_numpy,
        "of text limit": ours / ((text_limit + again) / 2),
        "of folded limit": ours / folded_limit,
        "times numpy": ours / by_numpy,
        "largest difference from numpy": _difference(engine, world, rules, block, 200),
    }
    if lexical:
        figures["sparse_dot_topn, lexical text only"] = baselines.sparse_rate(world)
        return figures
    by_pandas = baselines.rate(
        n_slower * n_supplies, lambda: baselines.pandas_by_firm(world, rules, block, _TEXT_WEIGHT, n_slower), repeats=1
    )
    figures |= {"pandas by firm": by_pandas, "times pandas": ours / by_pandas}
    return figures | baselines.library_rates(world)


def _difference(engine: Recommender, world: World, rules: baselines.Rules, block: Block, n: int) -> float:
    """Largest difference between our scores and numpy's of the same rank."""
    _, scores = baselines.numpy_blocks(world, rules, block, _TEXT_WEIGHT, n)
    ours = engine.rank(world.demands.take(slice(0, n)), top=TOP)
    expected = np.full((n, TOP), -np.inf)
    expected[ours.demand_index, ours.rank - 1] = ours.score
    both = np.isfinite(expected) | np.isfinite(scores)
    return float(np.abs(expected[both] - scores[both]).max())


def latency(n_large: int) -> Figures:
    """Milliseconds for one demand: ranking, contributions of the best 20, and what each gate closed."""
    world = make_world(2_000, 10_000, dimensions=128)
    figures = {"10,000 supplies, without reading text": _times(ready(world), world.demands.rows(range(400)))}
    texts = [entry.name_zh + entry.note for entry in industries.by_code().values()]
    products = [
        replace(row, text=texts[n % len(texts)])
        for n, row in enumerate(world.supplies.rows())
        if isinstance(row, FinanceSupply)
    ]
    needs = [
        replace(row, text=f"扩产 {texts[-n % len(texts)]}", is_verified=True)
        for n, row in enumerate(world.demands.rows(range(400)))
        if isinstance(row, FinanceDemand)
    ]
    engine = Recommender(MARKETS["finance"], SETTINGS).fit(products)
    figures["10,000 supplies, with text, whole finance market"] = _times(engine, needs)
    large = make_world(400, n_large, dimensions=128, seed=1)
    figures[f"{n_large:,} supplies, without reading text"] = _times(ready(large), large.demands.rows(range(200)))
    return figures


def _times(engine: Recommender, demands: Sequence[Any]) -> Figures:
    def ask(demand: Any) -> float:
        started = perf_counter()
        asked = engine.asked([demand])
        engine.rank(asked, top=20)
        engine.compiled().gate_counts(asked)
        return (perf_counter() - started) * 1e3

    for demand in demands[:20]:
        ask(demand)
    times = [ask(demand) for demand in demands]
    return {"p50 ms": float(np.percentile(times, 50)), "p99 ms": float(np.percentile(times, 99))}


def memory(n_demands: int, n_supplies: int) -> Figures:
    """Peak memory of a process that does nothing else; lists go out by blocks and are dropped."""
    command = [sys.executable, "-m", "benchmarks.speed", "--in-memory", str(n_demands), str(n_supplies)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 -- our own module
    found: Figures = json.loads(done.stdout)
    return found


def peak_kib() -> int:
    """Most memory this program ever held. What getrusage tells includes what its parent held when it was started."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0])


def _in_memory(n_demands: int, n_supplies: int) -> Figures:
    world = make_world(n_demands, n_supplies, dimensions=128)
    seconds = ranked(ready(world), world)
    peak = peak_kib() / 2**20
    return {
        "firms": n_demands,
        "supplies": n_supplies,
        "seconds": seconds,
        "engine": n_demands * n_supplies / seconds / 1e6,
        "peak memory GiB": peak,
    }


def measured(options: argparse.Namespace) -> Iterator[tuple[str, Figures]]:
    """The parts asked for, one after the other."""
    firms, supplies, asked = options.firms, options.supplies, options.parts.split(",")
    if "dense" in asked:
        yield "dense text", compared(firms, supplies, dimensions=128, lexical=False)
    if "lexical" in asked:
        yield "exact lexical text", compared(min(firms, 40_000), supplies, dimensions=64, lexical=True)
    if "latency" in asked:
        yield "latency of one demand", latency(options.large)
    if "memory" in asked:
        yield "one large run", memory(options.large, supplies)


def _printed(title: str, figures: Figures) -> None:
    print(f"\n{title}", file=sys.stderr)
    for name, value in figures.items():
        shown = ", ".join(f"{key} {one:.2f}" for key, one in value.items()) if isinstance(value, dict) else value
        print(f"  {name:<52} {shown if isinstance(shown, str) else f'{shown:,.4g}'}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> None:
    """Tables go to stderr as they are measured, JSON to stdout if asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firms", type=int, default=100_000)
    parser.add_argument("--supplies", type=int, default=10_000)
    parser.add_argument(
        "--large", type=int, default=1_000_000, help="firms of the large run, supplies of the large query"
    )
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--out", type=Path, help="write the JSON here")
    parser.add_argument("--in-memory", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.in_memory:
        print(json.dumps(_in_memory(*options.in_memory)))
        return
    everything: Figures = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load before": os.getloadavg()[0],
    }
    for title, figures in measured(options):
        everything[title] = figures
        _printed(title, figures)
    content = json.dumps(everything, indent=2, ensure_ascii=False)
    if options.json:
        print(content)
    if options.out:
        options.out.write_text(content + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
