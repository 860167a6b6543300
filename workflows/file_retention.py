"""The bytes of documents that nothing refers to any more are given back; that they were here stays known."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from access.actor import SYSTEM
from access.case_steps import is_latest
from models.pairing import CaseEvidence, CaseStep
from models.recognition import Recognition
from models.stored_file import StoredFile
from vocabulary.lifecycles import RecognitionStatus
from workflows.audit import record
from workflows.files import limits

_COUNTING = (RecognitionStatus.FILED, RecognitionStatus.VERIFIED)
HOLDERS = {"case_evidence.file_id", "recognition.file_id"}
"""Columns that refer to documents; a new one must be heard below before bytes are given back."""


def give_back(session: Session, at: datetime) -> int:
    """Empty the documents that have been unused for `removed_documents_days`; returns how many.

    In use is what is kept with a step that counts, and the certificate of a title that is filed or verified. A night
    that finds a document unused says so, and a later one empties it: name, size and digest stay. Rows written:
    `stored_file`, one audit event if there was anything.
    """
    session.flush()
    files = StoredFile.__table__  # type: ignore[attr-defined]
    kept = files.c.emptied_at.is_(None)
    run = session.connection().execute
    run(update(files).where(kept, ~_is_used(), files.c.unused_since.is_(None)).values(unused_since=at))
    run(update(files).where(kept, _is_used(), files.c.unused_since.is_not(None)).values(unused_since=None))
    is_due = files.c.unused_since <= at - timedelta(days=limits().removed_documents_days)
    n, n_bytes = session.exec(
        select(func.count(), func.coalesce(func.sum(StoredFile.n_bytes), 0)).where(kept, is_due)
    ).one()
    if n:
        run(update(files).where(kept, is_due).values(content=b"", emptied_at=at))
        record(session, SYSTEM, "documents_emptied", subject_kind="stored_file", subject_id=0,
               new={"n": n, "n_bytes": n_bytes})  # fmt: skip
    session.expire_all()
    return n


def _is_used() -> Any:
    """SQL over StoredFile."""
    evidence = (
        select(CaseEvidence.file_id)
        .join(CaseStep, col(CaseStep.id) == col(CaseEvidence.step_id))
        .where(CaseEvidence.file_id == StoredFile.id, *is_latest())
    )
    certificate = select(Recognition.id).where(
        Recognition.file_id == StoredFile.id, col(Recognition.status).in_(_COUNTING)
    )
    return evidence.exists() | certificate.exists()
