"""What every table shares: constraint names, ids, UTC times, status columns."""

import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, DateTime, Integer, MetaData, String, TypeDecorator
from sqlmodel import Field, SQLModel

from models.strict_types import make_strict

SQLModel.metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

make_strict(SQLModel.metadata)

_PUBLIC_ID_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that is misread over the telephone


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite forgets time zones, so ours is put back on load."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime: times in rows are UTC and aware")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def now() -> datetime:
    """The present moment, aware and in UTC."""
    return datetime.now(UTC)


def new_public_id() -> str:
    """Twelve random characters for URLs: 59 bits, so ids can be neither counted nor guessed."""
    return "".join(secrets.choice(_PUBLIC_ID_ALPHABET) for _ in range(12))


def public_id_column() -> Any:
    return Field(default_factory=new_public_id, max_length=12, unique=True)


def time_column(*, default_now: bool = False, nullable: bool = True) -> Any:
    """A UTC time column; with `default_now` it is set on creation and never null."""
    if default_now:
        return Field(default_factory=now, sa_type=UtcDateTime, nullable=False)
    return Field(default=None, sa_type=UtcDateTime, nullable=nullable)


def fen_column() -> Any:
    """An optional amount in fen."""
    return Field(default=None, sa_type=BigInteger)


def code_column(enum: type[StrEnum], *, default: StrEnum | None = None, index: bool = False) -> Any:
    """A code stored by its value; a bare enum column would store member names."""
    return Field(default=default, sa_type=code_type(enum), nullable=default is None, index=index)


class CodeType(TypeDecorator[StrEnum]):
    """A StrEnum stored as its value and loaded as the member; unknown codes fail loudly."""

    impl = String
    cache_ok = True

    def __init__(self, enum: type[StrEnum]) -> None:
        super().__init__(32)
        self.enum = enum

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else self.enum(value).value

    def process_result_value(self, value: str | None, dialect: Any) -> StrEnum | None:
        return None if value is None else self.enum(value)


def code_type(enum: type[StrEnum]) -> Any:
    return CodeType(enum)


def required_code(enum: type[StrEnum], *, index: bool = False) -> Any:
    """A code that must be stated."""
    return Field(sa_type=code_type(enum), nullable=False, index=index)


def status_column(initial: StrEnum) -> Any:
    """A status, set by `workflows.transitions` only. The CHECK that its value is known stands in `status_check`."""
    return Field(default=initial, sa_type=code_type(type(initial)), nullable=False, index=True)


def status_check(statuses: type[StrEnum], column: str = "status") -> CheckConstraint:
    """A CHECK that the column holds one of the lifecycle's statuses."""
    known = ", ".join(f"'{status.value}'" for status in statuses)
    return CheckConstraint(f"{column} IN ({known})", name=f"{column}_known")


def evidence_check(name: str, statuses: tuple[StrEnum, ...], *columns: str) -> CheckConstraint:
    """A CHECK that in the given statuses the evidence columns are filled: decided has a decider."""
    known = ", ".join(f"'{status.value}'" for status in statuses)
    filled = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    return CheckConstraint(f"status NOT IN ({known}) OR ({filled})", name=name)


def foreign_key(target: str, *, nullable: bool = True, index: bool = True, cascade: bool = False) -> Any:
    """A reference `table.id`; rows are kept, not cascaded, unless the child has no meaning of its own."""
    kwargs: dict[str, Any] = {"foreign_key": target, "index": index, "nullable": nullable}
    if cascade:
        kwargs["ondelete"] = "CASCADE"
    if nullable:
        kwargs["default"] = None
    return Field(**kwargs)


class Row(SQLModel):
    """An integer id for joins and a creation time; URLs carry `public_id` where a row has a page."""

    id: int | None = Field(default=None, primary_key=True, sa_type=Integer)
    created_at: datetime = time_column(default_now=True)


def json_column(default: type[dict] | type[list] | None = None) -> Any:
    """A JSON column; assign a new value, since a change in place is not seen."""
    if default is None:
        return Field(default=None, sa_type=JSON)
    # Pydantic reads the signature of a factory for each row, and that of a class takes longer than the row itself.
    return Field(default_factory=lambda: default(), sa_type=JSON, nullable=False)
