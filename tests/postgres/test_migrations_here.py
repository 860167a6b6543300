"""Every migration goes down and up again over a whole demo world: what both schemas know is the same afterwards.

For SQLite `tests/faults/test_migrations_keep_rows.py` does it, over a database that the migrations made.
"""

from hashlib import sha256
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, Table, select
from sqlmodel import SQLModel

from app import migrate
from models.session import reading

pytestmark = pytest.mark.xdist_group("postgresql")
MIGRATIONS = Path(__file__).parents[2] / "migrations"
Columns = dict[str, tuple[str, ...]]
"""Names of tables with those of their columns."""
CHANGED = {"role_grants": {"approval"}}
"""By the slug of a migration: tables that lose rows on the way down, since the older schema has no place for them.
Before requests for a role there were only requests about a pairing.
"""


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    return config


def _tables(engine: Engine) -> list[Table]:
    found = MetaData()
    found.reflect(engine)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def _columns(tables: list[Table]) -> Columns:
    return {table.name: tuple(sorted(column.name for column in table.columns)) for table in tables}


def _digests(engine: Engine, tables: list[Table], wanted: Columns) -> dict[str, tuple[int, str]]:
    """The number of rows of each table and a digest of what its wanted columns hold, in whatever order."""
    found = {}
    with reading(engine).connect() as connection:
        for table in tables:
            if names := wanted.get(table.name):
                rows = connection.execute(select(*(table.c[name] for name in names))).all()
                lines = "\n".join(sorted(map(repr, rows)))
                found[table.name] = len(rows), sha256(lines.encode()).hexdigest()
    return found


def _known_to_both(one: Columns, other: Columns) -> Columns:
    return {name: tuple(sorted(set(one[name]) & set(other[name]))) for name in one.keys() & other.keys()}


def _unlike(before: dict[str, tuple[int, str]], after: dict[str, tuple[int, str]]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


@pytest.fixture
def world(demo_database):
    engine = demo_database.copy()
    command.stamp(_config(engine), "head")
    yield engine
    engine.dispose()


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_migration_goes_down_and_up_over_a_whole_world(world: Engine):
    config = _config(world)
    steps = list(ScriptDirectory.from_config(config).walk_revisions())
    upper = _tables(world)
    at_first = _digests(world, upper, _columns(upper))
    assert sum(n for n, _digest in at_first.values()) > 10_000, "no world"
    unlike = {}
    for step in steps:
        above = _columns(upper)
        command.downgrade(config, str(step.down_revision or "base"))
        lower = _tables(world)
        below = _columns(lower)
        under = _digests(world, lower, below)
        command.upgrade(config, step.revision)
        both = _known_to_both(above, below)
        assert _columns(_tables(world)) == above
        second = _digests(world, upper, both)
        restored = {name: at_first[name] for name, names in above.items() if both.get(name) == names}
        slug = Path(str(step.module.__file__)).stem[5:]
        counts = {name for name in both if not at_first[name][0] == under[name][0] == second[name][0]}
        changed = _unlike(restored, {name: second[name] for name in restored})
        if found := (changed | counts) - CHANGED.get(slug, set()):
            unlike[slug] = sorted(found)
        command.downgrade(config, str(step.down_revision or "base"))
        again = _digests(world, lower, below)
        if found := _unlike(under, again) - CHANGED.get(slug, set()):
            unlike[f"{slug}, below"] = sorted(found)
        upper, at_first = lower, again
    assert unlike == {}
    migrate(world)
    _require_whole(world)


def _require_whole(engine: Engine) -> None:
    """The schema is that of the rows, and every reference finds its row."""
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    with reading(engine).connect() as connection:
        open_checks = "SELECT conname FROM pg_constraint WHERE NOT convalidated"
        assert connection.exec_driver_sql(open_checks).all() == []


def test_a_row_that_was_lost_or_changed_is_seen():
    """The test of the test."""
    before = {"chain": (2, "a"), "link": (1, "b"), "gone": (1, "c")}
    assert _unlike(before, {"chain": (2, "x"), "link": (1, "b")}) == {"chain", "gone"}
    assert _known_to_both({"a": ("x", "y")}, {"a": ("y", "z"), "b": ()}) == {"a": ("y",)}
