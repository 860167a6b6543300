"""Who is still there: a membership that has not ended, of an account that is not disabled."""

from datetime import date
from typing import Any

from sqlalchemy import exists
from sqlmodel import col, or_

from models.organization import Membership, User
from vocabulary.lifecycles import UserStatus


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
