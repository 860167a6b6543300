"""Database engine and sessions, with the settings SQLite needs to be safe under several writers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlmodel import Session

from models import sqlite

_PATIENCE_S = 15
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_PATIENCE_S * 1000}")


def make_engine(url: str, *, file_lock: bool = True) -> Engine:
    """An engine for `url`. On SQLite a writer takes the write lock when it begins, since a lock taken later
    loses updates silently; sessions opened with `read_only` begin without it and never wait for a writer.

    Writers queue for their turn first (`sqlite.WriteTurn`), with `file_lock` those of all processes.
    """
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    options = {"timeout": _PATIENCE_S, "check_same_thread": False}
    engine = create_engine(url, module=sqlite.driver, connect_args=options)
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


def open_session(engine: Engine, *, read_only: bool = False) -> Session:
    """A session; rows stay readable after commit, so that a page can show what was just written."""
    bind = engine.execution_options(read_only=True) if read_only else engine
    return Session(bind, expire_on_commit=False)


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
