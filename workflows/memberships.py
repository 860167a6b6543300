"""Memberships as the administration ends them: of a person who cannot be left in, or whom nobody else can take out."""

from sqlmodel import Session

from access.actor import Actor
from access.lists.accounts import Member
from access.lists.grants import is_granted
from access.permissions import Permission
from access.rules import NotAllowed, require
from models.organization import Organization, User
from workflows import colleagues, grants
from workflows.errors import NotComplete


def end(session: Session, actor: Actor, member: Member, *, reason: str) -> bool:
    """End somebody's membership, or, in offices and the administration, ask a second person to; True if it ended.

    Raises NotAllowed for oneself, NotComplete without a reason, LastManager, AlreadyExists for a request that waits.
    """
    require(actor, Permission.MANAGE_ACCOUNTS)
    if member.user_id == actor.user_id:
        raise NotAllowed("own_account")
    if not reason.strip():
        raise NotComplete({"reason": "required"})
    leaving = colleagues.find_leaving(session, member.organization_id, User.id == member.user_id)
    if leaving is None:
        return True  # gone meanwhile
    if is_granted(member.kind):
        organization = session.get_one(Organization, member.organization_id)
        grants.ask_for_end(session, actor, organization, leaving, note=reason.strip())
        return False
    colleagues.end_from_outside(session, actor, leaving, reason=reason.strip())
    return True
