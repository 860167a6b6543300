"""Server time and queries of the list pages at two sizes: `python -m benchmarks.lists`.

Baseline: the same pages with a tenth of the firms and needs. Goal: median under 100 ms and at most 12 queries with
5,000 firms and 500 needs, and the same number of queries at both sizes.
"""

import statistics
import tempfile
import time
from pathlib import Path

from sqlalchemy import Engine, event
from sqlmodel import col, select

from app import create_app
from benchmarks.world import build, sign_in
from config import Settings
from models.organization import Organization
from models.session import open_session
from vocabulary.roles import OrganizationKind, Role
from workflows.calendar import today
from workflows.recommendations import refresh_all

_ROUNDS = 15
_PAGES = {
    (OrganizationKind.BANK, Role.OFFICER): ("/recommended-firms/", "/loan-products", "/cases/", "/chains/"),
    (OrganizationKind.BUYER, Role.BUYER): ("/recommended-firms/", "/purchase-needs", "/chains/bench"),
    (OrganizationKind.JOINT_OFFICE, Role.COORDINATOR): ("/organizations/", "/pairings/", "/desk/", "/ledger/"),
}


def _measure(engine: Engine, folder: Path) -> dict[str, tuple[float, int]]:
    """Page -> (median milliseconds, queries)."""
    app = create_app(
        Settings(environment="test", data_dir=folder, secret_key="bench"),  # noqa: S106 -- a throwaway
        database_engine=engine,
    )
    found: dict[str, tuple[float, int]] = {}
    for (kind, role), pages in _PAGES.items():
        with open_session(engine) as session:
            owner = session.exec(select(Organization).where(Organization.kind == kind).order_by(col(Organization.id)))
            organization = owner.first()
            if organization is None:
                organization = Organization(kind=kind, legal_name=kind.value, name_core=kind.value)
                session.add(organization)
                session.commit()
        assert organization.id is not None
        token = sign_in(engine, organization.id, role)
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        for page in pages:
            found[page if page not in found else f"{page} ({role})"] = _page(engine, client, page)
    return found


def _page(engine: Engine, client: object, page: str) -> tuple[float, int]:
    queries: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            queries.append(statement)

    times = []
    for _ in range(_ROUNDS):
        queries.clear()
        event.listen(engine, "before_cursor_execute", note)
        start = time.perf_counter()
        answer = client.get(page)  # type: ignore[attr-defined]
        times.append((time.perf_counter() - start) * 1_000)
        event.remove(engine, "before_cursor_execute", note)
        assert answer.status_code == 200, (page, answer.status_code)
    return statistics.median(times), len(queries)


def main() -> None:
    """Build both worlds, run the engine, print a table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results = []
        for n_firms, n_needs in ((500, 50), (5_000, 500)):
            engine = build(folder / f"{n_firms}.sqlite3", n_firms=n_firms, n_needs=n_needs)
            start = time.perf_counter()
            runs = refresh_all(engine, today=today())
            pairs = sum(run.n_pairs for run in runs)
            print(f"{n_firms} firms, {n_needs} needs of each market: {pairs:,} pairs recommended in "
                  f"{time.perf_counter() - start:.1f} s")  # fmt: skip
            results.append(_measure(engine, folder))
            engine.dispose()
    small, large = results
    print(f"{'page':<40}{'500 firms':>12}{'5,000 firms':>14}{'ratio':>8}{'queries':>10}")
    for page, (milliseconds, queries) in large.items():
        before, before_queries = small[page]
        print(f"{page:<40}{before:>9.1f} ms{milliseconds:>11.1f} ms{milliseconds / before:>8.1f}"
              f"{before_queries:>6} -> {queries}")  # fmt: skip


if __name__ == "__main__":
    main()
