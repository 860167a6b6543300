"""The ledger is a chain that cannot fork, and a check names the place of whatever was done to it."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from time import sleep

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import select

from access.actor import SYSTEM
from app import migrate
from models.apart import marked_tables
from models.audit_chain import _HASHED, ALGORITHMS, GENESIS, TRIGGERS, digest, use_algorithm
from models.audit_event import AuditEvent
from models.base import now
from models.outbox import OutboxMessage
from models.session import open_session, unit_of_work
from models.sqlite import driver
from tests import factories
from vocabulary.audit_actions import AuditAction, UnknownAction
from vocabulary.roles import OrganizationKind
from workflows.audit import dated, record
from workflows.ledger_anchors import Seal, anchor_daily, drop_anchor
from workflows.ledger_check import Tampering, verify
from workflows.ledger_retention import LedgerNotWhole, trim

N_ROWS, ANCHORED = 12, 10


def _act(session, n: int = 1) -> None:
    record(
        session, SYSTEM, AuditAction.POSTING_EDITED, subject_kind="demand", subject_id=n,
        new={"fields": ["title", "term"], "n": n}, reason=f"原因{n}",
    )  # fmt: skip


@pytest.fixture
def seal(tmp_path):
    return Seal(tmp_path / "anchors.jsonl", "a key")


@pytest.fixture
def ledger(engine, seal):
    """Twelve rows; an anchor knows the tenth."""
    for n in range(1, N_ROWS + 1):
        with unit_of_work(engine) as session:
            _act(session, n)
        if n == ANCHORED:
            drop_anchor(engine, seal)


def _tamper(engine, *statements: str) -> None:
    """What somebody does who owns the database: takes the triggers off, changes rows, puts the triggers back."""
    is_file = engine.dialect.name == "sqlite"
    off = [f"DROP TRIGGER {name}" for name in TRIGGERS["sqlite"]] if is_file else [
        "SET LOCAL session_replication_role = replica"
    ]  # fmt: skip
    on = TRIGGERS["sqlite"].values() if is_file else []
    with engine.begin() as connection:
        for statement in (*off, *statements, *on):
            connection.exec_driver_sql(statement)


def _compute_anew(engine) -> None:
    """The whole chain with hashes that fit together: what an edit looks like when done with knowledge of the code."""
    with unit_of_work(engine) as session:
        rows = [dict(row.model_dump()) for row in session.exec(select(AuditEvent).order_by(AuditEvent.id))]
    previous, statements = GENESIS, ["UPDATE audit_event SET hash = 'x' || id, previous_hash = 'y' || id"]
    for number, row in enumerate(rows, start=1):
        old_id = row["id"]
        row |= {"id": number, "previous_hash": previous}
        previous = digest(row)
        statements.append(
            f"UPDATE audit_event SET id = {number}, previous_hash = '{row['previous_hash']}', hash = '{previous}' "
            f"WHERE id = {old_id}"
        )
    _tamper(engine, *statements)


def _found(engine, seal) -> set[tuple[str, int]]:
    return {(finding.what.value, finding.position) for finding in verify(engine, seal).findings}


def test_an_untouched_ledger_is_whole(engine, ledger, seal):
    report = verify(engine, seal)
    assert (report.findings, report.n_rows, report.first_id, report.last_id, report.n_anchors) == ([], 12, 1, 12, 1)


_COLUMNS = "created_at, action, subject_kind, subject_id, actor_name, reason, occurred_at, old, new, hash_algorithm"
TAMPERINGS = {
    "a reason edited": (("UPDATE audit_event SET reason = '别的' WHERE id = 4",), ("edited", 4)),
    "a time edited": (("UPDATE audit_event SET occurred_at = '2020-01-01 00:00:00' WHERE id = 5",), ("edited", 5)),
    "a person swapped": (("UPDATE audit_event SET actor_name = '张三' WHERE id = 6",), ("edited", 6)),
    "a hash replaced": ((f"UPDATE audit_event SET hash = '{'f' * 64}' WHERE id = 7",), ("unlinked", 8)),
    "a row deleted": (("DELETE FROM audit_event WHERE id = 6",), ("missing", 6)),
    "the head deleted": (("DELETE FROM audit_event WHERE id <= 2",), ("missing", 1)),
    "the tail cut": (("DELETE FROM audit_event WHERE id > 8",), ("cut", 9)),
    "everything deleted": (("DELETE FROM audit_event",), ("cut", 1)),
    "two rows swapped": (
        (
            "UPDATE audit_event SET id = 99 WHERE id = 3", "UPDATE audit_event SET id = 3 WHERE id = 4",
            "UPDATE audit_event SET id = 4 WHERE id = 99",
        ),
        ("unlinked", 3),
    ),
    "a row inserted in the middle": (
        (
            *(f"UPDATE audit_event SET id = {n + 1} WHERE id = {n}" for n in range(N_ROWS, 5, -1)),
            f"INSERT INTO audit_event (id, {_COLUMNS}, previous_hash, hash) "
            f"SELECT 6, {_COLUMNS}, '{'a' * 64}', '{'b' * 64}' FROM audit_event WHERE id = 5",
        ),
        ("unlinked", 6),
    ),
    "a row put before the beginning": (
        ("UPDATE audit_event SET id = 0 WHERE id = 1",), ("inserted", 0),
    ),
    "an unknown algorithm": (("UPDATE audit_event SET hash_algorithm = 'md5' WHERE id = 2",), ("algorithm", 2)),
    "a checkpoint by hand": (
        (
            "INSERT INTO audit_checkpoint (created_at, through_id, hash, n_removed, mac) "
            "SELECT created_at, id, hash, 3, 'made up' FROM audit_event WHERE id = 3",
            "DELETE FROM audit_event WHERE id <= 3",
        ),
        ("checkpoint", 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("statements", "finding"), TAMPERINGS.values(), ids=TAMPERINGS)
def test_tampering_is_found_with_its_place(engine, ledger, seal, statements, finding):
    _tamper(engine, *statements)
    assert finding in _found(engine, seal)


def test_an_edit_with_the_whole_chain_computed_anew_is_found_by_the_anchor(engine, ledger, seal):
    _tamper(engine, "UPDATE audit_event SET reason = '别的' WHERE id = 4")
    _compute_anew(engine)
    assert _found(engine, seal) == {("rewritten", ANCHORED)}


def test_a_deletion_with_the_rest_computed_anew_is_found_by_the_anchor(engine, ledger, seal):
    _tamper(engine, "DELETE FROM audit_event WHERE id = 4")
    _compute_anew(engine)
    assert _found(engine, seal) == {("rewritten", ANCHORED)}


def test_without_anchors_a_chain_computed_anew_would_pass(engine, ledger, tmp_path):
    """Why the anchors are outside: this shows that the two tests above can fail."""
    _tamper(engine, "UPDATE audit_event SET reason = '别的' WHERE id = 4")
    _compute_anew(engine)
    assert _found(engine, Seal(tmp_path / "none.jsonl", "a key")) == set()


def test_an_anchor_that_was_changed_is_found_with_its_line(engine, ledger, seal):
    drop_anchor(engine, seal)
    first, second = seal.path.read_text().splitlines()
    forged = json.dumps({**json.loads(first), "last_id": 3})
    seal.path.write_text(f"{forged}\n{second}\n")
    assert ("anchor", 1) in _found(engine, seal)
    seal.path.write_text(f"{second}\n")
    assert ("anchor", 1) in _found(engine, seal)
    seal.path.write_text("no line at all\n")
    assert ("anchor", 1) in _found(engine, seal)


def test_a_missing_trigger_is_found(empty_database, seal):
    engine = empty_database.copy()
    of_table = "" if engine.dialect.name == "sqlite" else " ON audit_event"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER audit_event_never_goes{of_table}")
    assert [finding.detail for finding in verify(engine, seal).findings] == ["audit_event_never_goes"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET reason = ''", "DELETE FROM audit_event", "DELETE FROM audit_event WHERE id = 12",
    ],
)  # fmt: skip
def test_the_database_refuses_changes(engine, ledger, statement):
    with pytest.raises(DBAPIError, match="rows of audit_event"), engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_the_database_refuses_a_second_row_after_the_same_predecessor(engine, ledger):
    with pytest.raises(IntegrityError, match="previous_hash"), unit_of_work(engine) as session:
        session.connection().exec_driver_sql(
            f"INSERT INTO audit_event (id, {_COLUMNS}, previous_hash, hash) "
            f"SELECT 13, {_COLUMNS}, previous_hash, '{'b' * 64}' FROM audit_event WHERE id = 5"
        )


def test_a_deed_that_is_rolled_back_leaves_no_row_and_no_gap(engine, ledger, seal):
    with open_session(engine) as session:
        _act(session)
        session.flush()
        session.rollback()
    with unit_of_work(engine) as session:
        _act(session)
    report = verify(engine, seal)
    assert (report.findings, report.last_id) == ([], N_ROWS + 1)


def test_an_unknown_name_is_refused_and_says_where_to_put_it(session):
    with pytest.raises(UnknownAction, match=r"vocabulary\.audit_actions"):
        record(session, SYSTEM, "pairing_confrimed", subject_kind="pairing", subject_id=1)
    session.add(AuditEvent(action="pairing_confrimed", subject_kind="pairing", subject_id=1))
    with pytest.raises(UnknownAction):
        session.flush()


def test_the_hash_covers_every_column():
    assert {*_HASHED, "hash"} == set(AuditEvent.__table__.columns.keys())


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_chain_may_change_its_algorithm(engine, ledger, seal, algorithm):
    with unit_of_work(engine) as session:
        use_algorithm(session, algorithm)
        _act(session)
        session.flush()
        newest = session.exec(select(AuditEvent).where(AuditEvent.id == N_ROWS + 1)).one()
        assert newest.hash_algorithm == algorithm
    assert verify(engine, seal).is_whole


def test_what_happened_earlier_keeps_the_order_of_entering(engine, seal):
    earlier = now() - timedelta(days=30)
    with unit_of_work(engine) as session:
        with dated(session, earlier):
            _act(session, 1)
        _act(session, 2)
        session.flush()
        first, second = session.exec(select(AuditEvent).order_by(AuditEvent.id)).all()
        assert (first.occurred_at, second.occurred_at > earlier) == (earlier, True)
        assert first.created_at > earlier
    assert verify(engine, seal).is_whole


# -- many writers ----------------------------------------------------------------------------------------------------


def _race(engine, write, *, writers: int = 32, each: int = 8) -> None:
    def run(n: int) -> None:
        for _ in range(each):
            write(engine, n)

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(run, range(writers)))


def _write(engine, n: int) -> None:
    with unit_of_work(engine) as session:
        _act(session, n)


def test_32_writers_at_once_do_not_fork_the_chain(engine, seal):
    _race(engine, _write)
    report = verify(engine, seal)
    assert (report.findings, report.n_rows) == ([], 32 * 8)


def test_the_same_race_forks_a_chain_that_reads_the_last_hash_and_then_inserts(tmp_path):
    """The test of the test: without the write lock and the unique predecessor the harness above must see forks."""
    path = tmp_path / "broken.sqlite3"

    def connect() -> driver.Connection:
        connection = driver.connect(path, timeout=15, isolation_level=None)
        connection.execute("PRAGMA synchronous=OFF")
        return connection

    connection = connect()
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE chain (id INTEGER PRIMARY KEY, previous TEXT, hash TEXT)")

    def write(_engine, n: int) -> None:
        writer = connect()
        row = writer.execute("SELECT hash FROM chain ORDER BY id DESC LIMIT 1").fetchone()
        previous = row[0] if row else GENESIS
        sleep(0.001)  # on a busy machine threads take turns by themselves
        writer.execute("INSERT INTO chain (previous, hash) VALUES (?, hex(randomblob(32)))", (previous,))
        writer.close()

    _race(None, write)
    rows, predecessors = connection.execute("SELECT count(*), count(DISTINCT previous) FROM chain").fetchone()
    connection.close()
    assert rows == 32 * 8
    assert predecessors < rows


# -- anchors and retention -------------------------------------------------------------------------------------------


def test_the_anchor_of_a_day_is_dropped_once_and_mailed_to_auditors(engine, seal):
    with unit_of_work(engine) as session:
        office = factories.make_organization(session, OrganizationKind.AUDIT_OFFICE)
        auditor = factories.make_user(session, office).email
        _act(session)
    assert anchor_daily(engine, seal) is not None
    assert anchor_daily(engine, seal) is None
    with unit_of_work(engine) as session:
        mails = session.exec(select(OutboxMessage).where(OutboxMessage.template == "ledger_anchor")).all()
        assert [(mail.recipient, mail.values["last_id"], len(mail.values["hash"])) for mail in mails] == [
            (auditor, 1, 64)
        ]
    assert seal.path.stat().st_mode & 0o077 == 0


def test_an_empty_ledger_has_no_anchor(engine, seal):
    assert drop_anchor(engine, seal) is None
    assert verify(engine, seal).is_whole


def test_rows_go_after_three_years_and_the_rest_can_be_verified(engine, ledger, seal):
    later = now() + timedelta(days=4 * 366)
    assert trim(engine, seal, at=now()) is None
    done = trim(engine, seal, at=later)
    assert (done.n_removed, done.through_id) == (N_ROWS, N_ROWS)
    report = verify(engine, seal)
    assert (report.findings, report.n_rows, report.first_id) == ([], 1, N_ROWS + 1)
    with unit_of_work(engine) as session:
        _act(session)
        assert session.exec(select(AuditEvent).order_by(AuditEvent.id)).first().action == AuditAction.LEDGER_TRIMMED
    assert verify(engine, seal).is_whole


def test_a_ledger_that_was_tampered_with_is_not_trimmed(engine, ledger, seal):
    _tamper(engine, "UPDATE audit_event SET reason = '' WHERE id = 1")
    with pytest.raises(LedgerNotWhole):
        trim(engine, seal, at=now() + timedelta(days=4 * 366))
    with pytest.raises(ValueError, match="at least 3 years"):
        trim(engine, seal, at=now(), years=2)


# -- migration and commands ------------------------------------------------------------------------------------------


def _alembic(engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
    config.attributes["engine"] = engine
    return config


def _triggers(engine) -> dict[str, str]:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        else:
            rows = connection.exec_driver_sql(
                "SELECT tgname, pg_get_triggerdef(t.oid) || pg_get_functiondef(tgfoid) FROM pg_trigger t "
                "WHERE NOT tgisinternal"
            )
        return dict(rows.all())


def test_the_migration_chains_the_rows_that_are_there(tmp_path, fresh_database, engine, seal):
    fresh = fresh_database
    migrate(fresh)
    with unit_of_work(fresh) as session:
        for n in range(1, 6):
            _act(session, n)
    number = int(next(Path().glob("migrations/versions/*_audit_chain.py")).name[:4])
    command.downgrade(_alembic(fresh), f"{number - 1:04d}")
    with fresh.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM audit_event").scalar_one() == 5
        connection.exec_driver_sql("DELETE FROM audit_event WHERE id = 2")  # nothing refuses it yet: a gap
        connection.commit()
    migrate(fresh)
    report = verify(fresh, seal.__class__(tmp_path / "none", "key"))
    assert (report.findings, report.n_rows, report.last_id) == ([], 4, 4)
    assert _triggers(fresh) == _triggers(engine)
    ours = {name for name in _triggers(engine) if name.startswith("audit_")}
    assert ours == TRIGGERS[engine.dialect.name].keys() - {"audit_refuse", "audit_refuse_delete"}
    assert len(_triggers(engine).keys() - ours) == len(marked_tables()) * (
        1 if engine.dialect.name == "postgresql" else 2
    )


def test_the_command_names_what_is_wrong_and_ends_with_1(app, engine, tmp_path, monkeypatch):
    seal = Seal(tmp_path / "anchors.jsonl", "a key")
    monkeypatch.setitem(app.extensions, "ledger_seal", seal)
    runner = app.test_cli_runner()
    for n in range(3):
        _write(engine, n)
    assert "row 3  3 rows" in runner.invoke(args=["audit", "anchor"]).output
    assert runner.invoke(args=["audit", "trim"]).output == "nothing is old enough\n"
    right = runner.invoke(args=["audit", "verify"])
    assert (right.exit_code, right.output) == (0, "3 rows (1 to 3), 1 anchors: whole\n")
    kept = tmp_path / "the auditor's copy"
    shutil.copy(seal.path, kept)
    seal.path.unlink()
    _tamper(engine, "DELETE FROM audit_event WHERE id = 3")
    assert runner.invoke(args=["audit", "verify"]).exit_code == 0, "the file beside the database is gone, too"
    wrong = runner.invoke(args=["audit", "verify", "--anchors", str(kept)])
    assert wrong.exit_code == 1
    assert "row 3 and what followed are gone" in wrong.output


def test_every_kind_of_tampering_has_words():
    from cli.audit import _SAYS

    assert set(_SAYS) == set(Tampering)
