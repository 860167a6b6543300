"""How long one published need waits for its recommendations: `python -m benchmarks.publish`.

Baseline: the same with 500 firms. Goal: under 1 s with 5,000 firms, the vectoriser being warm.
"""

import statistics
import tempfile
import time
from pathlib import Path

from sqlmodel import select

from benchmarks.world import build
from models.posting import Demand
from models.session import unit_of_work
from vocabulary.classifications import Market
from workflows.calendar import today
from workflows.recommendations import refresh_demand, warm_up

_ROUNDS = 7


def main() -> None:
    """Refresh one need of each market some times at two sizes; print medians and their ratio."""
    start = time.perf_counter()
    warm_up()
    print(f"warming up takes {time.perf_counter() - start:.2f} s, once per process")
    medians: dict[tuple[int, Market], float] = {}
    with tempfile.TemporaryDirectory() as name:
        for n_firms in (500, 5_000):
            engine = build(Path(name) / f"{n_firms}.sqlite3", n_firms=n_firms, n_needs=_ROUNDS)
            for market in Market:
                times = []
                with unit_of_work(engine) as session:
                    ids = session.exec(select(Demand.id).where(Demand.market == market)).all()
                for demand_id in ids[:_ROUNDS]:
                    with unit_of_work(engine) as session:
                        start = time.perf_counter()
                        refresh_demand(session, demand_id or 0, today=today())
                    times.append(time.perf_counter() - start)
                medians[n_firms, market] = statistics.median(times)
            engine.dispose()
    for market in Market:
        small, large = medians[500, market], medians[5_000, market]
        print(f"{market.value:<8} 500 firms {small:.3f} s   5,000 firms {large:.3f} s   ratio {large / small:.1f}")


if __name__ == "__main__":
    main()
