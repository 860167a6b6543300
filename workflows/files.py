"""Documents handed in: what is taken, judged by content and never by name, and how it is kept."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import filetype
from sqlmodel import Session

from access.actor import Actor
from models.stored_file import StoredFile

MAX_BYTES = 5 * 1024 * 1024
"""Of one document."""
MAX_FILES = 5
"""Handed in at once, and kept with one thing."""
EXTENSIONS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
"""Media types that are taken, and what their names end in."""
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]')


@dataclass(frozen=True)
class Upload:
    """A document as it was sent; `content` may stop one byte after `MAX_BYTES`."""

    name: str
    content: bytes


def media_type(content: bytes) -> str | None:
    """What the bytes are, if it is something that is taken."""
    kind = filetype.guess(content)
    return kind.mime if kind is not None and kind.mime in EXTENSIONS else None


def problem_of(uploads: Sequence[Upload], *, n_present: int = 0) -> str | None:
    """Why these documents are refused: `too_many`, or `too_large`, `empty`, `wrong_type`, each with the name."""
    if n_present + len(uploads) > MAX_FILES:
        return "too_many"
    for upload in uploads:
        if not upload.content:
            return f"empty:{display_name(upload.name)}"
        if len(upload.content) > MAX_BYTES:
            return f"too_large:{display_name(upload.name)}"
        if media_type(upload.content) is None:
            return f"wrong_type:{display_name(upload.name)}"
    return None


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
