"""Database engine and sessions, with the settings SQLite and PostgreSQL need to be safe under several writers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.adapt import Loader
from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session

from models import sqlite

_PATIENCE_S = 15
"""How long a writer waits for its turn, on either database."""
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_PATIENCE_S * 1000}")
_WRITERS_TURN = 7_110_500
"""Any number of our own: writers queue at this advisory lock on PostgreSQL."""
_BUSY = ("database is locked", "database table is locked")


def make_engine(
    url: str, *, file_lock: bool = True, pool_size: int = 10, statement_seconds: int = 60, idle_seconds: int = 900
) -> Engine:
    """An engine for `url`. On both databases writers take turns from the first statement of their transaction, and
    sessions opened with `read_only` never wait for a writer. `file_lock` is SQLite's: turns among processes, too; the
    other settings are PostgreSQL's.

    One writer at a time costs little, since every deed appends to the one chain of the ledger and would queue for its
    end anyway, and it leaves nothing to write skew, deadlocks or lost updates. Errors do not name the values of a
    statement: they end in logs, where no confidential figure belongs.
    """
    if url.startswith("sqlite"):
        return _sqlite_engine(url, file_lock=file_lock)
    return _postgresql_engine(url, pool_size, statement_seconds * 1000, idle_seconds * 1000)


def _postgresql_engine(url: str, pool_size: int, statement_ms: int, idle_ms: int) -> Engine:
    """Connections that are tried before use (a restarted server is met without an error) and cannot hang for ever."""
    plain, _, rest = url.partition("://")
    if plain not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise ValueError(f"no such database: {plain}; sqlite:/// and postgresql:// are known")
    engine = create_engine(
        f"postgresql+psycopg://{rest}",
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=_PATIENCE_S,
        pool_recycle=1800,
        pool_pre_ping=True,
        hide_parameters=True,
        json_serializer=_plain_json,
        connect_args={
            "application_name": "lianrong",
            "connect_timeout": 5,
            "options": f"-c statement_timeout={statement_ms} -c lock_timeout={_PATIENCE_S * 1000}"
            f" -c idle_in_transaction_session_timeout={idle_ms} -c timezone=UTC",
        },
    )

    @event.listens_for(engine, "connect")
    def _configure(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.adapters.register_loader("numeric", _PlainNumber)

    @event.listens_for(engine, "handle_error")
    def _name_no_values(context: ExceptionContext) -> None:
        """The server's detail quotes the row or the key that it refused."""
        error, shown = context.original_exception, context.sqlalchemy_exception
        if isinstance(error, psycopg.Error) and error.diag.message_detail and shown is not None:
            whole, error.args = str(error), (error.diag.message_primary,)
            shown.args = (str(shown.args[0]).replace(whole, str(error)), *shown.args[1:])

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("read_only") and options.get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS_TURN})")

    return engine


class _PlainNumber(Loader):
    """A sum of large integers is an int and a mean a float, as in SQLite; no column of ours is NUMERIC."""

    def load(self, data: Any) -> int | float:
        text = bytes(data).decode()
        return int(text) if text.lstrip("-").isdecimal() else float(text)


def _plain_json(value: Any) -> str:
    """JSON without the NaN and Infinity that Python would write and PostgreSQL refuse (ValueError)."""
    return json.dumps(value, allow_nan=False)


def _sqlite_engine(url: str, *, file_lock: bool) -> Engine:
    """A writer takes the write lock when it begins, since a lock taken later loses updates silently. Writers queue for
    their turn first (`sqlite.WriteTurn`), with `file_lock` those of all processes.
    """
    options = {"timeout": _PATIENCE_S, "check_same_thread": False}
    engine = create_engine(
        url, module=sqlite.driver, hide_parameters=True, json_serializer=_plain_json, connect_args=options
    )
    file = engine.url.database
    turn = sqlite.WriteTurn(Path(f"{file}.write") if file_lock and file and file != ":memory:" else None)

    @event.listens_for(engine, "connect")
    def _configure(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.isolation_level = None  # BEGIN is ours, below
        for pragma in _PRAGMAS:
            dbapi_connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("read_only"):
            connection.exec_driver_sql("BEGIN")
            return
        # Past its patience a writer goes on without the turn, and SQLite refuses it as busy.
        if not connection.info.get("has_turn"):
            connection.info["has_turn"] = turn.acquire(_PATIENCE_S)
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def _give_up_turn(_dbapi_connection: Any, record: Any) -> None:
        """The commit event comes before the commit itself; when the connection is returned it is over."""
        if record.info.pop("has_turn", False):
            turn.release()

    return engine


def reading(engine: Engine) -> Engine:
    """The same engine for reading: one snapshot for the whole transaction, refused writes on PostgreSQL."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(read_only=True)
    return engine.execution_options(read_only=True, postgresql_readonly=True, isolation_level="REPEATABLE READ")


def open_session(engine: Engine, *, read_only: bool = False) -> Session:
    """A session; rows stay readable after commit, so that a page can show what was just written."""
    return Session(reading(engine) if read_only else engine, expire_on_commit=False)


def is_unique_violation(error: IntegrityError) -> bool:
    """Whether a UNIQUE constraint or index refused a row: somebody else was first."""
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", "")
    return code in ("23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")


@contextmanager
def unit_of_work(engine: Engine) -> Iterator[Session]:
    """One transaction for jobs and commands: commits at the end, rolls back on any error."""
    with open_session(engine) as session:
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


def is_out_of_reach(error: BaseException | None) -> bool:
    """Whether the database did not answer or had no turn to give, so that the same may succeed in a moment."""
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, psycopg.errors.DiskFull):  # that does not pass by itself
        return False
    is_refused = isinstance(error.orig, psycopg.OperationalError)
    return is_refused or error.connection_invalidated or any(words in str(error.orig) for words in _BUSY)
