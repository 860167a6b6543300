"""Versions of reference data, as the administrator reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from models.organization import User
from models.reference_version import ReferenceVersion
from vocabulary.reference import ReferenceKind


@dataclass(frozen=True)
class Version:
    """One version. `is_in_force`: of its kind and key it is the one that holds on the day asked about."""

    kind: ReferenceKind
    key: str
    number: int
    body: dict[str, Any]
    valid_from: date
    note: str
    made_by: str
    made_at: datetime
    is_in_force: bool


def versions(session: Session, actor: Actor, kind: ReferenceKind, key: str, *, on: date) -> list[Version]:
    """Every version of one thing, newest first."""
    require(actor, Permission.KEEP_REFERENCE_DATA)
    return _versions(session, [ReferenceVersion.kind == kind, ReferenceVersion.key == key], on)


def newest(session: Session, actor: Actor, *, on: date) -> dict[tuple[ReferenceKind, str], Version]:
    """(kind, key) -> its newest version, which may hold only from a later day."""
    require(actor, Permission.KEEP_REFERENCE_DATA)
    found: dict[tuple[ReferenceKind, str], Version] = {}
    for version in _versions(session, [], on):
        found.setdefault((version.kind, version.key), version)
    return dict(sorted(found.items()))


def _versions(session: Session, conditions: Sequence[Any], on: date) -> list[Version]:
    rows = session.exec(
        select(ReferenceVersion, User.full_name)
        .join(User, col(User.id) == ReferenceVersion.made_by_id)
        .where(*conditions)
        .order_by(col(ReferenceVersion.number).desc(), col(ReferenceVersion.id))
    ).all()
    seen: set[tuple[ReferenceKind, str]] = set()
    found = []
    for row, name in rows:
        is_in_force = row.valid_from <= on and (row.kind, row.key) not in seen
        if is_in_force:
            seen.add((row.kind, row.key))
        found.append(
            Version(
                row.kind, row.key, row.number, row.body, row.valid_from, row.note, name, row.created_at, is_in_force
            )
        )
    return found
