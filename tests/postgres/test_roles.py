"""The role the product runs under can do its work and cannot touch what the ledger holds."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from access.actor import SYSTEM
from jobs.clock import keep_ledger
from jobs.queue import make_huey
from models.audit_event import AuditEvent
from models.session import make_engine, open_session, unit_of_work
from tests.workflows.test_verdicts import REASON, World
from vocabulary.audit_actions import AuditAction
from vocabulary.lifecycles import PairingStatus
from workflows import verdicts
from workflows.audit import record
from workflows.ledger_anchors import Seal

pytestmark = pytest.mark.xdist_group("postgresql")


@pytest.fixture(scope="module")
def owned(databases, _migrated):
    """A migrated database, by its owner."""
    engine = databases.engine(databases.create(_migrated))
    yield engine
    engine.dispose()
    databases.drop(str(engine.url.database))


@pytest.fixture(scope="module")
def as_product(built_app, databases, owned):
    """The same database by the product's role."""
    role = f"product_{uuid4().hex[:8]}"
    with databases.connect() as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'".encode())
    built_app.extensions["engine"] = owned
    told = built_app.test_cli_runner().invoke(args=["database-role", role])
    assert told.exit_code == 0, told.output
    engine = make_engine(owned.url.set(username=role, password="secret").render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    with owned.begin() as connection:
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


def test_the_products_role_works_with_the_queue(as_product, tmp_path):
    queue = make_huey(as_product, tmp_path, "key").storage
    queue.enqueue(b"a job")
    assert queue.dequeue() == b"a job"


def test_the_night_leaves_removing_from_the_ledger_to_the_owner(as_product, owned, built_app, monkeypatch, tmp_path):
    with unit_of_work(as_product) as session:
        record(session, SYSTEM, AuditAction.POSTING_EDITED, subject_kind="demand", subject_id=1)
    seal = Seal(tmp_path / "anchors.jsonl", "key")
    monkeypatch.setattr("jobs.clock.now", lambda: datetime.now(UTC) + timedelta(days=366 * 5))
    before = _ledger(owned)
    keep_ledger(as_product, seal, lambda *_progress: None)
    assert _ledger(owned) == before
    monkeypatch.setitem(built_app.extensions, "engine", as_product)
    refused = built_app.test_cli_runner().invoke(args=["audit", "trim"])
    assert (refused.exit_code, "as the owner" in refused.output) == (1, True)
    keep_ledger(owned, seal, lambda *_progress: None)
    assert _ledger(owned) == ["ledger_trimmed"]


def _ledger(engine):
    with open_session(engine, read_only=True) as session:
        return session.exec(select(AuditEvent.action)).all()


def test_tables_of_later_migrations_are_the_products_too(as_product, owned):
    with owned.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE later (id SERIAL PRIMARY KEY, what TEXT)")
    with as_product.begin() as connection:
        connection.exec_driver_sql("INSERT INTO later (what) VALUES ('x')")
