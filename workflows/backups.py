"""Backups of a SQLite database and what belongs to it, taken while the server writes; checked, and brought back."""

import hashlib
import hmac
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine

from models import sqlite
from models.base import now
from workflows import ledger_anchors
from workflows.ledger_anchors import Seal
from workflows.ledger_check import verify

DATABASE, MANIFEST = "lianrong.sqlite3", "manifest.json"
FORMAT = 1
_BESIDE = ("-wal", "-shm", "-journal")


class BackupRefused(Exception):
    """Why nothing was written, or why a backup is not to be trusted."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself; `files` are name -> SHA-256, `rows` table -> number."""

    format: int
    made_at: str
    sqlite: str
    schema: str
    key: str
    """A fingerprint of the secret key, which is not in the backup."""
    ledger_last_id: int
    ledger_hash: str
    files: dict[str, str]
    rows: dict[str, int]


def fingerprint(key: str) -> str:
    """What tells two secret keys apart and gives neither away."""
    return hmac.new(key.encode(), b"backup", hashlib.sha256).hexdigest()[:16]


def database_of(engine: Engine) -> Path:
    """The file behind an engine. Raises BackupRefused where there is none."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        raise BackupRefused(
            "this database is not a SQLite file: use pg_dump and pg_restore, as docs/operations.md says"
        )
    return Path(engine.url.database)


def back_up(engine: Engine, seal: Seal, parent: Path, *, key: str) -> Path:
    """Write a new folder with the database, the ledger's anchors and a manifest; returns it.

    Everything acknowledged before the call is in it; whoever writes meanwhile does not wait. The folder gets its name
    when it is complete and on the disk. Raises BackupRefused and OSError.
    """
    source = database_of(engine)
    made_at = now()
    folder = parent / f"lianrong-{made_at:%Y%m%dT%H%M%S.%fZ}"
    part = parent / f".{folder.name}.part"
    part.mkdir(parents=True, mode=0o700)
    try:
        # The anchors first: they may know less than the database, but never more.
        if seal.path.exists():
            shutil.copyfile(seal.path, part / ledger_anchors.FILE)
        _copy_database(source, part / DATABASE)
        manifest = _describe(part, made_at=made_at.isoformat(timespec="seconds"), key=fingerprint(key))
        (part / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
        for path in part.iterdir():
            _sync(path)
        part.rename(folder)
        _sync(parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return folder


@dataclass(frozen=True)
class LastBackup:
    """The newest thing in the folder of backups. `schema` and `n_rows` are those of its manifest, if it has one."""

    name: str
    made_at: datetime
    n_bytes: int
    schema: str = ""
    n_rows: int | None = None


def latest(parent: Path) -> LastBackup | None:
    """The newest backup in a folder: by its manifest, or a dump of PostgreSQL by the time of its file. Not checked."""
    found = []
    for path in parent.glob(f"lianrong-*/{MANIFEST}"):
        with suppress(BackupRefused, OSError):  # one that is broken is not the last that was made
            found.append(_of_manifest(path))
    for dump in parent.glob("*.dump"):
        facts = dump.stat()
        found.append(LastBackup(dump.name, datetime.fromtimestamp(facts.st_mtime, UTC), facts.st_size))
    return max(found, key=lambda backup: backup.made_at, default=None)


def _of_manifest(path: Path) -> LastBackup:
    manifest = _manifest(path.parent)
    n_bytes = sum(file.stat().st_size for file in path.parent.iterdir())
    return LastBackup(
        path.parent.name,
        datetime.fromisoformat(manifest.made_at),
        n_bytes,
        manifest.schema,
        sum(manifest.rows.values()),
    )


def check(folder: Path, *, key: str, anchor_key: str) -> Manifest:
    """Check a backup against its manifest and its ledger against itself. Raises BackupRefused with what is wrong."""
    manifest = _manifest(folder)
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file() or _sha256(path) != digest:
            raise BackupRefused(f"{name} is missing or is not what was backed up")
    found = _describe(folder, made_at=manifest.made_at, key=manifest.key)
    for name in ("schema", "rows", "ledger_last_id", "ledger_hash", "files"):
        if getattr(found, name) != getattr(manifest, name):
            raise BackupRefused(f"the manifest names another {name} than the database has")
    if manifest.key == fingerprint(key):
        with _reading_engine(folder / DATABASE) as engine:
            report = verify(engine, Seal(folder / ledger_anchors.FILE, anchor_key))
        if not report.is_whole:
            first = report.findings[0]
            raise BackupRefused(f"the ledger in it is not whole: {first.what.value} at {first.position}")
    return manifest


def restore(folder: Path, engine: Engine, seal: Seal, *, key: str, known_schemas: set[str], new_key: bool) -> Manifest:
    """Bring a backup to where the settings say the database is; nothing may be there yet.

    With `new_key` another secret key than that of the backup is accepted. Raises BackupRefused and OSError.
    """
    target = database_of(engine)
    there = [path for path in (target, *(Path(f"{target}{end}") for end in _BESIDE), seal.path) if path.exists()]
    if there:
        raise BackupRefused(f"{there[0]} exists: a backup is restored only to where nothing is")
    manifest = check(folder, key=key, anchor_key=seal.key)
    if manifest.schema not in known_schemas:
        raise BackupRefused(f"schema {manifest.schema} is unknown to this program: restore with the one that wrote it")
    if manifest.key != fingerprint(key) and not new_key:
        raise BackupRefused(
            "the secret key is not that of the backup: set LIANRONG_SECRET_KEY (or put the file secret_key in place); "
            "with --new-key everybody must set up the second factor anew and the ledger's old anchors cannot be checked"
        )
    for name, path in ((ledger_anchors.FILE, seal.path), (DATABASE, target)):
        if name in manifest.files:
            _put(folder / name, path, manifest.files[name])
    return manifest


def _put(source: Path, target: Path, digest: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, part)
    part.chmod(0o600)
    if _sha256(part) != digest:
        part.unlink()
        raise BackupRefused(f"{source.name} could not be read twice alike: the disk is not sound")
    _sync(part)
    part.rename(target)
    _sync(target.parent)


def _copy_database(source: Path, target: Path) -> None:
    """One snapshot of all pages, then one file without a log beside it."""
    with closing(sqlite.connect(source)) as reading, closing(sqlite.connect(target)) as writing:
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode=DELETE")


def _describe(folder: Path, *, made_at: str, key: str) -> Manifest:
    """What the files in a folder hold. Raises BackupRefused if the database is damaged."""
    with closing(_connect_reading(folder / DATABASE)) as connection:
        try:
            problems = connection.execute("PRAGMA integrity_check").fetchall()
            dangling = connection.execute("PRAGMA foreign_key_check").fetchall()
            if problems != [("ok",)] or dangling:
                raise BackupRefused(f"the database is damaged: {(problems + dangling)[0]}")
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
            names = [name for (name,) in tables if not name.startswith("sqlite_")]
            rows = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608 -- its own tables
            schema = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            head = connection.execute("SELECT id, hash FROM audit_event ORDER BY id DESC LIMIT 1").fetchone() or (0, "")
        except sqlite.driver.DatabaseError as error:
            raise BackupRefused(f"the database cannot be read: {error}") from None
    files = {path.name: _sha256(path) for path in sorted(folder.iterdir()) if path.name != MANIFEST}
    version = ".".join(map(str, sqlite.VERSION))
    return Manifest(FORMAT, made_at, version, schema[0] if schema else "", key, head[0], head[1], files, rows)


def _manifest(folder: Path) -> Manifest:
    try:
        values: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**values)
    except (OSError, ValueError, TypeError):
        raise BackupRefused(f"{folder / MANIFEST} is missing or cannot be read") from None
    if manifest.format != FORMAT:
        raise BackupRefused(f"backup format {manifest.format} is unknown to this program")
    return manifest


def _connect_reading(path: Path) -> Any:
    """Read a database that nobody writes, without any file appearing beside it."""
    return sqlite.driver.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)


@contextmanager
def _reading_engine(path: Path) -> Iterator[Engine]:
    engine = create_engine("sqlite://", module=sqlite.driver, creator=lambda: _connect_reading(path))
    try:
        yield engine
    finally:
        engine.dispose()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
