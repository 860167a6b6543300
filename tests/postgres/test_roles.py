"""The role the product runs under can do its work and cannot touch what the ledger holds."""

from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from app import migrate
from models.audit_event import AuditEvent
from models.session import make_engine, unit_of_work
from tests.workflows.test_verdicts import REASON, World
from vocabulary.lifecycles import PairingStatus
from workflows import verdicts

pytestmark = pytest.mark.xdist_group("postgresql")


@pytest.fixture
def as_product(app, databases, fresh_database, monkeypatch):
    """An engine that connects as the product's role to a database another role owns."""
    migrate(fresh_database)
    role = f"product_{uuid4().hex[:8]}"
    with databases.connect() as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'".encode())
    monkeypatch.setitem(app.extensions, "engine", fresh_database)
    told = app.test_cli_runner().invoke(args=["database-role", role])
    assert told.exit_code == 0, told.output
    url = fresh_database.url.set(username=role, password="secret")
    engine = make_engine(url.render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    with fresh_database.begin() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {role}")
    with databases.connect() as connection:
        connection.execute(f"DROP ROLE {role}".encode())


def test_the_products_role_does_its_work(as_product):
    with unit_of_work(as_product) as session:
        world = World(session)
        world.consent()
        pairing = world.pairing()
        verdicts.confirm(session, world.office, pairing, reason=REASON, hold_minutes=30)
    with unit_of_work(as_product) as session:
        assert session.get_one(type(pairing), pairing.id).status is PairingStatus.CONFIRMED
        assert session.exec(select(AuditEvent).where(AuditEvent.action == "pairing_confirmed")).one()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET reason = ''",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "DELETE FROM audit_checkpoint",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_event_never_goes ON audit_event",
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$",
        "SET session_replication_role = replica",
        "DROP TABLE pairing",
        "CREATE TABLE elsewhere (id integer)",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
)
def test_the_products_role_cannot(as_product, statement):
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"), as_product.begin() as connection:
        connection.exec_driver_sql(statement)


def test_tables_of_later_migrations_are_the_products_too(as_product, fresh_database):
    with fresh_database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE later (id SERIAL PRIMARY KEY, what TEXT)")
    with as_product.begin() as connection:
        connection.exec_driver_sql("INSERT INTO later (what) VALUES ('x')")
