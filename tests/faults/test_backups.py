"""A backup taken while sixteen write holds what was acknowledged; it comes back only whole, and to an empty place."""

import json
import shutil
import threading
import time
from pathlib import Path

import pytest
import time_machine
from alembic import command
from sqlmodel import select

from access.actor import SYSTEM
from app import create_app
from config import Settings
from models.audit_event import AuditEvent
from models.base import now
from models.organization import Organization
from models.session import make_engine, open_session, unit_of_work
from startup import alembic_config
from tests.databases import ON_POSTGRESQL
from tests.faults.walks import sign_in_one_of_each, walk
from tests.faults.web_server import stamp
from vocabulary.audit_actions import AuditAction
from vocabulary.roles import OrganizationKind
from workflows import backups
from workflows.audit import record
from workflows.backups import BackupRefused
from workflows.ledger_anchors import Seal, drop_anchor
from workflows.ledger_check import verify

pytestmark = pytest.mark.skipif(ON_POSTGRESQL, reason="PostgreSQL is backed up with pg_dump")
N_WRITERS, KEY = 16, "0123456789abcdef" * 4
_PAGES_OF_EACH = 20


@pytest.fixture
def stamped(app, engine):
    """The test database under the newest schema's name."""
    with app.app_context():
        command.stamp(alembic_config(engine), "head")
    return engine


@pytest.fixture
def seal(tmp_path):
    return Seal(tmp_path / "ledger-anchors.jsonl", "a key")


