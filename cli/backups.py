"""`flask backup`, `flask verify-backup`, `flask restore`: thin doors to `workflows.backups`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from alembic.script import ScriptDirectory
from flask import Flask, current_app

from workflows import backups
from workflows.backups import BackupRefused, Manifest
from workflows.ledger_anchors import Seal

_MIGRATIONS = Path(__file__).parent.parent / "migrations"
_FOLDER = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))


def register_backup_commands(app: Flask) -> None:
    """Give the app the three commands."""
    app.cli.command("backup")(back_up)
    app.cli.command("verify-backup")(verify_backup)
    app.cli.command("restore")(restore)


@click.argument("parent", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def back_up(parent: Path) -> None:
    """Write a new folder in DIR with all that is kept, while the server runs; then check it."""
    with _refusals_named():
        folder = backups.back_up(current_app.extensions["engine"], _seal(), parent, key=_key())
        manifest = backups.check(folder, key=_key(), anchor_key=_seal().key)
    click.echo(f"{folder}: {_said(manifest)}")
    if not current_app.config["SETTINGS"].secret_key:
        click.echo(
            f"keep {current_app.config['SETTINGS'].data_dir / 'secret_key'} too, in another place than the backup"
        )


@_FOLDER
def verify_backup(folder: Path) -> None:
    """Check a backup: files, database, numbers of rows, ledger; ends with 1 if anything is wrong."""
    with _refusals_named():
        manifest = backups.check(folder, key=_key(), anchor_key=_seal().key)
    click.echo(f"{folder}: {_said(manifest)}")
    if manifest.key != backups.fingerprint(_key()):
        click.echo("its secret key is another, so the ledger in it was not checked")


@_FOLDER
@click.option("--new-key", is_flag=True, help="accept another secret key than that of the backup")
def restore(folder: Path, *, new_key: bool) -> None:
    """Bring a backup to where the settings say the database is; refuses if anything is there."""
    known = {script.revision for script in ScriptDirectory(str(_MIGRATIONS)).walk_revisions()}
    with _refusals_named():
        manifest = backups.restore(
            folder, current_app.extensions["engine"], _seal(), key=_key(), known_schemas=known, new_key=new_key
        )
    click.echo(f"restored {_said(manifest)}")
    click.echo("now run `python -m flask --app app init-db`, `audit verify`, and start")


def _key() -> str:
    key: str = current_app.config["SECRET_KEY"]
    return key


def _seal() -> Seal:
    seal: Seal = current_app.extensions["ledger_seal"]
    return seal


def _said(manifest: Manifest) -> str:
    rows = f"{sum(manifest.rows.values())} rows in {len(manifest.rows)} tables"
    return f"{manifest.made_at}, schema {manifest.schema}, {rows}, ledger up to row {manifest.ledger_last_id}"


@contextmanager
def _refusals_named() -> Iterator[None]:
    """Say why, and end with 1."""
    try:
        yield
    except (BackupRefused, OSError) as reason:
        click.echo(f"refused: {reason}", err=True)
        raise SystemExit(1) from None
