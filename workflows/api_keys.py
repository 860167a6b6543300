"""Keys of other systems: made, revoked, run out, and counted."""

import secrets
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine, delete, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from access.actor import Actor
from access.api_keys import digest
from access.permissions import Permission
from access.rules import is_own, require, require_rule
from models.api_key import ApiKey, ApiUse
from models.base import new_public_id, now
from models.organization import Organization
from models.session import unit_of_work
from vocabulary.audit_actions import AuditAction
from vocabulary.integrations import API_KEY, KEY_DAYS, KEYS_AT_ONCE, SCOPES_OF_KIND, ApiKeyStatus, ApiScope
from workflows.audit import record
from workflows.errors import AlreadyExists, NotComplete
from workflows.transitions import advance
from workflows.turns import take_turn

PREFIX = "lr_"
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def make(
    session: Session,
    actor: Actor,
    *,
    name: str,
    purpose: str,
    scopes: list[ApiScope],
    expires_on: date,
    today: date,
) -> tuple[ApiKey, str]:
    """Make a key and give its secret, which is kept nowhere. Rows written: the key and its event.

    Raises NotComplete for missing or unfitting values, AlreadyExists for the name of another active key.
    """
    require(actor, Permission.MANAGE_INTEGRATIONS)
    assert actor.organization_id is not None
    assert actor.organization_kind is not None
    take_turn(session, Organization, actor.organization_id)  # the last one is not made twice
    problems = {}
    if not name.strip():
        problems["name"] = "required"
    if not scopes or set(scopes) - set(SCOPES_OF_KIND.get(actor.organization_kind, ())):
        problems["scopes"] = "required"
    if not today <= expires_on <= today + timedelta(days=KEY_DAYS):
        problems["expires_on"] = "out_of_range"
    if _n_active(session, actor.organization_id) >= KEYS_AT_ONCE:
        problems["name"] = "too_many"
    if problems:
        raise NotComplete(problems)
    public_id = new_public_id()
    secret = f"{PREFIX}{public_id}_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        public_id=public_id, organization_id=actor.organization_id, made_by_id=actor.user_id or 0, name=name.strip(),
        purpose=purpose.strip(), scopes=sorted(scopes), digest=digest(secret), expires_on=expires_on,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(key)
    except IntegrityError as error:
        raise AlreadyExists("name", name) from error
    record(
        session, actor, AuditAction.API_KEY_MADE, subject_kind="api_key", subject_id=key.id or 0,
        chain_id=actor.chain_id,
        new={"key": PREFIX + public_id, "scopes": key.scopes, "expires_on": expires_on.isoformat()},
        visible_to_organization_id=actor.organization_id,
    )  # fmt: skip
    return key, secret


def revoke(session: Session, actor: Actor, key: ApiKey) -> None:
    """active -> revoked: it opens nothing from the next request on. Raises StepNotAllowed."""
    require(actor, Permission.MANAGE_INTEGRATIONS)
    require_rule(actor, is_own, key, "revoke_api_key")
    advance(
        session, actor, API_KEY, key, ApiKeyStatus.REVOKED, chain_id=actor.chain_id,
        visible_to_organization_id=actor.organization_id, revoked_by_id=actor.user_id,
    )  # fmt: skip


def _n_active(session: Session, organization_id: int) -> int:
    return session.exec(
        select(func.count()).where(ApiKey.organization_id == organization_id, col(ApiKey.status) == ApiKeyStatus.ACTIVE)
    ).one()


def count_request(engine: Engine, key_id: int) -> tuple[int, int]:
    """Count one request, in a transaction of its own: how many this minute, this one included, and seconds it has left.

    One statement adds, so that processes cannot pass the limit together.
    """
    minute, second = divmod(int(now().timestamp()), 60)
    with unit_of_work(engine) as session:
        connection = session.connection()
        statement = _INSERT[connection.dialect.name](ApiUse).values(key_id=key_id, minute=minute, n_requests=1)
        statement = statement.on_conflict_do_update(
            index_elements=["key_id", "minute"], set_={"n_requests": ApiUse.n_requests + 1}
        ).returning(ApiUse.n_requests)
        n_requests: int = connection.execute(statement).scalar_one()
    return n_requests, 60 - second


def forget_old_uses(session: Session) -> None:
    """Remove counts that no limit looks at any more; the last of each key stays and says when it was used."""
    before, later = int(now().timestamp()) // 60 - 60, aliased(ApiUse)
    has_later = select(later.key_id).where(later.key_id == ApiUse.key_id, later.minute > ApiUse.minute).exists()
    session.connection().execute(delete(ApiUse).where(col(ApiUse.minute) < before, has_later))
