"""Keys of other systems: whom a key acts for at this moment, and the keys of the own organization."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from access import lookups
from access.actor import Actor
from access.people import actor_of, works_at
from access.permissions import Permission
from access.rules import require
from access.scopes import own
from models.api_key import ApiKey, ApiUse
from models.organization import Membership, User
from vocabulary.integrations import SCOPES_OF_KIND, ApiKeyStatus, ApiScope
from vocabulary.lifecycles import UserStatus

PERMISSIONS_OF_SCOPE: dict[ApiScope, frozenset[Permission]] = {
    ApiScope.POSTINGS_READ: frozenset(),
    ApiScope.POSTINGS_WRITE: frozenset(
        {
            Permission.POST_FINANCING_NEEDS,
            Permission.POST_LOAN_PRODUCTS,
            Permission.POST_PURCHASE_NEEDS,
            Permission.POST_PRODUCT_LINES,
        }
    ),
    ApiScope.RECOMMENDATIONS_READ: frozenset({Permission.SEE_OWN_RECOMMENDATIONS, Permission.REVIEW_RECOMMENDED_FIRMS}),
    ApiScope.CASES_READ: frozenset({Permission.FOLLOW_OWN_CASES}),
    ApiScope.CASES_WRITE: frozenset({Permission.RECORD_CASE_STEPS}),
    ApiScope.DOSSIERS_READ: frozenset({Permission.READ_RELEASED_DOSSIER}),
    ApiScope.PAIRINGS_READ: frozenset({Permission.DECIDE_PAIRINGS}),  # lists ask for it; no route of the API decides
}


@dataclass(frozen=True)
class KeyHolder:
    """A key that opens now, and the actor it gives."""

    key_id: int
    scopes: frozenset[ApiScope]
    actor: Actor


@dataclass(frozen=True)
class KeyLine:
    """One key as its organization reads it. `has_left`: who answers for it is gone, so it opens nothing."""

    public_id: str
    name: str
    purpose: str
    scopes: tuple[ApiScope, ...]
    status: ApiKeyStatus
    status_changed_at: datetime
    made_by: str
    created_at: datetime
    expires_on: date
    last_used_at: datetime | None
    has_left: bool


def digest(secret: str) -> str:
    """What the database keeps of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def holder(session: Session, secret: str, *, on: date) -> KeyHolder | None:
    """Whom a secret acts for, by the present rows: its maker's rights, cut down to its scopes. None: nobody."""
    found = session.execute(
        select_columns(ApiKey, User)
        .join(User, col(User.id) == col(ApiKey.made_by_id))
        .where(
            col(ApiKey.digest) == digest(secret),
            col(ApiKey.status) == ApiKeyStatus.ACTIVE,
            col(ApiKey.expires_on) >= on,
            col(User.status) == UserStatus.ACTIVE,
        )
    ).first()
    if found is None:
        return None
    key, user = found
    actor = actor_of(session, user)
    if actor.organization_id != key.organization_id or actor.organization_kind is None:
        return None
    scopes = frozenset(ApiScope(scope) for scope in key.scopes) & set(SCOPES_OF_KIND.get(actor.organization_kind, ()))
    permissions = frozenset[Permission]().union(*(PERMISSIONS_OF_SCOPE[scope] for scope in scopes))
    return KeyHolder(key.id, scopes, replace(actor, name=f"{key.name} (lr_{key.public_id})", limited_to=permissions))


def own_keys(session: Session, actor: Actor, *, on: date) -> list[KeyLine]:
    """Keys of the actor's organization, those that open first, then the newest."""
    require(actor, Permission.MANAGE_INTEGRATIONS)
    is_there = works_at(col(ApiKey.made_by_id), col(Membership.organization_id) == col(ApiKey.organization_id), on)
    last_minute = select_columns(func.max(ApiUse.minute)).where(col(ApiUse.key_id) == col(ApiKey.id)).scalar_subquery()
    rows = session.execute(
        select_columns(ApiKey, col(User.full_name), is_there, last_minute)
        .join(User, col(User.id) == col(ApiKey.made_by_id))
        .where(own(actor, ApiKey.organization_id))
        .order_by((col(ApiKey.status) == ApiKeyStatus.ACTIVE).desc(), col(ApiKey.id).desc())
    ).all()
    return [
        KeyLine(
            key.public_id, key.name, key.purpose, tuple(ApiScope(scope) for scope in key.scopes), key.status,
            key.status_changed_at, maker, key.created_at, key.expires_on, _time(minute),
            has_left=not is_there,
        )
        for key, maker, is_there, minute in rows
    ]  # fmt: skip


def _time(minute: int | None) -> datetime | None:
    return None if minute is None else datetime.fromtimestamp(minute * 60, UTC)


def own_key(session: Session, actor: Actor, public_id: str) -> ApiKey:
    """One key of the actor's organization. Raises NotVisible."""
    require(actor, Permission.MANAGE_INTEGRATIONS)
    statement = select(ApiKey).where(own(actor, ApiKey.organization_id), ApiKey.public_id == public_id)
    key: ApiKey = lookups.one(session, statement)
    return key
