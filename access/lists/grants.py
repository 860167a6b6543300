"""Roles in offices and in the administration that one person asked for and another decides."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from access.actor import Actor
from access.lookups import one
from access.permissions import Action, Permission, Reach, reach_of
from access.rules import require
from models.approval import Approval
from models.base import now
from models.organization import Organization, User
from vocabulary.approvals import ApprovalReason, ApprovalStatus
from vocabulary.lifecycles import OrganizationStatus
from vocabulary.roles import ADMINISTRATION, CHAIN_AND_JOINT_OFFICES, OrganizationKind, Role

_KINDS = {"office_role": CHAIN_AND_JOINT_OFFICES, "administration_role": ADMINISTRATION}


@dataclass(frozen=True)
class Grant:
    """One request. `may_decide`: the reader is a second person for it; `is_own`: the reader asked."""

    public_id: str
    why: ApprovalReason
    organization: str
    invitee: str
    role: Role
    ends_on: date | None
    note: str
    status: ApprovalStatus
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    decided_by: str
    decided_at: datetime | None
    is_own: bool
    may_decide: bool


def is_granted(kind: OrganizationKind | None) -> bool:
    """Whether a role in such an organization is granted by two."""
    return any(kind in kinds for kinds in _KINDS.values())


def within(actor: Actor, action: Action) -> ColumnElement[bool]:
    """SQL over Organization: where the actor may ask for roles (WRITE) or be the second person (DECIDE)."""
    conditions = [
        and_(col(Organization.kind).in_(kinds), _reached(actor, reach_of(actor.role, resource, action)))
        for resource, kinds in _KINDS.items()
    ]
    return or_(*conditions)


def _reached(actor: Actor, reach: Collection[Reach]) -> ColumnElement[bool]:
    if Reach.ALL in reach:
        return col(Organization.status) != OrganizationStatus.MERGED
    return col(Organization.id) == actor.organization_id if Reach.OWN in reach else false()


def organizations(session: Session, actor: Actor) -> list[Organization]:
    """Where the actor may ask for a role, by kind and name."""
    require(actor, Permission.GRANT_ROLES)
    statement = select(Organization).where(
        within(actor, Action.WRITE), Organization.status == OrganizationStatus.VERIFIED
    )
    return list(session.exec(statement.order_by(col(Organization.kind), col(Organization.id))).all())


def organization(session: Session, actor: Actor, public_id: str) -> Organization:
    """One of these, or NotVisible."""
    require(actor, Permission.GRANT_ROLES)
    row: Organization = one(
        session, select(Organization).where(within(actor, Action.WRITE), Organization.public_id == public_id)
    )
    return row


def request(session: Session, actor: Actor, public_id: str) -> tuple[Approval, Organization]:
    """A request that the actor asked for or may decide, and where; else NotVisible."""
    require(actor, Permission.GRANT_ROLES)
    row: tuple[Approval, Organization] = one(
        session,
        select(Approval, Organization)
        .join(Organization, col(Organization.id) == Approval.organization_id)
        .where(Approval.public_id == public_id, _visible(actor)),
    )
    return row


def may_decide(session: Session, actor: Actor, row: Approval) -> bool:
    """Whether the actor is a second person for a request: not who asked, not who gets the role, and with the reach."""
    found = select(Organization.id).where(within(actor, Action.DECIDE), Organization.id == row.organization_id)
    return row.requested_by_id != actor.user_id and session.exec(found).first() is not None


def to_decide(actor: Actor) -> Any:
    """SQL: ids of requests that wait for the actor as the second person."""
    own_email = select(User.email).where(User.id == actor.user_id).scalar_subquery()
    return (
        select(col(Approval.id))
        .join(Organization, col(Organization.id) == Approval.organization_id)
        .where(
            within(actor, Action.DECIDE),
            Approval.status == ApprovalStatus.REQUESTED,
            col(Approval.expires_at) > now(),
            col(Approval.requested_by_id) != actor.user_id,
            col(Approval.invitee) != own_email,
        )
    )


def _visible(actor: Actor) -> ColumnElement[bool]:
    return or_(
        within(actor, Action.DECIDE), within(actor, Action.WRITE), col(Approval.requested_by_id) == actor.user_id
    )


def grants(session: Session, actor: Actor) -> list[Grant]:
    """The requests the actor may see: waiting ones first, then the newest; at most 60."""
    require(actor, Permission.GRANT_ROLES)
    asker, decider = aliased(User), aliased(User)
    is_waiting = col(Approval.status) == ApprovalStatus.REQUESTED
    statement: Any = (
        select(Approval, Organization.legal_name, asker.full_name, decider.full_name)
        .join(Organization, col(Organization.id) == Approval.organization_id)
        .join(asker, col(asker.id) == Approval.requested_by_id)
        .outerjoin(decider, col(decider.id) == Approval.decided_by_id)
        .where(_visible(actor))
        .order_by(is_waiting.desc(), col(Approval.id).desc())
        .limit(60)
    )
    decidable = set(session.exec(to_decide(actor)).all())
    found = []
    for row, organization_name, asked_by, decided_by in session.exec(statement).all():
        is_open = row.status is ApprovalStatus.REQUESTED and row.expires_at > now()
        is_own = row.requested_by_id == actor.user_id
        found.append(
            Grant(
                public_id=row.public_id,
                why=row.why,
                organization=organization_name,
                invitee=row.invitee,
                role=row.role,
                ends_on=row.ends_on,
                note=row.note,
                status=row.status,
                requested_by=asked_by,
                requested_at=row.created_at,
                expires_at=row.expires_at,
                decided_by=decided_by or "",
                decided_at=row.decided_at,
                is_own=is_open and is_own,
                may_decide=row.id in decidable,
            )
        )
    return found
