"""Keys by which other systems act for an organization, and how often each was used of late."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from models.base import (
    Row,
    evidence_check,
    foreign_key,
    json_column,
    public_id_column,
    status_check,
    status_column,
    time_column,
)
from vocabulary.integrations import API_KEY, ApiKeyStatus

_ACTIVE = text("status = 'active'")


class ApiKey(Row, table=True):
    """A key. Only the digest of the secret is kept; its beginning, `lr_` and the public id, names it to people."""

    __tablename__ = "api_key"
    __table_args__ = (
        status_check(ApiKeyStatus),
        evidence_check("revoked_has_revoker", (ApiKeyStatus.REVOKED,), "revoked_by_id"),
        Index(
            "uq_api_key_live_name",
            "organization_id",
            "name",
            unique=True,
            sqlite_where=_ACTIVE,
            postgresql_where=_ACTIVE,
        ),
    )

    public_id: str = public_id_column()
    organization_id: int = foreign_key("organization.id", nullable=False)
    made_by_id: int = foreign_key("user.id", nullable=False, index=False)
    """Who answers for it: the key can never do more than this person may, and stops when the person leaves."""
    name: str = Field(max_length=60)
    purpose: str = Field(default="", max_length=200)
    scopes: list[str] = json_column(list)
    digest: str = Field(max_length=64, unique=True)
    """SHA-256 of the whole secret, which has 256 random bits and so needs no slow hash."""
    status: ApiKeyStatus = status_column(API_KEY.initial)
    status_changed_at: datetime = time_column(default_now=True)
    expires_on: date
    """The last day."""
    revoked_by_id: int | None = foreign_key("user.id", index=False)


class ApiUse(SQLModel, table=True):
    """Requests of one key in one minute: what the rate limit counts, whichever process served them. The last one says
    when the key was used."""

    __tablename__ = "api_use"

    key_id: int = Field(foreign_key="api_key.id", primary_key=True)
    minute: int = Field(primary_key=True, sa_type=BigInteger)
    """Whole minutes since 1970."""
    n_requests: int = 0