def _write_meanwhile(engine, seal, act, seconds: float = 1.0):
    """Let sixteen write; carry out `act` in the middle. Returns what it gave and the acts acknowledged before it."""
    acknowledged, stop, errors = [], threading.Event(), []

    def write(writer: int) -> None:
        own = make_engine(f"sqlite:///{engine.url.database}")  # as a process of its own would have
        n = 0
        while not stop.is_set():
            n += 1
            try:
                with unit_of_work(own) as session:
                    record(
                        session,
                        SYSTEM,
                        AuditAction.POSTING_EDITED,
                        subject_kind="demand",
                        subject_id=writer * 10**6 + n,
                    )
            except Exception as error:
                errors.append(error)
                return
            acknowledged.append(writer * 10**6 + n)
        own.dispose()

    writers = [threading.Thread(target=write, args=(n,)) for n in range(1, N_WRITERS + 1)]
    for writer in writers:
        writer.start()
    time.sleep(seconds)
    drop_anchor(engine, seal)
    before = set(acknowledged)
    given = act()
    after = len(acknowledged)
    stop.set()
    for writer in writers:
        writer.join()
    assert errors == []
    assert len(before) >= 2 * N_WRITERS, "void: the writers hardly wrote"
    assert len({n // 10**6 for n in acknowledged}) == N_WRITERS
    return given, before, after


def _written(path: Path) -> set[int]:
    engine = make_engine(f"sqlite:///{path}")
    with open_session(engine, read_only=True) as session:
        found = set(session.exec(select(AuditEvent.subject_id).where(AuditEvent.subject_kind == "demand")))
    engine.dispose()
    return found


def _restore(folder: Path, place: Path, *, key: str = KEY, new_key: bool = False, known: set[str] | None = None):
    schema = backups.check(folder, key=key, anchor_key="a key").schema
    engine, seal = make_engine(f"sqlite:///{place / 'new.sqlite3'}"), Seal(place / "ledger-anchors.jsonl", "a key")
    backups.restore(folder, engine, seal, key=key, known_schemas=known or {schema}, new_key=new_key)
    return engine, seal


def test_every_write_acknowledged_before_a_backup_is_in_it(stamped, seal, tmp_path):
    folder, before, _after = _write_meanwhile(
        stamped, seal, lambda: backups.back_up(stamped, seal, tmp_path / "backups", key=KEY)
    )
    restored, its_seal = _restore(folder, tmp_path / "elsewhere")
    assert before - _written(Path(restored.url.database)) == set()
    report = verify(restored, its_seal)
    assert (report.findings, report.n_anchors) == ([], 1)
    restored.dispose()


def test_copying_the_live_file_would_lose_acknowledged_writes(stamped, seal, tmp_path):
    """The test of the test: what is committed stands in the log beside the file until it is moved over."""

    def copy() -> Path:
        return Path(shutil.copy(stamped.url.database, tmp_path / "copy.sqlite3"))

    copied, before, _after = _write_meanwhile(stamped, seal, copy)
    try:
        lost = before - _written(copied)
    except Exception:  # a torn copy may not even open
        lost = before
    assert lost


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("demo_world")
def test_a_site_restored_elsewhere_shows_everybody_the_same_pages(built_app, demo_database, tmp_path):
    engine = demo_database.copy()
    stamp(engine)
    tokens = sign_in_one_of_each(engine)
    folder = backups.back_up(engine, Seal(tmp_path / "ledger-anchors.jsonl", "a key"), tmp_path / "backups", key=KEY)
    restored, _seal = _restore(folder, tmp_path / "elsewhere")
    n_pages = 0
    with time_machine.travel(now(), tick=False):  # pages say how long ago something was
        for kind, token in tokens.items():
            pages = compared(built_app, engine, restored, token)
            assert pages >= 5, f"void: {kind} hardly saw a page"
            n_pages += pages
        with unit_of_work(restored) as session:
            for firm in session.exec(select(Organization).where(Organization.kind == OrganizationKind.ENTERPRISE)):
                firm.legal_name = f"别的{firm.id}公司"
        with pytest.raises(AssertionError):
            compared(built_app, engine, restored, tokens[OrganizationKind.JOINT_OFFICE])
    assert n_pages >= 80, "void: hardly a page was compared"
    restored.dispose()
    engine.dispose()


def compared(app, engine, restored, token: str) -> int:
    """How many pages somebody reaches, all of which are the same on both sites to the byte. Raises AssertionError."""
    app.extensions["engine"] = engine
    pages = walk(app, token, _PAGES_OF_EACH)
    app.extensions["engine"] = restored
    again = walk(app, token, _PAGES_OF_EACH, pages)
    different = [url for url in pages if again.get(url) != pages[url]]
    assert not different, f"other pages on the restored site: {different[:5]}"
    return len(pages)


@pytest.fixture
def backup(stamped, seal, tmp_path):
    with unit_of_work(stamped) as session:
        record(session, SYSTEM, AuditAction.POSTING_EDITED, subject_kind="demand", subject_id=1)
    drop_anchor(stamped, seal)
    return backups.back_up(stamped, seal, tmp_path / "backups", key=KEY)


def test_nothing_is_restored_over_what_is_there(backup, tmp_path):
    for name in ("new.sqlite3", "new.sqlite3-wal", "ledger-anchors.jsonl"):
        place = tmp_path / f"place of {name}"
        place.mkdir()
        (place / name).write_text("here")
        with pytest.raises(BackupRefused, match="only to where nothing is"):
            _restore(backup, place)
        assert [path.name for path in place.iterdir()] == [name]


def test_a_backup_of_another_key_or_an_unknown_schema_is_refused(backup, tmp_path):
    with pytest.raises(BackupRefused, match="secret key"):
        _restore(backup, tmp_path / "a", key="another")
    with pytest.raises(BackupRefused, match="unknown to this program"):
        _restore(backup, tmp_path / "b", known={"0001"})
    assert not (tmp_path / "a" / "new.sqlite3").exists()
    engine, _seal = _restore(backup, tmp_path / "c", key="another", new_key=True)
    engine.dispose()


def _break_file(folder: Path) -> None:
    path = folder / backups.DATABASE
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _break_manifest(folder: Path) -> None:
    values = json.loads((folder / backups.MANIFEST).read_text())
    values["rows"]["audit_event"] += 1
    (folder / backups.MANIFEST).write_text(json.dumps(values))


def _break_ledger(folder: Path) -> None:
    """Somebody who edits a row and writes the manifest anew."""
    connection = backups.sqlite.connect(folder / backups.DATABASE)
    connection.execute("DROP TRIGGER audit_event_never_changes")
    connection.execute("UPDATE audit_event SET subject_id = 7")
    connection.commit()
    connection.close()
    values = json.loads((folder / backups.MANIFEST).read_text())
    values["files"][backups.DATABASE] = backups._sha256(folder / backups.DATABASE)
    (folder / backups.MANIFEST).write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_break_file, "is not what was backed up"), (_break_manifest, "another rows"),
        (_break_ledger, "ledger in it is not whole"),
        (lambda folder: (folder / "ledger-anchors.jsonl").unlink(), "missing"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "cannot be read"),
    ],
)  # fmt: skip
def test_a_backup_that_was_changed_is_refused(backup, harm, said):
    backups.check(backup, key=KEY, anchor_key="a key")
    harm(backup)
    with pytest.raises(BackupRefused, match=said):
        backups.check(backup, key=KEY, anchor_key="a key")


def test_a_backup_that_fails_leaves_nothing_behind(stamped, seal, tmp_path, monkeypatch):
    monkeypatch.setattr(backups, "_describe", lambda *_args, **_named: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        backups.back_up(stamped, seal, tmp_path / "backups", key=KEY)
    assert list((tmp_path / "backups").iterdir()) == []


def test_the_commands_back_up_check_and_restore(stamped, tmp_path):
    def runner(engine, data: Path):
        data.mkdir()
        settings = Settings(environment="test", data_dir=data, secret_key=KEY, mail_backend="locmem")
        return create_app(settings, database_engine=engine).test_cli_runner()

    old = runner(stamped, tmp_path / "old")
    done = old.invoke(args=["backup", str(tmp_path / "backups")])
    assert (done.exit_code, "schema 00" in done.output) == (0, True)
    (folder,) = (tmp_path / "backups").iterdir()
    assert old.invoke(args=["verify-backup", str(folder)]).exit_code == 0
    refused = old.invoke(args=["restore", str(folder)])
    assert (refused.exit_code, "only to where nothing is" in refused.output) == (1, True)
    place = make_engine(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    assert runner(place, tmp_path / "new").invoke(args=["restore", str(folder)]).exit_code == 0
    assert (tmp_path / "new.sqlite3").exists()
    place.dispose()
