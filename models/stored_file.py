"""Documents that were handed in, kept in the database so that one backup holds everything."""

from datetime import datetime

from sqlalchemy import CheckConstraint, LargeBinary
from sqlmodel import Field

from models.base import Row, foreign_key, public_id_column, time_column


class StoredFile(Row, table=True):
    """One document. `media_type` is what its bytes say, never what the sender said; it is never changed.

    Lists select every column but `content`.
    """

    __tablename__ = "stored_file"
    __table_args__ = (CheckConstraint("n_bytes > 0", name="not_empty"),)

    public_id: str = public_id_column()
    organization_id: int | None = foreign_key("organization.id")
    """Whose person handed it in."""
    stored_by_id: int | None = foreign_key("user.id", index=False)
    name: str = Field(max_length=120)
    """The sender's name for it, for display only."""
    media_type: str = Field(max_length=100)
    n_bytes: int
    sha256: str = Field(max_length=64)
    content: bytes = Field(sa_type=LargeBinary)
    """Empty once the bytes were given back."""
    unused_since: datetime | None = time_column()
    """Since when nothing refers to it."""
    emptied_at: datetime | None = time_column()
