"""Writing the audit ledger."""

from typing import Any

from sqlmodel import Session

from access.actor import Actor
from models.audit_event import AuditEvent


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
    """Add one event to the actor's transaction. Values are statuses and field names, never confidential figures."""
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
    )
    session.add(event)
    return event
