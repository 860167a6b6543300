"""Documents handed in: what is taken, judged by content and never by name, how much, and how it is kept."""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlmodel import Session, col, func, select

from access.actor import Actor
from models.organization import Organization
from models.stored_file import StoredFile
from workflows.file_content import EXTENSIONS, media_type, problem

MAX_BYTES = 5 * 1024 * 1024
"""Of one document."""
MAX_FILES = 5
"""Handed in at once, and kept with one thing."""
_MB = 1024 * 1024
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]')


class FileLimits(BaseSettings):
    """What an operator may set about documents; read once from the environment and checked at start."""

    model_config = SettingsConfigDict(env_prefix="LIANRONG_", frozen=True, extra="ignore")

    quota_mb: int = Field(default=200, ge=1)
    """Of documents that one organization has here, with those removed whose bytes are still kept."""
    quota_files: int = Field(default=500, ge=1)
    removed_documents_days: int = Field(default=30, ge=0)
    """For so long the bytes of a document are kept that nothing refers to any more."""
    antivirus_command: str = ""
    """Reads a document from its standard input and ends with 0 (clean) or 1 (infected), such as
    `clamdscan --no-summary --stdout -`. Unset: nothing is scanned. Set: what is not scanned is not taken."""
    antivirus_seconds: int = Field(default=30, ge=1, le=300)


@cache
def limits() -> FileLimits:
    """The limits of this installation."""
    return FileLimits()


@dataclass(frozen=True)
class Upload:
    """A document as it was sent; `content` may stop one byte after `MAX_BYTES`. `finding` is the scanner's."""

    name: str
    content: bytes
    finding: str | None = None


def problem_of(
    session: Session,
    actor: Actor,
    uploads: Sequence[Upload],
    *,
    n_present: int = 0,
    kinds: Collection[str] = tuple(EXTENSIONS),
) -> str | None:
    """Why these documents are refused, as a code, a colon and what it is about.

    `too_many`; with the document's name `empty`, `too_large`, `wrong_type`, `no_pages` (of the kinds that are taken,
    but not here), `damaged`, `active`, `bomb`, `infected` or `not_scanned`; `quota:` with the megabytes and
    `quota_files:` with the number of documents that are allowed.
    """
    if n_present + len(uploads) > MAX_FILES:
        return "too_many"
    for upload in uploads:
        if found := _content_problem(upload, kinds):
            return f"{found}:{display_name(upload.name)}"
    return _quota_problem(session, actor, uploads) if uploads else None


def _content_problem(upload: Upload, kinds: Collection[str]) -> str | None:
    if not upload.content:
        return "empty"
    if len(upload.content) > MAX_BYTES:
        return "too_large"
    kind = media_type(upload.content)
    if kind is None:
        return "wrong_type"
    if kind not in kinds:
        return "no_pages"
    return problem(upload.content, kind) or upload.finding


def _quota_problem(session: Session, actor: Actor, uploads: Sequence[Upload]) -> str | None:
    """Counted under a lock on the organization, so that two at once do not pass what one may not."""
    session.exec(select(Organization.id).where(Organization.id == actor.organization_id).with_for_update())
    n_files, n_bytes = session.exec(
        select(func.count(), func.coalesce(func.sum(StoredFile.n_bytes), 0)).where(
            StoredFile.organization_id == actor.organization_id, col(StoredFile.emptied_at).is_(None)
        )
    ).one()
    if n_bytes + sum(len(upload.content) for upload in uploads) > limits().quota_mb * _MB:
        return f"quota:{limits().quota_mb}"
    return f"quota_files:{limits().quota_files}" if n_files + len(uploads) > limits().quota_files else None


def display_name(name: str) -> str:
    """The last part of a path, without control characters and without marks that turn the direction of writing."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    return _NOT_IN_NAMES.sub("", last).strip(" .")[-120:] or "document"


def store(session: Session, actor: Actor, upload: Upload) -> StoredFile:
    """Keep a document that `problem_of` let pass."""
    kind = media_type(upload.content)
    assert kind is not None
    row = StoredFile(
        organization_id=actor.organization_id,
        stored_by_id=actor.user_id,
        name=display_name(upload.name),
        media_type=kind,
        n_bytes=len(upload.content),
        sha256=hashlib.sha256(upload.content).hexdigest(),
        content=upload.content,
    )
    session.add(row)
    session.flush()
    return row
