"""Tables that an office brought in."""

from collections.abc import Sequence

from sqlalchemy.orm import defer
from sqlmodel import Session, col, func, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from access.scopes import own
from models.import_batch import ImportBatch
from vocabulary.imports import ImportStatus


def batches(session: Session, actor: Actor, *, page: int, size: int) -> tuple[Sequence[ImportBatch], int]:
    """(the organization's tables, newest first, without their cells; how many there are)."""
    require(actor, Permission.VERIFY_PROFILES)
    is_own = own(actor, ImportBatch.organization_id)
    total = session.exec(select(func.count()).select_from(ImportBatch).where(is_own)).one()
    rows = session.exec(
        select(ImportBatch)
        .where(is_own)
        .options(defer(ImportBatch.sheets), defer(ImportBatch.problems))  # type: ignore[arg-type]
        .order_by(col(ImportBatch.id).desc())
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    return rows, total


def batch(session: Session, actor: Actor, public_id: str) -> ImportBatch:
    """One of the organization's tables. Raises NotVisible."""
    require(actor, Permission.VERIFY_PROFILES)
    found = session.exec(
        select(ImportBatch).where(ImportBatch.public_id == public_id, own(actor, ImportBatch.organization_id))
    ).first()
    if found is None:
        raise NotVisible
    return found


def last_mapping(session: Session, actor: Actor) -> dict[str, str]:
    """Which heading the organization read each column from the last time."""
    found = session.exec(
        select(ImportBatch.mapping)
        .where(
            own(actor, ImportBatch.organization_id),
            col(ImportBatch.status).in_((ImportStatus.CHECKED, ImportStatus.LOADED)),
        )
        .order_by(col(ImportBatch.id).desc())
        .limit(1)
    ).first()
    return dict(found or {})
