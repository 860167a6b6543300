"""Stating why one reads what is confidential of a firm."""

from sqlmodel import Session

from access.actor import Actor
from access.permissions import Permission
from access.rules import NotAllowed, require
from access.scopes import is_joint_office
from models.organization import Organization
from vocabulary.audit_actions import AuditAction
from workflows.audit import record
from workflows.errors import NotComplete

SHORTEST = 4
"""Characters of a reason; whether it is a good one, the firm and the auditors read."""


def state_reason(session: Session, actor: Actor, firm: Organization, reason: str) -> None:
    """The reason holds for a day. Rows written: an `audit_event`, which is the reason. Raises NotComplete for none."""
    require(actor, Permission.VERIFY_PROFILES)
    if not is_joint_office(actor):
        raise NotAllowed("stated_reason")
    reason = reason.strip()
    if len(reason) < SHORTEST:
        raise NotComplete({"reason": "required"})
    assert firm.id is not None
    record(
        session, actor, AuditAction.PROFILE_REASON_STATED, subject_kind="organization", subject_id=firm.id,
        chain_id=firm.chain_id, visible_to_organization_id=firm.id, reason=reason,
    )  # fmt: skip
