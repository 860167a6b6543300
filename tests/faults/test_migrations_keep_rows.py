"""Every migration down, up and down again over filled tables: rows, contents and schema stay what they were."""

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from app import migrate
from models.session import make_engine
from startup import MIGRATIONS
from tests.databases import ON_POSTGRESQL
from tests.faults.filling import fill, lacking
from workflows.ledger_anchors import Seal
from workflows.ledger_check import verify

pytestmark = pytest.mark.skipif(ON_POSTGRESQL, reason="reads SQLite's own catalogue")
REVISIONS = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
"""Newest first."""
STAY: dict[str, dict[str, str]] = {
    "0027": {"approval": "pairing_id IS NOT NULL"},  # the older schema knows no requests for roles
}
"""revision -> table -> which rows only are kept on the way down."""
KEEP_THEIR_TYPE = {"stored_file.media_type", "webhook_delivery.body"}
"""Columns that stay as wide as they are on the way down, for what they hold."""
Contents = dict[str, dict[str, str]]
State = tuple[Contents, dict[str, object]]


@pytest.fixture(scope="module")
def newest(tmp_path_factory) -> Path:
    """A database that all migrations made; only copied."""
    path = tmp_path_factory.mktemp("migrated") / "newest.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    migrate(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    engine.dispose()
    return path


