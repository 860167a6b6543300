"""Fixtures: one app per worker, one database without rows per test, on SQLite or PostgreSQL (tests/databases.py)."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, SQLModel

import models
from models.organization import User
from models.session import open_session
from tests import refused_deeds
from tests.databases import ON_POSTGRESQL, Databases, Postgresql, Sqlite, Template, postgresql_server
from tests.recorded_deeds import watch

assert models


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Where databases come from; on PostgreSQL the workers share one server."""
    if not ON_POSTGRESQL:
        yield Sqlite(tmp_path_factory.mktemp("databases"))
        return
    with postgresql_server(os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid4().hex)) as server:
        yield server


@pytest.fixture(scope="session")
def empty_database(databases: Databases) -> Template:
    """A database with the schema and no rows."""
    return databases.template(lambda _engine: None)


@pytest.fixture(scope="session")
def demo_database(databases: Databases, built_app: Flask) -> Template:
    """A database with the demo world, built once; whoever writes takes a copy."""
    from app import report_composer
    from cli.demo_world import ensure_demo_world

    return databases.template(lambda engine: ensure_demo_world(engine, report_composer(built_app)))


@pytest.fixture
def fresh_database(databases: Databases) -> Iterator[Engine]:
    """A new database without tables."""
    engine = databases.fresh()
    yield engine
    engine.dispose()
    if isinstance(databases, Postgresql):
        databases.drop(str(engine.url.database))


@pytest.fixture(scope="session")
def _own_database(databases: Databases) -> str:
    """On PostgreSQL: the database in which the tests of this worker run, one after the other."""
    assert isinstance(databases, Postgresql)
    engine = databases.fresh()
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    return str(engine.url.database)


@pytest.fixture
def engine(databases: Databases, request: pytest.FixtureRequest) -> Iterator[Engine]:
    if isinstance(databases, Postgresql):
        name = request.getfixturevalue("_own_database")
        engine = databases.engine(name)
        yield engine
        engine.dispose()
        databases.wipe(name)
        return
    engine = request.getfixturevalue("empty_database").copy()
    yield engine
    engine.dispose()
    Path(str(engine.url.database)).unlink()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A writing session. Commit (or close) it before a client request writes: writers take turns."""
    with open_session(engine) as session:
        yield session


@pytest.fixture(scope="session")
def built_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    from app import create_app
    from config import Settings

    settings = Settings(
        environment="test",
        data_dir=tmp_path_factory.mktemp("data"),
        secret_key="test-key",
        mail_backend="locmem",
        blind_percent=0,
        allowed_hosts=("127.0.0.1", "localhost"),
    )
    watch()  # a form that changes something and leaves no line in the ledger fails its test
    app = create_app(settings)
    app.testing = True
    refused_deeds.install(app)  # each form is first tried while the ledger takes no rows
    app.config["WTF_CSRF_ENABLED"] = False  # tests/web/test_errors.py and the journeys run with it on
    return app


@pytest.fixture(autouse=True)
def _are_deeds_tried(request: pytest.FixtureRequest) -> None:
    """In two rooms always, in all with TRY_ALL_DEEDS=1; not in tests that replace parts or take long."""
    is_slow = request.node.get_closest_marker("slow") is not None
    is_wanted = os.environ.get("TRY_ALL_DEEDS") == "1" or request.path.parent.name in ("firms", "ledger")
    refused_deeds.DEEDS.is_on = is_wanted and not is_slow and "monkeypatch" not in request.fixturenames


@pytest.fixture
def app(built_app: Flask, engine: Engine) -> Flask:
    built_app.extensions["engine"] = engine
    return built_app


@pytest.fixture
def do_jobs(app: Flask, engine: Engine) -> Callable[[], int]:
    """Do whatever was asked for, in this thread, as a worker would; nothing comes by itself."""
    from app import job_services
    from jobs.registry import handlers
    from jobs.runner import Runner

    return Runner(engine, handlers(job_services(app)), {}).run_due


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sign_in_as(app: Flask, session: Session):
    """Give a client signed in as a user row, by a real session row. Commits the test's session."""

    def _sign_in(user: User) -> FlaskClient:
        from models.organization import UserSession
        from web.common.identity import token_digest

        token = f"token-{user.id}-{uuid4()}"
        session.add(UserSession(token_digest=token_digest(token), user_id=user.id))
        session.commit()
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        return client

    return _sign_in
