"""The anchors of the ledger: lines in a file outside the database that say how its chain ended on a day.

Who can write the database can compute the whole chain anew, or cut its end; the anchors show both. Each line is
authenticated with a key that is not in the database, and covers the line before it.
"""

import errno
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func
from sqlmodel import Session, select

from models.audit_chain import last, wait_for_turn
from models.audit_event import AuditEvent
from models.base import now
from models.organization import Organization
from models.session import unit_of_work
from vocabulary.roles import OrganizationKind
from workflows.calendar import today
from workflows.notifications import queue_to_members

FILE = "ledger-anchors.jsonl"


@dataclass(frozen=True)
class Seal:
    """Where the anchors are kept, and the key that authenticates them."""

    path: Path
    key: str


@dataclass(frozen=True)
class Anchor:
    """The chain as it ended on a day: `count` rows in the database, the newest of them `last_id` with `hash`."""

    on: str
    at: str
    last_id: int
    hash: str
    count: int
    mac: str

    def is_genuine(self, seal: Seal, previous_mac: str) -> bool:
        """Whether the line is as we wrote it, after the line we wrote before it."""
        values = {name: value for name, value in vars(self).items() if name != "mac"}
        return hmac.compare_digest(self.mac, authenticate(seal.key, {**values, "previous": previous_mac}))


class BrokenAnchors(Exception):
    """A line of the anchor file is none."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} of the anchor file cannot be read")
        self.line = line


def authenticate(key: str, values: Mapping[str, Any]) -> str:
    """HMAC-SHA-256 over canonical JSON, as hexadecimal digits."""
    return hmac.new(key.encode(), json.dumps(values, sort_keys=True).encode(), hashlib.sha256).hexdigest()


def read(path: Path) -> list[Anchor]:
    """The anchors, oldest first; none if there is no file yet. Raises BrokenAnchors."""
    if not path.exists():
        return []
    found = []
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found.append(Anchor(**json.loads(line)))
        except (ValueError, TypeError):
            raise BrokenAnchors(n) from None
    return found


def drop_anchor(engine: Engine, seal: Seal, *, tell: bool = False) -> Anchor | None:
    """Append an anchor to the file and, with `tell`, send it to the auditors; None if the ledger is empty.

    Raises OSError if the file cannot be written: then nobody is told either.
    """
    with unit_of_work(engine) as session:
        wait_for_turn(session)  # of two processes the second appends after the line of the first
        last_id, last_hash = last(session)
        if not last_id:
            return None
        anchors = read(seal.path)
        values: dict[str, Any] = {
            "on": today().isoformat(), "at": now().isoformat(timespec="seconds"), "last_id": last_id,
            "hash": last_hash, "count": session.exec(select(func.count()).select_from(AuditEvent)).one(),
        }  # fmt: skip
        previous = anchors[-1].mac if anchors else ""
        anchor = Anchor(**values, mac=authenticate(seal.key, {**values, "previous": previous}))
        _append(seal.path, json.dumps(vars(anchor)))
        if tell:
            _tell_auditors(session, anchor)
    return anchor


def anchor_daily(engine: Engine, seal: Seal) -> Anchor | None:
    """The anchor of today, once: None if there is one already."""
    anchors = read(seal.path)
    if anchors and anchors[-1].on == today().isoformat():
        return None
    return drop_anchor(engine, seal, tell=True)


def _append(path: Path, line: str) -> None:
    """Append a line wholly or not at all: half a line, left by a full disk, would break every later check."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = f"{line}\n".encode()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        try:
            if os.write(descriptor, content) < len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def _tell_auditors(session: Session, anchor: Anchor) -> None:
    offices = session.exec(select(Organization.id).where(Organization.kind == OrganizationKind.AUDIT_OFFICE)).all()
    queue_to_members(
        session, [id_ for id_ in offices if id_], template="ledger_anchor",
        values={"on": anchor.on, "last_id": anchor.last_id, "hash": anchor.hash, "count": anchor.count},
    )  # fmt: skip
