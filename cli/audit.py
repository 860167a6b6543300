"""`flask audit`: verify the ledger, drop an anchor, empty it of what is too old."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from models.base import now
from workflows.ledger_anchors import Seal, drop_anchor
from workflows.ledger_check import Finding, Tampering, verify
from workflows.ledger_retention import MIN_YEARS, LedgerNotWhole, may_trim, trim

audit = AppGroup("audit", help="The ledger of who did what, when.")
_SAYS = {
    Tampering.EDITED: "row {n} was edited: its hash is not that of its contents",
    Tampering.UNLINKED: "row {n} does not follow the row before it",
    Tampering.MISSING: "rows are missing from {n} on ({detail})",
    Tampering.INSERTED: "row {n} stands before the beginning of the ledger",
    Tampering.CUT: "the end was cut off: row {n} and what followed are gone, an anchor of {detail} knows them",
    Tampering.REWRITTEN: "the chain was computed anew: row {n} is not the one that the anchor of {detail} remembers",
    Tampering.ALGORITHM: "row {n} names a hash algorithm unknown here: {detail}",
    Tampering.CHECKPOINT: "rows up to {n} were removed under a checkpoint that is not ours",
    Tampering.ANCHOR: "line {n} of the anchor file is not as it was written",
    Tampering.UNPROTECTED: "the trigger {detail} is missing or was changed",
}


@audit.command("verify")
@click.option(
    "--anchors",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="another copy of the anchor file, as an auditor keeps it",
)
def verify_ledger(anchors: Path | None) -> None:
    """Check every row against its hash, its predecessor and the anchors; ends with 1 if anything is wrong."""
    seal: Seal = current_app.extensions["ledger_seal"]
    if anchors is not None:
        seal = Seal(anchors, seal.key)
    report = verify(current_app.extensions["engine"], seal)
    for finding in report.findings:
        click.echo(said(finding), err=True)
    rows = f"{report.n_rows} rows ({report.first_id or 0} to {report.last_id or 0}), {report.n_anchors} anchors"
    click.echo(f"{rows}: {'whole' if report.is_whole else 'NOT whole'}")
    if not report.is_whole:
        raise SystemExit(1)


def said(finding: Finding) -> str:
    """A finding as a sentence that names the place."""
    return _SAYS[finding.what].format(n=finding.position, detail=finding.detail)


@audit.command("anchor")
def anchor_ledger() -> None:
    """Append an anchor to the file beside the database and print it, to be kept elsewhere."""
    anchor = drop_anchor(current_app.extensions["engine"], current_app.extensions["ledger_seal"])
    if anchor is None:
        click.echo("the ledger is empty: nothing to anchor")
        return
    click.echo(f"{anchor.on}  row {anchor.last_id}  {anchor.count} rows  {anchor.hash}")


@audit.command("trim")
@click.option("--years", default=MIN_YEARS, show_default=True, type=click.IntRange(min=MIN_YEARS), help="kept at least")
def trim_ledger(years: int) -> None:
    """Remove rows older than they must be kept; what remains can still be verified."""
    engine, seal = current_app.extensions["engine"], current_app.extensions["ledger_seal"]
    if not may_trim(engine):
        raise click.ClickException("this database role may only add to the ledger: run this as the owner of the tables")
    try:
        done = trim(engine, seal, at=now(), years=years)
    except LedgerNotWhole:
        click.echo("the ledger does not verify, so nothing was removed: run `flask audit verify`", err=True)
        raise SystemExit(1) from None
    click.echo(f"{done.n_removed} rows removed, up to row {done.through_id}" if done else "nothing is old enough")
