"""Reading what is confidential of a firm only with a stated reason: who must state one, and whether it was stated.

The reason is a row of the ledger, which nobody can change and the firm reads. It holds for one person and one firm's
profile and documents, for a day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from access.actor import Actor
from access.permissions import Action, Reach, reach_of
from access.rules import NotAllowed
from models.audit_event import AuditEvent
from models.base import now
from vocabulary.audit_actions import AuditAction

VALID = timedelta(hours=24)


@dataclass(frozen=True)
class StatedReason:
    """Why somebody reads a firm's confidential part, and until when that holds."""

    text: str
    stated_at: datetime
    valid_until: datetime


def must_state_reason(actor: Actor) -> bool:
    """Whether the matrix lets the actor's role read profiles in confidence only with a reason."""
    return Reach.REASON in reach_of(actor.role, "profile_confidential", Action.READ)


def stated_reason(session: Session, actor: Actor, firm_id: int) -> StatedReason | None:
    """The actor's newest reason for this firm that still holds."""
    row = session.exec(
        select(AuditEvent)
        .where(
            AuditEvent.action == AuditAction.PROFILE_REASON_STATED,
            AuditEvent.actor_user_id == actor.user_id,
            AuditEvent.visible_to_organization_id == firm_id,
            col(AuditEvent.occurred_at) > now() - VALID,
        )
        .order_by(col(AuditEvent.id).desc())
    ).first()
    return StatedReason(row.reason, row.occurred_at, row.occurred_at + VALID) if row else None


def firms_with_reason(session: Session, actor: Actor) -> set[int]:
    """Firms for which the actor's reason still holds."""
    rows = session.exec(
        select(AuditEvent.visible_to_organization_id).where(
            AuditEvent.action == AuditAction.PROFILE_REASON_STATED,
            AuditEvent.actor_user_id == actor.user_id,
            col(AuditEvent.occurred_at) > now() - VALID,
        )
    ).all()
    return {firm_id for firm_id in rows if firm_id is not None}


def may_read_confidential(session: Session, actor: Actor, firm_id: int) -> bool:
    """Whether nothing is missing for the actor to read what is confidential of a firm that is in his reach."""
    return not must_state_reason(actor) or stated_reason(session, actor, firm_id) is not None


def require_reason(session: Session, actor: Actor, firm_id: int) -> None:
    """Raise NotAllowed for whoever must state a reason first and did not: who has not read does not decide."""
    if not may_read_confidential(session, actor, firm_id):
        raise NotAllowed("stated_reason")
