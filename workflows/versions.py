"""Of two people who edit the same version of a row, the second is told."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import inspect, update
from sqlmodel import Session

from workflows.errors import ChangedMeanwhile


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
