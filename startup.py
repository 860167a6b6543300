"""What a server must find before it serves: the newest schema, and a database that keeps what it acknowledges."""

from pathlib import Path

from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Connection, Engine, column, inspect, select, table

from config import Settings
from models import sqlite
from models.apart import marked_tables

MIGRATIONS = Path(__file__).parent / "migrations"
UPGRADE = "python -m flask --app app init-db"
_FULL = 2


class UnsafeStart(Exception):
    """A reason not to serve, with what to do about it."""


def schema(connection: Connection) -> tuple[str | None, str | None]:
    """(version of the database, version this code was written for)"""
    found = MigrationContext.configure(connection).get_current_revision()
    return found, ScriptDirectory(str(MIGRATIONS)).get_current_head()


def alembic_config(engine: Engine) -> AlembicConfig:
    """What Alembic's commands need to work on a database."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    return config


def refuse_unsafe_start(settings: Settings, engine: Engine) -> None:
    """Raise UnsafeStart where serving could lose or corrupt what is written. Keys and debugging: `config.Settings`."""
    refuse_mixing(settings, engine)
    with engine.execution_options(read_only=True).connect() as connection:
        found, wanted = schema(connection)
        if found != wanted:
            raise UnsafeStart(f"the schema is {found}, this program needs {wanted}: back up, then run `{UPGRADE}`")
        if connection.dialect.name == "sqlite":
            _refuse_unsafe_sqlite(settings, connection)
        else:
            _refuse_unsafe_postgresql(connection)


def refuse_mixing(settings: Settings, engine: Engine) -> None:
    """Raise UnsafeStart where demo and live would share a database: a demo row in production would stand in lists,
    figures and reports, and the demo environment shows accounts with their password to whoever comes by."""
    with engine.execution_options(read_only=True).connect() as connection:
        there = set(inspect(connection).get_table_names())
        if "organization" not in there:
            return
        mark = column("is_demo", Boolean)
        marks = {
            name: set(connection.scalars(select(mark).select_from(table(name)).distinct()))
            for name in marked_tables()
            if name in there
        }
    if settings.environment == "production" and any(map(any, marks.values())):
        raise UnsafeStart("this database holds the demo world: production needs a database of its own")
    if settings.demo_world and marks["organization"] and not any(marks["organization"]):
        raise UnsafeStart(
            "this database holds a live city: set LIANRONG_ENVIRONMENT=production, or another data folder"
        )


def _refuse_unsafe_postgresql(connection: Connection) -> None:
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        if connection.exec_driver_sql(f"SHOW {setting}").scalar_one() == "off":
            raise UnsafeStart(f"PostgreSQL's {setting} is off: a power cut could take back what was acknowledged")
    encoding, is_by_code_point = connection.exec_driver_sql(
        "SELECT current_setting('server_encoding'), 'a' > 'B' COLLATE \"default\""
    ).one()
    if encoding != "UTF8" or not is_by_code_point:
        raise UnsafeStart(
            "the database must be created with ENCODING 'UTF8' LOCALE 'C', so that lists come in the same order "
            "everywhere: see docs/operations.md"
        )


def _refuse_unsafe_sqlite(settings: Settings, connection: Connection) -> None:
    if connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() != 1:
        raise UnsafeStart("foreign_keys is off on this connection: rows could point nowhere")
    if connection.exec_driver_sql("PRAGMA synchronous").scalar_one() < _FULL:
        raise UnsafeStart("synchronous is below FULL: a power cut could take back what was acknowledged")
    has_lock = settings.write_lock and sqlite.HAS_FILE_LOCK
    if settings.processes > 1 and sqlite.is_affected() and not has_lock:
        raise UnsafeStart(
            f"SQLite {'.'.join(map(str, sqlite.VERSION))} can corrupt the file when several processes write: install "
            "the package pysqlite3, or set LIANRONG_WRITE_LOCK=true, or run one process"
        )
