"""A region's worth of firms on two worker processes: `python -m benchmarks.cluster`.

Baseline, in turn with it: the engine in one process with one thread. A share of 1 per worker means that two workers
do twice as much. Lists go out by blocks and are dropped, as a nightly run would write them, so memory stays bounded;
each worker's peak is its own.
"""

import argparse
import json
import os
from collections.abc import Iterable
from time import perf_counter

import numpy as np

from benchmarks.speed import TOP, peak_kib, ready
from benchmarks.speed_market import make_world
from matchmaking import RankedPairs
from matchmaking.cluster import BLOCK, connected, send

N_WORKERS = 2


def _timed(blocks: Iterable[RankedPairs]) -> tuple[float, int, int]:
    """Seconds, pairs listed, and a sum over their places that two equal runs share."""
    started, listed, places = perf_counter(), 0, 0
    for block in blocks:
        listed += len(block)
        places += int((block.supply_index.astype(np.int64) * (block.demand_index + 1) % 1_000_003).sum())
    return perf_counter() - started, listed, places


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, default=1_000_000)
    parser.add_argument("--products", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    world = make_world(options.firms, options.products, dimensions=128)
    engine = ready(world)
    print(f"load before: {os.getloadavg()[0]:.1f}", flush=True)
    with connected(n_workers=N_WORKERS) as client:
        sent = send(client, engine)
        list(sent.rank_blocks(world.demands.take(slice(0, 2_000)), top=TOP, block=500))
        alone, together = [], []
        for _ in range(options.rounds):
            alone.append(_timed(engine.rank_blocks(world.demands, top=TOP, n_threads=1)))
            together.append(_timed(sent.rank_blocks(world.demands, top=TOP, block=BLOCK)))
            if alone[-1][1:] != together[-1][1:]:
                raise SystemExit("void: the lists differ")
        peaks = sorted(client.run(peak_kib).values())
    seconds = [float(np.median([run[0] for run in runs])) for runs in (alone, together)]
    figures = {
        "firms": options.firms,
        "products": options.products,
        "one process, one thread, s": round(seconds[0], 1),
        f"{N_WORKERS} workers, s": round(seconds[1], 1),
        "million pairs/s": round(options.firms * options.products / seconds[1] / 1e6),
        "share per worker": round(seconds[0] / seconds[1] / N_WORKERS, 2),
        "shares of the rounds": [round(a[0] / t[0] / N_WORKERS, 2) for a, t in zip(alone, together, strict=True)],
        "peak of each worker, GiB": [round(peak / 2**20, 2) for peak in peaks],
        "peak of the client, GiB": round(peak_kib() / 2**20, 2),
    }
    print(json.dumps(figures, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
