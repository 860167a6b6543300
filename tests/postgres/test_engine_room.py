"""What depends on the database most, run again on PostgreSQL: races and the ledger. And what only it can do.

`LIANRONG_TEST_DATABASE=postgresql python -m pytest` runs all the others there, too.
"""

import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import select

from config import Settings
from models.chain import Chain
from models.session import is_out_of_reach, make_engine, open_session, reading, unit_of_work
from startup import UnsafeStart, refuse_unsafe_start
from tests import factories
from tests.ledger.test_ledger_chain import (  # noqa: F401
    ledger,
    seal,
    test_32_writers_at_once_do_not_fork_the_chain,
    test_a_deed_that_is_rolled_back_leaves_no_row_and_no_gap,
    test_an_edit_with_the_whole_chain_computed_anew_is_found_by_the_anchor,
    test_rows_go_after_three_years_and_the_rest_can_be_verified,
    test_the_database_refuses_a_second_row_after_the_same_predecessor,
    test_the_database_refuses_changes,
)
from tests.workflows.test_concurrent_confirms import test_exactly_one_official_wins_and_the_others_learn_who  # noqa: F401
from workflows.ledger_check import Tampering, verify

pytestmark = pytest.mark.xdist_group("postgresql")


@pytest.mark.parametrize("table", ["audit_event", "audit_checkpoint"])
def test_the_ledger_cannot_be_emptied(engine, ledger, table):  # noqa: F811
    with pytest.raises(DBAPIError, match="never change"), engine.begin() as connection:
        connection.exec_driver_sql(f"TRUNCATE {table}")


@pytest.mark.parametrize(
    ("statement", "undo"),
    [
        (
            "ALTER TABLE audit_event DISABLE TRIGGER audit_event_never_goes",
            "ALTER TABLE audit_event ENABLE TRIGGER audit_event_never_goes",
        ),
        (
            "ALTER FUNCTION audit_refuse() RENAME TO audit_accept",
            "ALTER FUNCTION audit_accept() RENAME TO audit_refuse",
        ),
    ],
)
def test_guards_that_were_put_out_of_action_are_named(engine, ledger, seal, statement, undo):  # noqa: F811
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    found = {finding.what for finding in verify(engine, seal).findings}
    with engine.begin() as connection:
        connection.exec_driver_sql(undo)
    assert found == {Tampering.UNPROTECTED}
    assert verify(engine, seal).findings == []


def test_a_migrated_database_has_what_the_tables_of_the_rows_have(migrated_database, engine):
    query = text(
        "SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c "
        "WHERE c.connamespace = 'public'::regnamespace AND c.contype <> 'n' AND c.conrelid <> 0 "
        "AND c.conrelid::regclass::text <> 'alembic_version' "
        "UNION ALL SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
        "AND tablename <> 'alembic_version'"
    )
    with reading(migrated_database).connect() as migrated, reading(engine).connect() as made:
        there, here = set(migrated.execute(query).all()), set(made.execute(query).all())
    assert there - here == set()
    assert here - there == set()


def test_a_reading_session_sees_one_moment_and_writes_nothing(engine):
    with open_session(engine, read_only=True) as session:
        before = session.exec(select(func.count()).select_from(Chain)).one()
        with unit_of_work(engine) as writing:
            factories.make_chain(writing)
        assert session.exec(select(func.count()).select_from(Chain)).one() == before
        session.add(Chain(code="x", name_zh="x", name_en="x"))
        with pytest.raises(DBAPIError, match="read-only transaction"):
            session.flush()


def _skewed(engine, key: str) -> int:
    """Eight writers each count the chains of a kind and add one if there is none: how many there are in the end."""
    start = Barrier(8)

    def add_if_none(n: int) -> None:
        start.wait()
        with unit_of_work(engine) as session:
            found = session.exec(select(func.count()).select_from(Chain).where(Chain.name_en == key)).one()
            time.sleep(0.01)
            if found == 0:
                session.add(Chain(code=f"{key}{n}", name_zh=key, name_en=key))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_if_none, range(8)))
    with open_session(engine, read_only=True) as session:
        return session.exec(select(func.count()).select_from(Chain).where(Chain.name_en == key)).one()


def test_counting_and_then_adding_never_goes_over(engine):
    assert [_skewed(engine, f"quota{n}") for n in range(10)] == [1] * 10


def test_without_turns_the_same_writers_go_over(engine):
    """The test of the test: the harness above sees write skew where writers do not wait for each other."""
    unordered = make_engine(engine.url.render_as_string(hide_password=False))
    unordered = unordered.execution_options(read_only=True)  # which leaves out the turn, and nothing else
    assert max(_skewed(unordered, f"skew{n}") for n in range(5)) > 1


def test_a_writer_that_gets_no_turn_is_told_that_the_database_is_busy(engine, monkeypatch):
    monkeypatch.setattr("models.session._PATIENCE_S", 1)
    hurried = make_engine(engine.url.render_as_string(hide_password=False))
    with unit_of_work(engine) as slow:
        slow.connection()
        with pytest.raises(DBAPIError) as refused, unit_of_work(hurried) as session:
            session.connection()
    hurried.dispose()
    assert is_out_of_reach(refused.value)
    assert not is_out_of_reach(ValueError("something else"))


def test_a_server_that_could_lose_what_it_acknowledged_is_not_served_from(migrated_database):
    with pytest.raises(UnsafeStart, match="fsync is off"):  # for speed, in tests
        refuse_unsafe_start(Settings(environment="test"), migrated_database)


def test_sums_of_money_are_whole_numbers(session):
    rows = "SELECT sum(10000000000000000::bigint * n), avg(n) FROM generate_series(1, 2) n"
    total, mean = session.connection().exec_driver_sql(rows).one()
    assert (type(total), total, type(mean), mean) == (int, 30_000_000_000_000_000, float, 1.5)


def test_an_error_names_no_value_of_a_row(session):
    typed = f"typed{1}"  # not in the lines of code that a trace quotes
    factories.make_chain(session, code=typed)
    with pytest.raises(IntegrityError, match="unique constraint") as refused:
        factories.make_chain(session, code=typed)
    traced = "".join(traceback.format_exception(refused.value))
    assert "uq_chain_code" in traced
    assert "typed1" not in traced
