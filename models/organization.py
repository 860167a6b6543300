"""Organizations, their people and how these get in."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from models.base import (
    Row,
    code_type,
    evidence_check,
    foreign_key,
    public_id_column,
    required_code,
    status_check,
    status_column,
    time_column,
)
from vocabulary.lifecycles import INVITATION, ORGANIZATION, USER, InvitationStatus, OrganizationStatus, UserStatus
from vocabulary.roles import OrganizationKind, Role


class Organization(Row, table=True):
    """A firm, bank, buyer or office. `name_core` is the name without place and legal form, for finding doubles."""

    __tablename__ = "organization"
    __table_args__ = (
        status_check(OrganizationStatus),
        evidence_check("verified_has_verifier", (OrganizationStatus.VERIFIED,), "verified_at"),
        evidence_check("returned_has_note", (OrganizationStatus.RETURNED,), "review_note"),
        CheckConstraint("(status = 'merged') = (merged_into_id IS NOT NULL)", name="merged_has_target"),
        CheckConstraint("uscc IS NULL OR length(uscc) = 18", name="uscc_length"),
        Index("ix_organization_kind_status", "kind", "status"),
    )

    public_id: str = public_id_column()
    kind: OrganizationKind = required_code(OrganizationKind)
    uscc: str | None = Field(default=None, max_length=18, unique=True)
    legal_name: str = Field(max_length=120)
    name_core: str = Field(max_length=120, index=True)
    short_name: str = Field(default="", max_length=60)
    phone: str = Field(default="", max_length=30, index=True)
    region_code: str | None = Field(default=None, max_length=12)
    chain_id: int | None = foreign_key("chain.id")
    """The chain whose office checks a firm; an office's own chain."""
    status: OrganizationStatus = status_column(ORGANIZATION.initial)
    status_changed_at: datetime = time_column(default_now=True)
    verified_at: datetime | None = time_column()
    verified_by_id: int | None = foreign_key("user.id", index=False)
    review_note: str | None = Field(default=None, max_length=500)
    merged_into_id: int | None = foreign_key("organization.id")
    contacts_removed_at: datetime | None = time_column()
    """When its contacts were past their time, after it had left."""
    is_demo: bool = False


class User(Row, table=True):
    """A person with a password. Rights come from memberships, read anew on every request."""

    __tablename__ = "user"
    __table_args__ = (status_check(UserStatus),)

    public_id: str = public_id_column()
    email: str = Field(max_length=254, unique=True)
    """Lower case."""
    password_hash: str = Field(max_length=255)
    full_name: str = Field(max_length=80)
    phone: str = Field(default="", max_length=30)
    title: str = Field(default="", max_length=80)
    language: str | None = Field(default=None, max_length=8)
    status: UserStatus = status_column(USER.initial)
    status_changed_at: datetime = time_column(default_now=True)
    password_set_at: datetime | None = time_column()
    """None: when the account was made."""
    is_demo: bool = False


class Membership(Row, table=True):
    """One person's role in one organization, until `ends_on` (inclusive) or `ended_at`."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("user_id", "organization_id"),)

    user_id: int = foreign_key("user.id", nullable=False)
    organization_id: int = foreign_key("organization.id", nullable=False)
    role: Role = required_code(Role)
    branch: str = Field(default="", max_length=80)
    """支行 of a bank officer."""
    ends_on: date | None = None
    ended_at: datetime | None = time_column()


class Invitation(Row, table=True):
    """A colleague invited by e-mail; only the digest of the token is kept."""

    __tablename__ = "invitation"
    __table_args__ = (
        status_check(InvitationStatus),
        evidence_check("accepted_has_user", (InvitationStatus.ACCEPTED,), "accepted_by_id", "accepted_at"),
    )

    public_id: str = public_id_column()
    organization_id: int = foreign_key("organization.id", nullable=False)
    email: str = Field(max_length=254, index=True)
    role: Role = Field(sa_type=code_type(Role), nullable=False)
    branch: str = Field(default="", max_length=80)
    ends_on: date | None = None
    """Last day of the membership that comes of it."""
    token_digest: str = Field(max_length=64, unique=True)
    invited_by_id: int = foreign_key("user.id", nullable=False)
    expires_at: datetime = time_column(default_now=True)
    status: InvitationStatus = status_column(INVITATION.initial)
    status_changed_at: datetime = time_column(default_now=True)
    accepted_by_id: int | None = foreign_key("user.id")
    accepted_at: datetime | None = time_column()


class PasswordReset(Row, table=True):
    """A reset link sent by mail: used once, within its time; only the digest of the token is kept."""

    __tablename__ = "password_reset"

    user_id: int = foreign_key("user.id", nullable=False)
    token_digest: str = Field(max_length=64, unique=True)
    expires_at: datetime = time_column(default_now=True)
    used_at: datetime | None = time_column()


class UserSession(Row, table=True):
    """A signed-in browser. Deleting or ending the row ends the session at once, whoever holds the cookie."""

    __tablename__ = "user_session"

    token_digest: str = Field(max_length=64, unique=True)
    user_id: int = foreign_key("user.id", nullable=False)
    last_seen_at: datetime = time_column(default_now=True)
    ended_at: datetime | None = time_column()
    user_agent: str = Field(default="", max_length=200)
    proved_at: datetime | None = time_column()
    """When the person last gave the password or a code in this session; none: at its beginning."""


class SignInAttempt(Row, table=True):
    """A failed sign-in, counted per account and per address to slow guessing down."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_account", "email_digest", "created_at"),)

    email_digest: str = Field(max_length=64)
    address: str = Field(default="", max_length=64, index=True)
