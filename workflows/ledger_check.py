"""Checking the ledger: every row against its hash, its predecessor, the checkpoints and the anchors outside."""

import hmac
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Engine, RowMapping
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from models.audit_chain import EVENTS, GENESIS, TRIGGERS, UnknownAlgorithm, digest
from models.audit_event import AuditCheckpoint
from models.session import open_session
from workflows.ledger_anchors import Anchor, BrokenAnchors, Seal, authenticate, read

MAX_FINDINGS = 100
"""Of a chain that is wholly broken the first ones say enough."""


class Tampering(StrEnum):
    """What can be wrong with a ledger."""

    EDITED = "edited"
    """The row's hash is not that of its contents."""
    UNLINKED = "unlinked"
    """The row does not follow the row before it."""
    MISSING = "missing"
    """Rows are gone; the position is the first of them."""
    INSERTED = "inserted"
    """A row stands where none can be: before the beginning."""
    CUT = "cut"
    """The end is gone; the position is the first row missing."""
    REWRITTEN = "rewritten"
    """An anchor remembers the row with another hash: the chain was computed anew up to there."""
    ALGORITHM = "algorithm"
    """The row names a hash algorithm this machine does not know."""
    CHECKPOINT = "checkpoint"
    """Rows were removed under a checkpoint that we did not write."""
    ANCHOR = "anchor"
    """A line of the anchor file was changed, added or taken out; the position is the line."""
    UNPROTECTED = "unprotected"
    """A trigger that refuses changes is gone."""


@dataclass(frozen=True)
class Finding:
    """One thing wrong, and where: the number of a row, or of a line of the anchor file."""

    what: Tampering
    position: int
    detail: str = ""


@dataclass
class Report:
    """What a check found; `first_id` and `last_id` are None for an empty ledger."""

    findings: list[Finding] = field(default_factory=list)
    n_rows: int = 0
    n_anchors: int = 0
    first_id: int | None = None
    last_id: int | None = None

    @property
    def is_whole(self) -> bool:
        return not self.findings

    def add(self, what: Tampering, position: int, detail: str = "") -> None:
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(what, position, detail))


def verify(engine: Engine, seal: Seal) -> Report:
    """Read the whole ledger once and say what is wrong with it; nothing is written."""
    report = Report()
    anchors = _genuine_anchors(report, seal)
    with open_session(engine, read_only=True) as session:
        _check_triggers(report, session)
        through, previous = _beginning(report, session, seal)
        _check_rows(report, session, anchors, through, previous)
    return report


def _genuine_anchors(report: Report, seal: Seal) -> list[Anchor]:
    try:
        anchors = read(seal.path)
    except BrokenAnchors as error:
        report.add(Tampering.ANCHOR, error.line)
        return []
    genuine, previous = [], ""
    for line, anchor in enumerate(anchors, start=1):
        if anchor.is_genuine(seal, previous):
            genuine.append(anchor)
        else:
            report.add(Tampering.ANCHOR, line)
        previous = anchor.mac
    report.n_anchors = len(genuine)
    return genuine


_CATALOGUES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname::text, replace(pg_get_triggerdef(oid), 'public.', '') FROM pg_trigger "
    "WHERE NOT tgisinternal AND tgenabled <> 'D' "
    "UNION ALL SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
}
"""dialect -> names and texts of what guards the ledger as it stands."""


def _check_triggers(report: Report, session: Session) -> None:
    dialect = session.connection().dialect.name
    there = dict(map(tuple, session.connection().exec_driver_sql(_CATALOGUES[dialect]).all()))
    for name, written in TRIGGERS[dialect].items():
        if name not in there or there[name] not in written:
            report.add(Tampering.UNPROTECTED, 0, name)


def _beginning(report: Report, session: Session, seal: Seal) -> tuple[int, str]:
    """After which row the ledger begins, and that row's hash."""
    through, previous = 0, GENESIS
    for row in session.exec(select(AuditCheckpoint).order_by(col(AuditCheckpoint.through_id))):
        if hmac.compare_digest(row.mac, checkpoint_mac(seal, row.through_id, row.hash, row.n_removed)):
            through, previous = row.through_id, row.hash
        else:
            report.add(Tampering.CHECKPOINT, row.through_id)
    return through, previous


def checkpoint_mac(seal: Seal, through_id: int, hash_: str, n_removed: int) -> str:
    """What shows that a checkpoint is ours."""
    return authenticate(seal.key, {"through_id": through_id, "hash": hash_, "n_removed": n_removed})


def _check_rows(report: Report, session: Session, anchors: list[Anchor], through: int, previous: str) -> None:
    remembered = {anchor.last_id: anchor for anchor in anchors}
    newest = through
    rows = session.connection().execution_options(yield_per=2_000).execute(sql_select(EVENTS).order_by(EVENTS.c.id))
    for row in rows.mappings():
        number = row["id"]
        if number <= through:
            report.add(Tampering.INSERTED, number)
            continue
        if number != newest + 1:
            report.add(Tampering.MISSING, newest + 1, f"{newest + 1}-{number - 1}")
        elif row["previous_hash"] != previous:
            report.add(Tampering.UNLINKED, number)
        _check_hash(report, row)
        anchor = remembered.get(number)
        if anchor is not None and anchor.hash != row["hash"]:
            report.add(Tampering.REWRITTEN, number, anchor.on)
        report.n_rows += 1
        report.first_id = report.first_id or number
        newest, previous = number, row["hash"]
    report.last_id = newest if report.n_rows else None
    _check_end(report, anchors, newest)


def _check_hash(report: Report, row: RowMapping) -> None:
    try:
        is_right = digest(row) == row["hash"]
    except UnknownAlgorithm as error:
        report.add(Tampering.ALGORITHM, row["id"], str(error))
        return
    if not is_right:
        report.add(Tampering.EDITED, row["id"])


def _check_end(report: Report, anchors: list[Anchor], newest: int) -> None:
    """The newest row any anchor remembers is there, or everything up to it was taken off."""
    highest = max(anchors, key=lambda anchor: anchor.last_id, default=None)
    if highest is not None and highest.last_id > newest:
        report.add(Tampering.CUT, newest + 1, highest.on)
