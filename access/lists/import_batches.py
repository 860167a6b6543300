"""Tables that an organization brought in."""

from collections.abc import Sequence

from sqlalchemy.orm import defer
from sqlmodel import Session, col, func, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from access.scopes import own
from models.import_batch import ImportBatch
from vocabulary.imports import ImportNoun, ImportStatus

PERMISSIONS: dict[ImportNoun, Permission] = {
    ImportNoun.FIRMS: Permission.VERIFY_PROFILES,
    ImportNoun.PURCHASE_NEEDS: Permission.POST_PURCHASE_NEEDS,
    ImportNoun.FINANCING_NEEDS: Permission.VERIFY_PROFILES,
    ImportNoun.LOAN_PRODUCTS: Permission.POST_LOAN_PRODUCTS,
    ImportNoun.OUTCOMES: Permission.RECORD_CASE_STEPS,
}
"""Whoever may write a row by form may bring in a table of them; offices prepare the needs of firms as drafts."""


def batches(
    session: Session, actor: Actor, noun: ImportNoun, *, page: int, size: int
) -> tuple[Sequence[ImportBatch], int]:
    """(the organization's tables, newest first, without their cells; how many there are)."""
    require(actor, PERMISSIONS[noun])
    is_own = (own(actor, ImportBatch.organization_id), ImportBatch.noun == noun)
    total = session.exec(select(func.count()).select_from(ImportBatch).where(*is_own)).one()
    rows = session.exec(
        select(ImportBatch)
        .where(*is_own)
        .options(defer(ImportBatch.sheets), defer(ImportBatch.problems))  # type: ignore[arg-type]
        .order_by(col(ImportBatch.id).desc())
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    return rows, total


def batch(session: Session, actor: Actor, noun: ImportNoun, public_id: str) -> ImportBatch:
    """One of the organization's tables of a noun. Raises NotVisible."""
    require(actor, PERMISSIONS[noun])
    found = session.exec(
        select(ImportBatch).where(
            ImportBatch.public_id == public_id, ImportBatch.noun == noun, own(actor, ImportBatch.organization_id)
        )
    ).first()
    if found is None:
        raise NotVisible
    return found


def last_mapping(session: Session, actor: Actor, noun: ImportNoun) -> dict[str, str]:
    """Which heading the organization read each column from the last time."""
    found = session.exec(
        select(ImportBatch.mapping)
        .where(
            own(actor, ImportBatch.organization_id),
            ImportBatch.noun == noun,
            col(ImportBatch.status).in_((ImportStatus.CHECKED, ImportStatus.LOADED)),
        )
        .order_by(col(ImportBatch.id).desc())
        .limit(1)
    ).first()
    return dict(found or {})
