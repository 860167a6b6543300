"""Writing the audit ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlmodel import Session

from access.actor import Actor
from models.audit_event import AuditEvent
from models.base import now
from vocabulary.audit_actions import require_known

_DATED = "audit_events_dated"


def record(
    session: Session,
    actor: Actor,
    action: str,
    *,
    subject_kind: str,
    subject_id: int,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
    reason: str = "",
    chain_id: int | None = None,
    visible_to_organization_id: int | None = None,
) -> AuditEvent:
    """Add one event to the actor's transaction. Values are statuses and field names, never confidential figures.

    `action` is one of `vocabulary.audit_actions.ACTIONS`; raises UnknownAction for another.
    """
    require_known(action)
    event = AuditEvent(
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        actor_user_id=actor.user_id,
        actor_organization_id=actor.organization_id,
        actor_name=actor.name,
        chain_id=chain_id,
        visible_to_organization_id=visible_to_organization_id,
        old=old,
        new=new,
        reason=reason[:500],
        occurred_at=session.info.get(_DATED) or now(),
    )
    session.add(event)
    return event


@contextmanager
def dated(session: Session, at: datetime) -> Iterator[None]:
    """What is recorded meanwhile happened at `at`: for histories entered later. When it was entered stays visible in
    `created_at`, and the order of the ledger is that of entering."""
    before = session.info.get(_DATED)
    session.info[_DATED] = at
    try:
        yield
    finally:
        session.info[_DATED] = before
