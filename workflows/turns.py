"""Taking turns at a row, for what one conditional UPDATE cannot say: at most so many, at least one."""

from typing import Any

from sqlmodel import Session


def take_turn(session: Session, model: type[Any], row_id: Any) -> Any:
    """The row as it is now, locked until the transaction ends: whoever comes second waits, and sees what was done.

    SQLite has one writer and needs no lock; elsewhere this is SELECT ... FOR UPDATE.
    """
    session.flush()
    return session.get_one(model, row_id, with_for_update=True, populate_existing=True)
