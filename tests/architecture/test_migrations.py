"""The migrations lead to the schema of the rows, up and down."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel

import models
from app import migrate
from models.session import make_engine

assert models
ROOT = Path(__file__).parents[2]


@pytest.fixture
def fresh(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path / 'fresh.sqlite3'}")
    yield engine
    engine.dispose()


def _tables(engine):
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in rows if not name.startswith("sqlite_")}


def test_migrating_gives_the_schema_of_the_rows(fresh):
    migrate(fresh)
    with fresh.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    assert _tables(fresh) == {*SQLModel.metadata.tables, "alembic_version"}


def test_migrating_twice_changes_nothing(fresh):
    migrate(fresh)
    migrate(fresh)
    assert "pairing" in _tables(fresh)


def test_every_migration_can_be_undone(fresh):
    migrate(fresh)
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["engine"] = fresh
    command.downgrade(config, "base")
    assert _tables(fresh) == {"alembic_version"}
