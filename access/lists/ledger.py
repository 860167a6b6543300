"""The ledger as its readers see it: an office its own chain, the joint office and auditors everything."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, or_, select

from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from access.scopes import in_chain
from models.audit_event import AuditEvent
from vocabulary.roles import OrganizationKind


def _scope(actor: Actor) -> Any:
    if actor.organization_kind is OrganizationKind.AUDIT_OFFICE:
        return select(AuditEvent)
    return select(AuditEvent).where(in_chain(actor, AuditEvent.chain_id))


def events(
    session: Session,
    actor: Actor,
    *,
    q: str = "",
    noun: str = "",
    since: datetime | None = None,
    page: int = 1,
    size: int = 50,
) -> tuple[list[AuditEvent], int]:
    """Newest first: one page of events and how many there are. `q` is part of a person's name or of an action."""
    require(actor, Permission.READ_LEDGER)
    statement = _scope(actor)
    if q:
        statement = statement.where(
            or_(
                col(AuditEvent.actor_name).contains(q, autoescape=True),
                col(AuditEvent.action).contains(q.lower(), autoescape=True),
            )
        )
    if noun:
        statement = statement.where(AuditEvent.subject_kind == noun)
    if since is not None:
        statement = statement.where(AuditEvent.occurred_at >= since)
    total = session.exec(select(func.count()).select_from(statement.subquery())).one()
    rows = session.exec(statement.order_by(col(AuditEvent.id).desc()).offset((page - 1) * size).limit(size)).all()
    return list(rows), total
