"""What was answered to a request that carried a key, for when the same request comes again."""

from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from models.base import Row, json_column


class IdempotencyKey(Row, table=True):
    """One request that was carried out. The row is written first and stays only if the request's transaction does."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("scope", "key"), Index("ix_idempotency_key_created_at", "created_at"))

    scope: str = Field(max_length=80)
    """Whose key it is: people choose theirs independently of each other."""
    key: str = Field(max_length=64)
    route: str = Field(max_length=400)
    """Method and path."""
    digest: str = Field(max_length=64)
    """HMAC-SHA256 of what was sent: keyed, since a plain hash of a short form is a plain text to whoever guesses."""
    status: int | None = None
    """None while it is carried out."""
    location: str = Field(default="", max_length=2000)
    etag: str = Field(default="", max_length=80)
    """The version that was answered, as the header has it."""
    media_type: str = Field(default="", max_length=200)
    body: bytes = Field(default=b"", sa_type=LargeBinary)
    """Compressed by zlib; empty for a redirect."""
    messages: list[Any] = json_column(list)
    """What the next page says once: pairs of kind and text."""
