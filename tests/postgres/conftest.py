"""Every fixture below this folder is on a real PostgreSQL, whatever the rest of the run is on."""

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine

from app import migrate, report_composer
from cli.demo_world import ensure_demo_world
from tests.databases import Databases, Postgresql, Template, postgresql_server


@pytest.fixture(scope="session")
def databases(databases: Databases) -> Iterator[Databases]:
    if isinstance(databases, Postgresql):
        yield databases
        return
    with postgresql_server(os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid4().hex)) as server:
        yield server


@pytest.fixture(scope="session")
def _migrated(databases: Postgresql) -> str:
    """The name of a database with every migration, which is only copied."""
    engine = databases.fresh()
    migrate(engine)
    engine.dispose()
    return str(engine.url.database)


@pytest.fixture
def migrated_database(databases: Postgresql, _migrated: str) -> Iterator[Engine]:
    """A new database with every migration, without rows."""
    name = databases.create(_migrated)
    engine = databases.engine(name)
    yield engine
    engine.dispose()
    databases.drop(name)


@pytest.fixture(scope="session")
def demo_database(databases: Postgresql, built_app: Flask) -> Template:
    """As in the rest of the suite, but here: that one is kept for whoever asked first."""
    return databases.template(lambda engine: ensure_demo_world(engine, report_composer(built_app)))
