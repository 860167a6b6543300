"""Organizations, their people and the chains, as pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, func, or_, select

from access import search
from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from access.scopes import organizations_to_check
from models.base import now
from models.chain import Chain
from models.organization import Invitation, Membership, Organization, User, UserSession
from vocabulary.lifecycles import ChainStatus, InvitationStatus, OrganizationStatus
from vocabulary.roles import OrganizationKind, Role

SESSION_HANDLE = 12
"""How many characters of a session's digest name it on a page: enough to tell apart, useless as a cookie."""


@dataclass(frozen=True)
class ChainChoice:
    id: int
    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True)
class OrganizationPage:
    """One page of the queue, with the number of rows of each status."""

    items: list[Organization]
    total: int
    counts: dict[OrganizationStatus, int]


@dataclass(frozen=True)
class Colleague:
    public_id: str
    full_name: str
    email: str
    role: Role
    branch: str
    ends_on: date | None


@dataclass(frozen=True)
class OpenSession:
    handle: str
    is_here: bool
    user_agent: str
    opened_at: datetime


def chains(session: Session) -> list[ChainChoice]:
    """Chains that go on, in the city's order."""
    rows = session.exec(
        select(Chain).where(Chain.status == ChainStatus.ACTIVE).order_by(col(Chain.sort_order), col(Chain.id))
    ).all()
    return [ChainChoice(row.id or 0, row.code, row.name_zh, row.name_en) for row in rows]


def to_check(
    session: Session,
    actor: Actor,
    *,
    status: OrganizationStatus | None,
    kind: OrganizationKind | None,
    q: str,
    page: int,
    size: int,
) -> OrganizationPage:
    """The official's organizations: waiting ones first, oldest first."""
    require(actor, Permission.VERIFY_ORGANIZATIONS)
    scope = organizations_to_check(actor)
    if kind is not None:
        scope = scope.where(Organization.kind == kind)
    if q:
        scope = scope.where(search.found_by(q, search.organization(Organization.id)))
    wanted = scope.subquery()
    counts = {
        OrganizationStatus(value): number
        for value, number in session.exec(select(wanted.c.status, func.count()).group_by(wanted.c.status))
    }
    if status is not None:
        scope = scope.where(Organization.status == status)
    is_waiting = (col(Organization.status) == OrganizationStatus.REGISTERED).desc()
    rows = session.exec(
        scope.order_by(is_waiting, col(Organization.created_at), col(Organization.id))
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    total = counts.get(status, 0) if status is not None else sum(counts.values())
    return OrganizationPage(list(rows), total, counts)


def possible_doubles(session: Session, organization: Organization) -> list[Organization]:
    """Other organizations with the same core name or telephone."""
    same_phone = (col(Organization.phone) == organization.phone) & (col(Organization.phone) != "")
    return list(
        session.exec(
            select(Organization)
            .where(
                Organization.id != organization.id,
                Organization.status != OrganizationStatus.MERGED,
                or_(Organization.name_core == organization.name_core, same_phone),
            )
            .order_by(col(Organization.id))
            .limit(10)
        ).all()
    )


def kept_instead(session: Session, actor: Actor, organization: Organization) -> Organization | None:
    """The organization a merged one lives on in, if the official may see it."""
    row: Organization | None = session.exec(
        organizations_to_check(actor).where(Organization.id == organization.merged_into_id)
    ).first()
    return row


def mergeable(
    session: Session, actor: Actor, organization: Organization, doubles: Sequence[Organization]
) -> frozenset[str]:
    """Public ids of the doubles the official may keep in its place: of the same kind and his own to check."""
    ids = [double.id for double in doubles if double.kind is organization.kind]
    rows = session.exec(organizations_to_check(actor).where(col(Organization.id).in_(ids))).all()
    return frozenset(row.public_id for row in rows)


def colleagues(session: Session, actor: Actor) -> list[Colleague]:
    """Present members of the actor's organization."""
    rows = session.exec(
        select(Membership, User)
        .join(User, col(User.id) == Membership.user_id)
        .where(Membership.organization_id == actor.organization_id, col(Membership.ended_at).is_(None))
        .order_by(col(Membership.id))
    ).all()
    return [
        Colleague(user.public_id, user.full_name, user.email, member.role, member.branch, member.ends_on)
        for member, user in rows
    ]


def invitations(session: Session, actor: Actor) -> list[Invitation]:
    """Invitations of the actor's organization that can still be accepted."""
    return list(
        session.exec(
            select(Invitation)
            .where(
                Invitation.organization_id == actor.organization_id,
                Invitation.status == InvitationStatus.SENT,
                Invitation.expires_at > now(),
            )
            .order_by(col(Invitation.id))
        ).all()
    )


def open_sessions(session: Session, actor: Actor, here: int | None) -> list[OpenSession]:
    """The actor's signed-in browsers, newest first."""
    rows = session.exec(
        select(UserSession)
        .where(UserSession.user_id == actor.user_id, col(UserSession.ended_at).is_(None))
        .order_by(col(UserSession.id).desc())
        .limit(20)
    ).all()
    return [
        OpenSession(row.token_digest[:SESSION_HANDLE], row.id == here, row.user_agent, row.created_at) for row in rows
    ]


def own_organization(session: Session, actor: Actor) -> Organization | None:
    return session.get(Organization, actor.organization_id) if actor.organization_id else None


def chain_code(session: Session, organization: Organization) -> str | None:
    """Code of an organization's chain."""
    chain = session.get(Chain, organization.chain_id) if organization.chain_id else None
    return chain.code if chain else None
