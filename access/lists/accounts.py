"""Accounts and organizations for the administrator: who they are and whether they may come in, nothing of business."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_
from sqlmodel import Session, col, func, or_, select

from access import lookups, search
from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from models.organization import Membership, Organization, User, UserSession
from models.sign_in import SecondFactor
from vocabulary.lifecycles import OrganizationStatus, UserStatus
from vocabulary.roles import OrganizationKind, Role


@dataclass(frozen=True)
class AccountFilter:
    """What the administrator looks for; `organization` is a public id."""

    q: str = ""
    kind: OrganizationKind | None = None
    role: Role | None = None
    status: UserStatus | None = None
    organization: str = ""


@dataclass(frozen=True)
class Account:
    """One membership of a person, or a person without any."""

    public_id: str
    full_name: str
    email: str
    organization: str
    role: Role | None
    status: UserStatus
    has_factor: bool
    last_seen_at: datetime | None
    is_own: bool


@dataclass(frozen=True)
class Member:
    """A present membership and whose it is."""

    user_id: int
    organization_id: int
    public_id: str
    full_name: str
    email: str
    organization: str
    kind: OrganizationKind
    role: Role


@dataclass(frozen=True)
class OrganizationLine:
    """An organization with the number of people who belong to it."""

    public_id: str
    legal_name: str
    kind: OrganizationKind
    region_code: str | None
    status: OrganizationStatus
    created_at: datetime
    n_people: int
    is_demo: bool


def accounts(
    session: Session, actor: Actor, wanted: AccountFilter, *, on: date, page: int, size: int
) -> tuple[list[Account], int]:
    """A page of accounts, oldest first, and how many there are; present memberships only."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    scope: Any = (
        select(User, Membership.role, Organization.legal_name)
        .join(Membership, and_(col(Membership.user_id) == User.id, *_is_present(on)), isouter=True)
        .join(Organization, col(Organization.id) == Membership.organization_id, isouter=True)
        .where(*_account_conditions(wanted))
    )
    total: int = session.scalar(scope.with_only_columns(func.count(col(User.id)))) or 0
    extra = (
        select(SecondFactor.id)
        .where(SecondFactor.user_id == User.id, col(SecondFactor.confirmed_at).is_not(None))
        .exists(),
        select(func.max(UserSession.last_seen_at)).where(UserSession.user_id == User.id).scalar_subquery(),
    )
    rows = session.exec(
        scope.add_columns(*extra).order_by(col(User.id), col(Organization.id)).offset((page - 1) * size).limit(size)
    ).all()
    return [
        Account(
            user.public_id,
            user.full_name,
            user.email,
            name or "",
            role,
            user.status,
            bool(has_factor),
            seen,
            user.id == actor.user_id,
        )
        for user, role, name, has_factor, seen in rows
    ], total


def member(session: Session, actor: Actor, public_id: str, *, on: date) -> Member:
    """The present membership of somebody else. Raises NotVisible."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    user, membership, organization = lookups.one(
        session,
        select(User, Membership, Organization)
        .join(Membership, and_(col(Membership.user_id) == User.id, *_is_present(on)))
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(User.public_id == public_id, User.id != actor.user_id)
        .order_by(col(Membership.id)),
    )
    return Member(
        user.id, organization.id, user.public_id, user.full_name, user.email, organization.legal_name,
        organization.kind, membership.role,
    )  # fmt: skip


def organizations(
    session: Session,
    actor: Actor,
    *,
    q: str,
    kind: OrganizationKind | None,
    status: OrganizationStatus | None,
    on: date,
    page: int,
    size: int,
) -> tuple[list[OrganizationLine], int]:
    """A page of organizations of every kind, newest first, and how many there are."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    conditions = []
    if q:
        conditions.append(search.found_by(q, search.organization(Organization.id)))
    if kind is not None:
        conditions.append(col(Organization.kind) == kind)
    if status is not None:
        conditions.append(col(Organization.status) == status)
    total = session.exec(select(func.count(col(Organization.id))).where(*conditions)).one()
    n_people = (
        select(func.count())
        .where(col(Membership.organization_id) == Organization.id, *_is_present(on))
        .scalar_subquery()
    )
    rows = session.exec(
        select(Organization, n_people)
        .where(*conditions)
        .order_by(col(Organization.id).desc())
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    lines = [
        OrganizationLine(
            row.public_id, row.legal_name, row.kind, row.region_code, row.status, row.created_at, n, row.is_demo
        )
        for row, n in rows
    ]
    return lines, total


def organization_name(session: Session, actor: Actor, public_id: str) -> str:
    """The name of the organization whose people are looked at; empty if there is none."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    return session.exec(select(Organization.legal_name).where(Organization.public_id == public_id)).first() or ""


def _is_present(on: date) -> tuple[Any, ...]:
    return (
        col(Membership.ended_at).is_(None),
        or_(col(Membership.ends_on).is_(None), col(Membership.ends_on) >= on),
    )


def _account_conditions(wanted: AccountFilter) -> list[Any]:
    conditions: list[Any] = []
    if wanted.q:
        conditions.append(
            or_(
                col(User.email).contains(wanted.q.lower(), autoescape=True),
                col(User.full_name).contains(wanted.q, autoescape=True),
                search.found_by(wanted.q, search.organization(Organization.id)),
            )
        )
    if wanted.kind is not None:
        conditions.append(col(Organization.kind) == wanted.kind)
    if wanted.role is not None:
        conditions.append(col(Membership.role) == wanted.role)
    if wanted.status is not None:
        conditions.append(col(User.status) == wanted.status)
    if wanted.organization:
        conditions.append(col(Organization.public_id) == wanted.organization)
    return conditions
