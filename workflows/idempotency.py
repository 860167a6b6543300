"""Each request with a key is carried out once, however often it comes; the later copies get the first one's answer.

The first copy's row is the first thing its transaction writes. Of two at once the second waits for that transaction
(SQLite: for the turn to write; PostgreSQL: at the UNIQUE constraint) and then finds its answer, or, if the first was
rolled back or crashed, nothing, and is carried out itself. Web forms and the API use the same three functions.
"""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from models.base import now
from models.idempotency import IdempotencyKey

KEPT_FOR = timedelta(hours=24)
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True)
class Request:
    """One request as its sender names it: whose key (`user:7`), the key, method and path, digest of what was sent."""

    scope: str
    key: str
    route: str
    digest: str


@dataclass(frozen=True)
class Answer:
    """What was answered: a redirect has a location, anything else a body."""

    status: int
    location: str = ""
    media_type: str = ""
    body: bytes = b""
    messages: tuple[tuple[str, str], ...] = ()
    etag: str = ""


class KeyReused(Exception):
    """The key came before with another request; `at` says when."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"first used at {at:%Y-%m-%d %H:%M:%S}")
        self.at = at


def claim(session: Session, request: Request) -> Answer | None:
    """Call this before anything else is written. None: carry it out, in this transaction. Else the answer it got.

    Raises KeyReused if the key belongs to another request.
    """
    insert = _INSERT[session.connection().dialect.name]
    values = {
        "scope": request.scope, "key": request.key, "route": request.route, "digest": request.digest,
        "created_at": now(), "location": "", "etag": "", "media_type": "", "body": b"", "messages": [],
    }  # fmt: skip
    statement = insert(IdempotencyKey).values(values).on_conflict_do_nothing(index_elements=["scope", "key"])
    if session.connection().execute(statement).rowcount == 1:
        return None
    found = session.exec(
        select(IdempotencyKey)
        .where(IdempotencyKey.scope == request.scope, IdempotencyKey.key == request.key)
        .execution_options(populate_existing=True)
    ).one()
    if (found.route, found.digest) != (request.route, request.digest):
        raise KeyReused(found.created_at)
    if found.status is None:  # committed half way by a copy that crashed afterwards
        return None
    return Answer(
        found.status, found.location, found.media_type, zlib.decompress(found.body) if found.body else b"",
        tuple((kind, text) for kind, text in found.messages), found.etag,
    )  # fmt: skip


def keep(session: Session, request: Request, answer: Answer) -> None:
    """Remember what the claimed request was answered."""
    session.connection().execute(
        update(IdempotencyKey)
        .where(*_row(request))
        .values(
            status=answer.status, location=answer.location, etag=answer.etag, media_type=answer.media_type,
            body=zlib.compress(answer.body) if answer.body else b"",
            messages=[list(message) for message in answer.messages],
        )
    )  # fmt: skip


def release(session: Session, request: Request) -> None:
    """Give the key up: what was refused may come again, corrected, with the same key."""
    session.connection().execute(delete(IdempotencyKey).where(*_row(request)))


def forget_old(session: Session, at: datetime) -> int:
    """Remove keys older than `KEPT_FOR`; how many went."""
    old = delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < at - KEPT_FOR)
    return session.connection().execute(old).rowcount


def _row(request: Request) -> tuple[Any, Any]:
    return col(IdempotencyKey.scope) == request.scope, col(IdempotencyKey.key) == request.key
