"""A city that began on SQLite moves to PostgreSQL with every row, and goes on there."""

import click
import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel

from access.actor import SYSTEM
from app import migrate
from cli.database import copy_rows
from models.session import unit_of_work
from tests import factories
from tests.databases import Sqlite, copy_of
from tests.workflows.test_verdicts import REASON, World
from workflows import verdicts
from workflows.audit import record
from workflows.ledger_anchors import Seal
from workflows.ledger_check import verify

pytestmark = pytest.mark.xdist_group("postgresql")


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """A migrated SQLite database with a confirmed pairing and a link whose parent came later."""
    engine = Sqlite(tmp_path_factory.mktemp("city")).fresh()
    migrate(engine)
    with unit_of_work(engine) as session:
        world = World(session)
        world.consent()
        verdicts.confirm(session, world.office, world.pairing(), reason=REASON, hold_minutes=30)
        child = factories.make_link(session, world.chain)
        child.parent_id = factories.make_link(session, world.chain).id
    yield engine
    engine.dispose()


def _rows(engine):
    with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in SQLModel.metadata.sorted_tables
        }


def test_every_row_arrives_and_the_city_goes_on(city, migrated_database, tmp_path):
    counts = copy_rows(city, migrated_database)
    assert counts["pairing"] == 1
    assert _rows(migrated_database) == _rows(city)
    seal = Seal(tmp_path / "none.jsonl", "key")
    assert verify(migrated_database, seal).is_whole
    with unit_of_work(migrated_database) as session:  # new rows get new ids, and the chain goes on
        World(session)
        record(session, SYSTEM, "pairing_on_hold", subject_kind="pairing", subject_id=1)
    assert verify(migrated_database, seal).n_rows == counts["audit_event"] + 1
    with pytest.raises(click.ClickException, match="not empty"):
        copy_rows(city, migrated_database)


def test_a_row_that_does_not_fit_stops_the_whole(city, migrated_database):
    city = copy_of(city)
    with city.begin() as connection:
        connection.exec_driver_sql("UPDATE organization SET legal_name = printf('%.*c', 500, 'x')")
    with pytest.raises(click.ClickException, match="organization: the column takes"):
        copy_rows(city, migrated_database)
    with migrated_database.connect() as connection:
        chains = SQLModel.metadata.tables["chain"]
        assert connection.execute(select(func.count()).select_from(chains)).scalar_one() == 0
