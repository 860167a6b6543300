"""No page takes more queries for more rows, whoever opens it."""

import pytest
from sqlalchemy import Engine

from benchmarks.life import add_life
from benchmarks.pages import measure
from benchmarks.world import fill
from tests.databases import Databases
from vocabulary.roles import Role
from workflows.calendar import today
from workflows.recommendations import refresh_all

MOST_QUERIES = 12
"""Of a page that lists rows, those of knowing who asks among them. A page of one row, with an id, may take more."""
MOST_OF_DASHBOARDS = {"officials_dashboard.index": 25, "officials_desk.index": 14}
"""A dashboard shows several lists at once."""


@pytest.fixture(scope="module")
def worlds(databases: Databases) -> dict[int, Engine]:
    """A world with two rows in each list, and one with seven."""
    engines = {}
    for n in (2, 7):
        engines[n] = fill(databases.fresh(), n_firms=3 * n, n_needs=n, n_banks=n)
        add_life(engines[n], n)
        refresh_all(engines[n], today=today())
    return engines


@pytest.mark.parametrize("role", list(Role))
def test_more_rows_take_no_more_queries(built_app, worlds, role):
    counts: dict[int, dict[str, int]] = {}
    without_id = {rule.endpoint for rule in built_app.url_map.iter_rules() if not rule.arguments}
    for n, engine in worlds.items():
        built_app.extensions["engine"] = engine
        pages = measure(built_app, engine, role)
        counts[n] = {page.endpoint: len(page.statements) for page in pages.values()}
    assert {endpoint: (count, counts[7].get(endpoint)) for endpoint, count in counts[2].items()
            if counts[7].get(endpoint) != count} == {}  # fmt: skip
    assert {
        endpoint: count
        for endpoint, count in counts[7].items()
        if endpoint in without_id and count > MOST_OF_DASHBOARDS.get(endpoint, MOST_QUERIES)
    } == {}
