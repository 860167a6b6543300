"""Versions of reference data that people keep by hand."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.base import Row, foreign_key, json_column, public_id_column, required_code
from vocabulary.reference import ReferenceKind


class ReferenceVersion(Row, table=True):
    """What holds from `valid_from` on, until a later version of the same kind and key. Never changed, never deleted.

    `body` is as `vocabulary.reference.SCHEMAS` has it for the kind.
    """

    __tablename__ = "reference_version"
    __table_args__ = (
        UniqueConstraint("kind", "key", "number"),
        CheckConstraint("number > 0", name="number_from_one"),
        CheckConstraint("note <> ''", name="note_given"),
    )

    public_id: str = public_id_column()
    kind: ReferenceKind = required_code(ReferenceKind)
    key: str = Field(default="", max_length=20)
    number: int
    body: dict[str, Any] = json_column(dict)
    valid_from: date
    note: str = Field(max_length=500)
    made_by_id: int = foreign_key("user.id", nullable=False, index=False)
