"""Server time and queries of every page of every role at two sizes: `python -m benchmarks.lists`.

Baseline: the same pages with a tenth of the firms and needs. Goal: lists in a median under 100 ms and with at most 12
queries at 5,000 firms and 500 needs, and the same number of queries at both sizes.
"""

import tempfile
import time
from pathlib import Path

from sqlalchemy import Engine

from app import create_app
from benchmarks.life import add_life
from benchmarks.pages import Measured, measure
from benchmarks.world import build
from config import Settings
from vocabulary.roles import Role
from workflows.calendar import today
from workflows.recommendations import refresh_all

_ROUNDS = 9
_SIZES = ((500, 50, 10), (5_000, 500, 60))
"""Firms, needs of each market, rows in each list of the first firm, bank and buyer."""


def _measured(engine: Engine, folder: Path) -> dict[tuple[Role, str], Measured]:
    app = create_app(
        Settings(environment="test", data_dir=folder, secret_key="bench"),  # noqa: S106 -- a throwaway
        database_engine=engine,
    )
    return {
        (role, page.endpoint): page for role in Role for page in measure(app, engine, role, rounds=_ROUNDS).values()
    }


def main() -> None:
    """Build both worlds, run the engine, print a table, slowest pages first."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results = []
        for n_firms, n_needs, n_rows in _SIZES:
            engine = build(folder / f"{n_firms}.sqlite3", n_firms=n_firms, n_needs=n_needs)
            add_life(engine, n_rows)
            start = time.perf_counter()
            runs = refresh_all(engine, today=today())
            pairs = sum(run.n_recommended for run in runs)
            seconds = time.perf_counter() - start
            print(f"{n_firms} firms, {n_needs} needs of each market: {pairs:,} pairs recommended in {seconds:.1f} s")
            results.append(_measured(engine, folder))
            engine.dispose()
    small, large = results
    print(f"{'role and page':<56}{'500 firms':>12}{'5,000 firms':>14}{'queries':>12}")
    for (role, endpoint), page in sorted(large.items(), key=lambda item: -item[1].milliseconds):
        before = small.get((role, endpoint))
        was, n_before = (before.milliseconds, len(before.statements)) if before else (0.0, 0)
        queries = f"{n_before} -> {len(page.statements)}"
        print(f"{role + ' ' + endpoint:<56}{was:>9.1f} ms{page.milliseconds:>11.1f} ms{queries:>12}")


if __name__ == "__main__":
    main()
