"""How long checking a ledger of 100,000 rows takes, and whether 32 writers fork it.

Run: python -m benchmarks.ledger [rows]. The rows are written by the product's own code, 1,000 to a transaction.
"""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

from sqlalchemy import Engine
from sqlmodel import Session, SQLModel

import models
from access.actor import SYSTEM
from models.session import make_engine, unit_of_work
from vocabulary.audit_actions import AuditAction
from workflows.audit import record
from workflows.ledger_anchors import Seal, drop_anchor
from workflows.ledger_check import verify

assert models
N_ROWS, N_WRITERS, EACH, PER_TRANSACTION = 100_000, 32, 50, 1_000


def fill(engine: Engine, n_rows: int) -> float:
    """Write rows of usual size; seconds it took."""
    start = perf_counter()
    for first in range(0, n_rows, PER_TRANSACTION):
        with unit_of_work(engine) as session:
            for n in range(first, min(first + PER_TRANSACTION, n_rows)):
                _act(session, n)
    return perf_counter() - start


def _act(session: Session, n: int) -> None:
    record(
        session, SYSTEM, AuditAction.CASE_STEP_RECORDED, subject_kind="pairing", subject_id=n, reason="按期走访",
        old={"status": "introduced"}, new={"status": "in_progress", "fields": ["visited_on", "note"]},
    )  # fmt: skip


def race(engine: Engine) -> float:
    """32 writers at once, each with transactions of one row; seconds it took."""

    def write(n: int) -> None:
        for _ in range(EACH):
            with unit_of_work(engine) as session:
                _act(session, n)

    start = perf_counter()
    with ThreadPoolExecutor(N_WRITERS) as pool:
        list(pool.map(write, range(N_WRITERS)))
    return perf_counter() - start


def main() -> None:
    """Print the figures; ends with 1 if the ledger is not whole."""
    n_rows = int(sys.argv[1]) if len(sys.argv) > 1 else N_ROWS
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'ledger.sqlite3'}")
        SQLModel.metadata.create_all(engine)
        seal = Seal(Path(folder) / "anchors.jsonl", "benchmark")
        print(f"{n_rows} rows written in {fill(engine, n_rows):.1f} s")
        drop_anchor(engine, seal)
        for _ in range(3):
            start = perf_counter()
            report = verify(engine, seal)
            print(f"{report.n_rows} rows verified in {perf_counter() - start:.2f} s: {report.findings or 'whole'}")
        seconds = race(engine)
        report = verify(engine, seal)
        print(
            f"{N_WRITERS} writers, {N_WRITERS * EACH} rows in {seconds:.1f} s, "
            f"{len(report.findings)} forks or faults, {report.n_rows} rows in all"
        )
        engine.dispose()
    if not report.is_whole or report.n_rows != n_rows + N_WRITERS * EACH:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
