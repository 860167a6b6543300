"""The migrations lead to the schema of the rows, up and down."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect
from sqlmodel import SQLModel

import models
from app import migrate
from models.session import unit_of_work
from tests import factories
from vocabulary.roles import OrganizationKind

assert models
ROOT = Path(__file__).parents[2]


@pytest.fixture
def fresh(fresh_database):
    return fresh_database


def _tables(engine):
    return set(inspect(engine).get_table_names())


def test_migrating_gives_the_schema_of_the_rows(fresh):
    migrate(fresh)
    with fresh.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    assert _tables(fresh) == {*SQLModel.metadata.tables, "alembic_version"}


def test_migrating_twice_changes_nothing(fresh):
    migrate(fresh)
    migrate(fresh)
    assert "pairing" in _tables(fresh)


def _alembic(engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["engine"] = engine
    return config


def test_monthly_visits_of_products_become_weekly_visits_of_their_branch_and_back(fresh):
    migrate(fresh)
    with unit_of_work(fresh) as session:
        bank = factories.make_organization(session, OrganizationKind.BANK)
        factories.make_branch(session, bank, visits_per_week=3)
        supply = factories.make_loan_product(session, bank)
        # The 22nd is a Sunday in UTC and already a Monday in Shanghai.
        decided_at = datetime(2026, 11, 22, 17, tzinfo=UTC)
        pairing_id = factories.book_week(session, supply, date(2026, 11, 30), decided_at=decided_at).id
    number = int(next(ROOT.glob("migrations/versions/*_lender_capacity.py")).name[:4])
    command.downgrade(_alembic(fresh), f"{number - 1:04d}")
    with fresh.connect() as connection:
        assert connection.exec_driver_sql("SELECT visits_per_month FROM loan_product").fetchall() == [(13,)]
    migrate(fresh)
    with fresh.connect() as connection:
        branches = connection.exec_driver_sql("SELECT branch, visits_per_week FROM branch_capacity").fetchall()
        slots = connection.exec_driver_sql("SELECT week, number, pairing_id FROM visit_slot").fetchall()
    assert branches == [("", 3)]
    assert [(str(week), number, pairing) for week, number, pairing in slots] == [("2026-11-23", 1, pairing_id)]


def test_every_migration_can_be_undone(fresh):
    migrate(fresh)
    command.downgrade(_alembic(fresh), "base")
    assert _tables(fresh) == {"alembic_version"}


def test_the_checks_of_a_pairing_survive_every_migration(fresh):
    migrate(fresh)
    written = {check["name"] for check in inspect(fresh).get_check_constraints("pairing")}
    checks = {
        constraint.name
        for constraint in SQLModel.metadata.tables["pairing"].constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert {name for name in checks if str(name) not in written} == set()
