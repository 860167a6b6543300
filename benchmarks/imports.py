"""Ten thousand rows of firms, 30 % of them bad, checked and loaded: `python -m benchmarks.imports`.

Baseline: the bare work, the file read by `csv` or calamine and its cells put into one table by `executemany`. Each
round runs in a process of its own, so that its peak of memory is its own. Goals: 10 s and 300 MB.
"""

import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import xlsxwriter
from sqlalchemy import Engine
from sqlmodel import SQLModel, col, func, select

from access.actor import Actor
from benchmarks.import_tables import HEADINGS, as_csv, long_names, table
from models.chain import Chain
from models.import_batch import ImportBatch
from models.organization import Organization, User
from models.session import make_engine, unit_of_work
from vocabulary.roles import OrganizationKind, Role
from workflows import import_batches
from workflows.calendar import today
from workflows.sheets import read_sheets

N_ROWS, N_BAD = 10_000, 3_000
KINDS = ("csv", "xlsx", "long names")


def office(engine: Engine) -> Actor:
    """An official of a new chain office."""
    with unit_of_work(engine) as session:
        chain = Chain(code="bench", name_zh="样本链", name_en="Sample chain")
        session.add(chain)
        session.flush()
        row = Organization(
            kind=OrganizationKind.CHAIN_OFFICE, legal_name="样本链办", name_core="样本链办", chain_id=chain.id
        )
        user = User(email="bench@example.org", password_hash="!", full_name="样本官员")  # noqa: S106 -- no password
        session.add_all([row, user])
        session.flush()
        return Actor(user.id, user.full_name, row.id, row.kind, row.legal_name, True, Role.OFFICIAL, chain_id=chain.id)


def load(engine: Engine, actor: Actor, name: str, content: bytes) -> ImportBatch:
    """Upload, check and load the good rows, each in a transaction of its own as in three requests."""
    with unit_of_work(engine) as session:
        batch = import_batches.upload(session, actor, name, content)
    with unit_of_work(engine) as session:
        batch = session.get_one(ImportBatch, batch.id)
        import_batches.check(session, actor, batch, batch.mapping, today=today())
    with unit_of_work(engine) as session:
        batch = session.get_one(ImportBatch, batch.id)
        import_batches.load(session, actor, batch, is_partial=True, today=today())
    return batch


def n_firms(engine: Engine) -> int:
    """Enterprises that are there."""
    with unit_of_work(engine) as session:
        n = select(func.count()).select_from(Organization)
        return session.exec(n.where(col(Organization.kind) == OrganizationKind.ENTERPRISE)).one()


def as_xlsx(rows: list[list[str]]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for n, row in enumerate([HEADINGS, *rows]):
            for place, cell in enumerate(row):
                sheet.write_string(n, place, cell)
    return file.getvalue()


def _round(kind: str, what: str) -> dict[str, float | int]:
    rows, spoilt = table(N_ROWS, N_BAD)
    if kind == "long names":
        kind, rows = "csv", long_names(rows)
    content = as_csv(rows) if kind == "csv" else as_xlsx(rows)
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'imports.sqlite3'}")
        SQLModel.metadata.create_all(engine)
        run = (_bare if what == "bare" else _whole)(engine, f"firms.{kind}", content, spoilt)
        start, start_of_cpu = time.perf_counter(), time.process_time()
        run()
        return {
            "seconds": round(time.perf_counter() - start, 2),
            "cpu_seconds": round(time.process_time() - start_of_cpu, 2),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }


def _bare(engine: Engine, name: str, content: bytes, _spoilt: dict[int, str]) -> Callable[[], None]:
    def run() -> None:
        (sheet,) = read_sheets(name, content)
        marks = ", ".join("?" * len(HEADINGS))
        with engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE TABLE bare ({', '.join(f'c{n}' for n in range(len(HEADINGS)))})")
            connection.exec_driver_sql(
                f"INSERT INTO bare VALUES ({marks})",  # noqa: S608 -- nothing but question marks
                [tuple([*row, *[""] * len(HEADINGS)][: len(HEADINGS)]) for row in sheet.rows[1:]],
            )

    return run


def _whole(engine: Engine, name: str, content: bytes, spoilt: dict[int, str]) -> Callable[[], None]:
    actor = office(engine)

    def run() -> None:
        batch = load(engine, actor, name, content)
        named = {entry["row"]: entry["column"] for entry in batch.problems}
        if named != spoilt or n_firms(engine) != N_ROWS - N_BAD:
            raise SystemExit(f"void: {len(named)} rows named, {n_firms(engine)} firms loaded")

    return run


def main() -> None:
    """Each kind of file, whole and bare, three rounds in turn."""
    if len(sys.argv) > 1:
        print(json.dumps(_round(sys.argv[1], sys.argv[2])))
        return
    for kind in KINDS:
        for what in ("whole", "bare") * 3:
            done = subprocess.run(  # noqa: S603 -- this very module
                [sys.executable, "-m", "benchmarks.imports", kind, what], capture_output=True, text=True, check=True
            )
            print(kind, what, done.stdout.strip())


if __name__ == "__main__":
    main()
