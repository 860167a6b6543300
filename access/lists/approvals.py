"""What waits for a second official."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from access.scopes import in_chain
from models.approval import Approval
from models.base import now
from models.organization import User
from models.pairing import Pairing
from vocabulary.approvals import ApprovalReason, ApprovalStatus


@dataclass(frozen=True)
class WaitingApproval:
    """One confirmation that waits for a second official; `is_own` if the reader gave the first."""

    pairing_public_id: str
    why: ApprovalReason
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    note: str
    is_own: bool


def waiting(session: Session, actor: Actor) -> list[WaitingApproval]:
    """The actor's chains' open requests, oldest first, at most 50."""
    require(actor, Permission.DECIDE_PAIRINGS)
    statement = _open().where(in_chain(actor, Approval.chain_id)).order_by(col(Approval.id)).limit(50)
    return [_line(actor, *row) for row in session.exec(statement).all()]


def of_pairing(session: Session, actor: Actor, pairing: Pairing) -> WaitingApproval | None:
    """What waits about one pairing that the actor may see."""
    row = session.exec(_open().where(Approval.pairing_id == pairing.id, in_chain(actor, Approval.chain_id))).first()
    return _line(actor, *row) if row else None


def _open() -> Any:
    return (
        select(Approval, Pairing.public_id, User.full_name)
        .join(Pairing, col(Pairing.id) == Approval.pairing_id)
        .join(User, col(User.id) == Approval.requested_by_id)
        .where(Approval.status == ApprovalStatus.REQUESTED, Approval.expires_at > now())
    )


def _line(actor: Actor, row: Approval, public_id: str, name: str) -> WaitingApproval:
    return WaitingApproval(
        public_id, row.why, name, row.created_at, row.expires_at, row.note, row.requested_by_id == actor.user_id
    )
