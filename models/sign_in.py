"""What proves who signs in, beside the password: the second factor, its spare codes, and devices known from before."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from models.base import Row, foreign_key, time_column


class SecondFactor(Row, table=True):
    """A person's authenticator. Without `confirmed_at` it was shown but never used, and asks nothing of anybody."""

    __tablename__ = "second_factor"

    user_id: int = Field(foreign_key="user.id", unique=True, nullable=False)
    sealed_secret: str = Field(max_length=255)
    """The secret, encrypted with a key that is not in the database."""
    confirmed_at: datetime | None = time_column()
    last_step: int = Field(default=0, sa_type=BigInteger, nullable=False)
    """The last accepted count of 30 s since 1970; only a later one is accepted."""


class RecoveryCode(Row, table=True):
    """A spare code for a lost authenticator; only its digest is kept, and it opens once."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("user_id", "code_digest"),)

    user_id: int = foreign_key("user.id", nullable=False)
    code_digest: str = Field(max_length=64)
    used_at: datetime | None = time_column()


class FactorAttempt(Row, table=True):
    """A wrong code, counted per person."""

    __tablename__ = "factor_attempt"
    __table_args__ = (Index("ix_factor_attempt_user", "user_id", "created_at"),)

    user_id: int = foreign_key("user.id", nullable=False, index=False)


class ResetRequest(Row, table=True):
    """Somebody asked for a reset link: the same row for a known and an unknown address, seen to by the clock."""

    __tablename__ = "reset_request"
    __table_args__ = (Index("ix_reset_request_address", "address", "created_at"),)

    email: str = Field(max_length=254)
    """As typed; emptied once it was seen to."""
    link: str = Field(max_length=500)
    """The page that takes the link, with `RESET_KEY` in the place of its key."""
    address: str = Field(default="", max_length=64)
    handled_at: datetime | None = time_column()


class KnownDevice(Row, table=True):
    """A browser from which somebody has signed in before: its failures are counted apart from everybody else's."""

    __tablename__ = "known_device"
    __table_args__ = (UniqueConstraint("token_digest", "user_id"),)

    token_digest: str = Field(max_length=64)
    user_id: int = foreign_key("user.id", nullable=False)
    expires_at: datetime = time_column(default_now=True)
