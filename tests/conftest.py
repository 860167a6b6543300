"""Fixtures: one app per worker, one fresh database file per test (a copy of an empty one)."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, SQLModel

import models
from models.organization import User
from models.session import make_engine, open_session

assert models


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the schema and no rows."""
    path = tmp_path_factory.mktemp("database") / "empty.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    SQLModel.metadata.create_all(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def demo_database(empty_database: Path, built_app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the demo world, built once; whoever writes takes a copy."""
    from app import report_composer
    from cli.demo_world import ensure_demo_world

    path = tmp_path_factory.mktemp("demo_world") / "demo.sqlite3"
    shutil.copy(empty_database, path)
    engine = make_engine(f"sqlite:///{path}")
    ensure_demo_world(engine, report_composer(built_app))
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    engine.dispose()
    return path


@pytest.fixture
def engine(empty_database: Path, tmp_path: Path) -> Iterator[Engine]:
    path = tmp_path / "test.sqlite3"
    shutil.copy(empty_database, path)
    engine = make_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A writing session. Commit (or close) it before a client request writes: SQLite has one writer."""
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
        allowed_hosts=("127.0.0.1", "localhost"),
    )
    app = create_app(settings)
    app.testing = True
    app.config["WTF_CSRF_ENABLED"] = False  # tests/web/test_errors.py and the journeys run with it on
    return app


@pytest.fixture
def app(built_app: Flask, engine: Engine) -> Flask:
    built_app.extensions["engine"] = engine
    return built_app


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