@pytest.fixture
def migrated(newest, tmp_path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{shutil.copy(newest, tmp_path / 'filled.sqlite3')}")
    yield engine
    engine.dispose()


@pytest.fixture
def seal(tmp_path) -> Seal:
    return Seal(tmp_path / "anchors.jsonl", "a key")


def test_migrating_gives_the_whole_schema_of_a_fresh_database(migrated, engine):
    """Also what `compare_metadata` does not see: checks and triggers, by name and text."""
    with migrated.connect() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
        found = _schema(connection)
    with engine.connect() as connection:
        assert found == _schema(connection)


def test_a_filled_database_loses_nothing_by_the_newest_migrations(migrated, seal):
    fill(migrated, 20, seal)
    assert lacking(migrated, 20) == []
    _down_up_down(migrated, seal, n_newest=3)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_thousand_rows_in_every_table_survive_every_migration(migrated, seal):
    fill(migrated, 1_000, seal)
    assert lacking(migrated, 1_000) == []
    _down_up_down(migrated, seal)


def test_a_migration_that_deletes_children_or_forgets_a_check_is_seen(migrated, seal):
    """The test of the test: what a batch rename with foreign keys on does, and a table made anew without a check."""
    fill(migrated, 5, seal)
    with migrated.connect() as connection:
        before, schema = _contents(connection, {}), _schema(connection)
        connection.exec_driver_sql("DELETE FROM gap_event")
        connection.exec_driver_sql("UPDATE chain SET name_zh = name_zh || 'x' WHERE id = 1")
        connection.exec_driver_sql("ALTER TABLE problem DROP CONSTRAINT ck_problem_status_known")
        after = _contents(connection, {})
        assert {table for table, _column, _why in _differences(before, after)} == {"gap_event", "chain"}
        assert _schema(connection) != schema
        connection.rollback()


def test_a_table_without_rows_is_not_called_filled(migrated, seal):
    fill(migrated, 3, seal)
    with migrated.begin() as connection:
        connection.exec_driver_sql("DELETE FROM job_worker")
        connection.exec_driver_sql("UPDATE outbox_message SET pairing_id = NULL")
    assert lacking(migrated, 3) == ["job_worker has 0 rows", "outbox_message.pairing_id is empty"]


def _down_up_down(engine: Engine, seal: Seal, n_newest: int = len(REVISIONS)) -> None:
    """At each revision: what both versions of the schema have must be the same before, between and after."""
    lost: list[str] = []
    known: State | None = None
    for revision, below in list(zip(REVISIONS, [*REVISIONS[1:], "base"], strict=True))[:n_newest]:
        above = known if known and revision not in STAY else _state(engine, STAY.get(revision, {}))
        _to(engine, below)
        under = _state(engine)
        _to(engine, revision)
        again = _whole_schema(engine)
        if revision == REVISIONS[0]:
            assert verify(engine, seal).is_whole
        if below == "base":
            continue  # the first migration makes every table, and takes them all with it
        _to(engine, below)
        under_again = known = _state(engine)
        for one, other, step in ((above, under, "down"), (under, under_again, "up and down again")):
            differences = _differences(one[0], other[0])
            lost += [f"{revision} {step}: {table}.{column} {what}" for table, column, what in differences]
        lost += [f"{revision}: {name} is another after down and up" for name in _changed(above[1], again)]
        lost += [f"{revision}: {name} is another after the second down" for name in _changed(under[1], under_again[1])]
    assert lost == [], "\n".join(lost)


def _to(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    with engine.execution_options(read_only=True).connect() as connection:
        tables = inspect(connection).get_table_names()
        at = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() or "base"
    assert tables
    (command.downgrade if revision == "base" or (at != "base" and revision < at) else command.upgrade)(config, revision)


def _state(engine: Engine, only: dict[str, str] | None = None) -> State:
    with engine.execution_options(read_only=True).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
        return _contents(connection, only or {}), _schema(connection)


def _whole_schema(engine: Engine) -> dict[str, object]:
    with engine.execution_options(read_only=True).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
        return _schema(connection)


def _contents(connection, only: dict[str, str]) -> Contents:
    """table -> column -> number of rows and a digest of the column, in the order of the key."""
    found: Contents = {}
    inspector = inspect(connection)
    for table in inspector.get_table_names():
        if table == "alembic_version":
            continue
        names = [column["name"] for column in inspector.get_columns(table)]
        key = ", ".join(f'"{name}"' for name in inspector.get_pk_constraint(table)["constrained_columns"])
        listed = ", ".join(f'"{name}"' for name in names)
        where = only.get(table, "1")
        rows = connection.exec_driver_sql(f'SELECT {listed} FROM "{table}" WHERE {where} ORDER BY {key}').fetchall()
        columns = zip(*rows, strict=True) if rows else [()] * len(names)
        found[table] = {
            name: f"{len(rows)} rows, {hashlib.blake2b(repr(values).encode(), digest_size=8).hexdigest()}"
            for name, values in zip(names, columns, strict=True)
        }
    return found


def _differences(one: Contents, other: Contents) -> Iterator[tuple[str, str, str]]:
    """(table, column, both states) of what both have and is not the same."""
    for table in one.keys() & other.keys():
        for column in one[table].keys() & other[table].keys():
            if one[table][column] != other[table][column]:
                yield table, column, f"{one[table][column]} -> {other[table][column]}"


def _changed(one: dict[str, object], other: dict[str, object]) -> list[str]:
    names = sorted(one.keys() | other.keys())
    return [name for name in names if one.get(name) != other.get(name) and name not in KEEP_THEIR_TYPE]


def _schema(connection) -> dict[str, object]:
    """Everything named in the schema. The order of columns, blanks in conditions and defaults do not count: rows are
    written by models, which know their own defaults."""
    inspector = inspect(connection)
    found: dict[str, object] = {}
    written: dict[str, list[str]] = {}
    for kind, name, table, text in connection.exec_driver_sql(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
    ):
        written.setdefault(table, []).append(text)
        if kind == "trigger":
            found[f"trigger {name}"] = _plain(text)
    for table, texts in written.items():
        known = _REFLECTED.get("".join(texts))
        if known is None:
            known = _REFLECTED["".join(texts)] = dict(_table(inspector, table, "".join(texts)))
        found |= known
    return found


_REFLECTED: dict[str, dict[str, object]] = {}
"""What the text of a table and its indexes says; reading one takes a hundredth of a second, and few change."""


def _table(inspector, table: str, text: str) -> Iterator[tuple[str, object]]:
    for column in inspector.get_columns(table):
        yield f"{table}.{column['name']}", (str(column["type"]), column["nullable"])
    yield f"{table} key", tuple(inspector.get_pk_constraint(table)["constrained_columns"])
    for check in inspector.get_check_constraints(table):
        yield f"{table} check {check['name']}", _plain(check["sqltext"])
    for unique in inspector.get_unique_constraints(table):
        yield f"{table} unique {unique['name']}", tuple(unique["column_names"])
    for index in inspector.get_indexes(table):
        where = _plain(str(index.get("dialect_options", {}).get("sqlite_where", "")))
        yield f"{table} index {index['name']}", (tuple(index["column_names"]), bool(index["unique"]), where)
    for key in inspector.get_foreign_keys(table):
        columns = (tuple(key["constrained_columns"]), key["referred_table"], tuple(key["referred_columns"]))
        # The reflection misses the name of a reference that stands beside its column.
        beside = re.search(rf"\b{key['constrained_columns'][0]}\b[^,]*?CONSTRAINT (\w+)\s+REFERENCES", text)
        yield f"{table} reference {key['name'] or (beside and beside[1])}", (*columns, str(key["options"]))


def _plain(text: str | None) -> str:
    return "".join((text or "").replace('"', "").lower().split())
