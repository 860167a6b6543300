"""Of two people who edit the same version of a row, the second is told."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import inspect, update
from sqlmodel import Session

from workflows.errors import ChangedMeanwhile
from workflows.turns import take_turn


def take_version(session: Session, row: Any, present: Callable[[], dict[str, object]], version: int) -> None:
    """Count the row's `version` up. Raises ChangedMeanwhile with the present values unless it still was `version`.

    `present` is asked after everything was read anew: the values are those of the version that was saved first.
    """
    session.flush()
    table = inspect(type(row)).local_table
    statement = update(table).where(table.c.id == row.id, table.c.version == version).values(version=version + 1)
    if session.connection().execute(statement).rowcount != 1:
        session.expire_all()
        raise ChangedMeanwhile(present(), row.version)
    session.refresh(row)


def fingerprint(values: Mapping[str, Any]) -> str:
    """What an editor saw, of a row that counts no versions of its own."""
    return hashlib.sha256(json.dumps(values, default=str, sort_keys=True).encode()).hexdigest()[:16]


def require_seen(session: Session, row: Any, present: Callable[[], dict[str, Any]], seen: str | None) -> None:
    """Take the turn at a row; raise ChangedMeanwhile unless its values are those the editor saw (None: not edited)."""
    take_turn(session, type(row), row.id)
    if seen is not None and seen != (now := fingerprint(values := present())):
        raise ChangedMeanwhile(values, now)
