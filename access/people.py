"""Who is still there: a membership that has not ended, of an account that is not disabled."""

from datetime import date
from typing import Any

from sqlalchemy import exists
from sqlmodel import Session, col, or_, select

from access.actor import Actor
from models.base import now
from models.organization import Membership, Organization, User
from vocabulary.lifecycles import OrganizationStatus, UserStatus


def actor_of(session: Session, user: User) -> Actor:
    """Whom a signed-in person acts for, by the present rows; nobody once the membership has ended."""
    found = session.exec(
        select(Membership, Organization)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(
            Membership.user_id == user.id,
            col(Membership.ended_at).is_(None),
            or_(col(Membership.ends_on).is_(None), col(Membership.ends_on) >= now().date()),
            Organization.status != OrganizationStatus.MERGED,
        )
        .order_by(col(Membership.id))
    ).first()
    if found is None:
        return Actor(user.id, user.full_name, None, None, "", False, None)
    membership, organization = found
    return Actor(
        user_id=user.id,
        name=user.full_name,
        organization_id=organization.id,
        organization_kind=organization.kind,
        organization_name=organization.legal_name,
        is_verified=organization.status is OrganizationStatus.VERIFIED,
        role=membership.role,
        chain_id=organization.chain_id,
        branch=membership.branch,
    )


def is_present(on: date) -> tuple[Any, ...]:
    """SQL over Membership and User, joined: the person may act for the organization on a day."""
    return (
        col(Membership.user_id) == col(User.id),
        col(Membership.ended_at).is_(None),
        or_(col(Membership.ends_on).is_(None), col(Membership.ends_on) >= on),
        col(User.status) == UserStatus.ACTIVE,
    )


def works_at(user_column: Any, organization: Any, on: date) -> Any:
    """SQL: the person of a column is present at an organization (a condition on `Membership.organization_id`)."""
    return exists().where(*is_present(on), col(Membership.user_id) == user_column, organization)
