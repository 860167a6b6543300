"""The people of an organization: invited by e-mail, joining, leaving."""

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, or_, select

from access.actor import Actor
from access.lists.grants import is_granted
from access.lookups import NotVisible
from access.permissions import PERMISSIONS_OF_ROLE, Permission
from access.rules import NotAllowed, require
from models.approval import Approval
from models.base import now
from models.organization import Invitation, Membership, Organization, User
from vocabulary.lifecycles import INVITATION, InvitationStatus, OrganizationStatus, UserStatus
from vocabulary.roles import ROLES_OF_KIND, OrganizationKind, Role
from workflows.accounts import LinkNotValid, LinkOf, digest, end_sessions, normalize_email
from workflows.audit import record
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete
from workflows.notifications import queue_mail, queue_to_members
from workflows.passwords import hash_password
from workflows.transitions import advance
from workflows.turns import take_turn

_LIFE = timedelta(days=7)
_KEEPS_PEOPLE = {Permission.MANAGE_COLLEAGUES, Permission.MANAGE_ACCOUNTS}
"""Of those who have one of these, an organization keeps one."""


class LastManager(Exception):
    """Nobody would be left who can look after the organization's people."""


@dataclass(frozen=True)
class Invited:
    """What an invitation link leads to."""

    invitation: Invitation
    organization: Organization
    user: User | None
    """The account that already has the invited address."""


def invite(
    session: Session,
    actor: Actor,
    *,
    email: str,
    role: Role,
    branch: str,
    ends_on: date | None,
    language: str,
    link_of: LinkOf,
) -> Invitation:
    """Invite somebody into the actor's firm, bank or buyer for seven days; an earlier open invitation is cancelled.
    Roles in offices are granted by two: `grants.ask`.

    Mails queued: `invitation`. Raises AlreadyExists with field `email` for a present colleague and NotComplete for a
    role the organization does not have or an end in the past.
    """
    require(actor, Permission.MANAGE_COLLEAGUES)
    if is_granted(actor.organization_kind):
        raise NotAllowed("second_person")
    email = normalize_email(email)
    if actor.organization_kind is None or role not in ROLES_OF_KIND[actor.organization_kind]:
        raise NotComplete({"role": "not_of_kind"})
    if ends_on is not None and ends_on < today():
        raise NotComplete({"ends_on": "past"})
    take_turn(session, Organization, actor.organization_id)  # of two invitations at once the second ends the first
    if is_member(session, actor.organization_id, email):
        raise AlreadyExists("email", email)
    for earlier in session.exec(
        select(Invitation).where(
            Invitation.organization_id == actor.organization_id,
            Invitation.status == InvitationStatus.SENT,
            Invitation.email == email,
        )
    ).all():
        advance(session, actor, INVITATION, earlier, InvitationStatus.CANCELLED)
    invitation = Invitation(
        organization_id=actor.organization_id or 0,
        email=email,
        role=role,
        branch=branch if actor.organization_kind is OrganizationKind.BANK else "",
        ends_on=ends_on,
        token_digest="",
        invited_by_id=actor.user_id or 0,
        expires_at=now() + _LIFE,
    )
    send(session, actor, invitation, to=actor.organization_name, language=language, link_of=link_of)
    return invitation


def send(session: Session, actor: Actor, invitation: Invitation, *, to: str, language: str, link_of: LinkOf) -> None:
    """Give a new invitation into the organization named `to` its secret, and mail it. Mails queued: `invitation`."""
    token = secrets.token_urlsafe(32)
    invitation.token_digest = digest(token)
    session.add(invitation)
    values = {"organization": to, "inviter": actor.name, "link": link_of(token)}
    queue_mail(session, recipient=invitation.email, language=language, template="invitation", values=values)
    session.flush()
    assert invitation.id is not None
    record(session, actor, "invitation_sent", subject_kind=INVITATION.noun, subject_id=invitation.id)


def send_granted(
    session: Session, actor: Actor, organization: Organization, row: Approval, *, language: str, link_of: LinkOf
) -> None:
    """Invite whoever was granted a role by two people. Mails queued: `invitation`. Raises AlreadyExists."""
    if is_member(session, organization.id, row.invitee):
        raise AlreadyExists("email", row.invitee)
    assert organization.id is not None
    assert row.role is not None
    invitation = Invitation(
        organization_id=organization.id,
        email=row.invitee,
        role=row.role,
        ends_on=row.ends_on,
        token_digest="",
        invited_by_id=row.requested_by_id,
        expires_at=now() + _LIFE,
    )
    send(session, actor, invitation, to=organization.legal_name, language=language, link_of=link_of)


def cancel_invitation(session: Session, actor: Actor, public_id: str) -> None:
    """sent -> cancelled: the link is dead. Raises NotVisible."""
    require(actor, Permission.MANAGE_COLLEAGUES)
    invitation = session.exec(
        select(Invitation).where(Invitation.public_id == public_id, Invitation.organization_id == actor.organization_id)
    ).first()
    if invitation is None:
        raise NotVisible
    advance(session, actor, INVITATION, invitation, InvitationStatus.CANCELLED)


def invited(session: Session, token: str) -> Invited:
    """What an open invitation's token stands for. Raises LinkNotValid."""
    found = session.exec(
        select(Invitation, Organization)
        .join(Organization, col(Organization.id) == Invitation.organization_id)
        .where(
            Invitation.token_digest == digest(token),
            Invitation.status == InvitationStatus.SENT,
            Invitation.expires_at > now(),
            Organization.status != OrganizationStatus.MERGED,
        )
    ).first()
    if found is None:
        raise LinkNotValid
    invitation, organization = found
    return Invited(invitation, organization, session.exec(select(User).where(User.email == invitation.email)).first())


def join_as_new(session: Session, *, token: str, full_name: str, password: str, language: str) -> User:
    """A new account for the invited address, joined at once. Raises LinkNotValid, also if the address has one."""
    found = invited(session, token)
    if found.user is not None:
        raise LinkNotValid
    user = User(
        email=found.invitation.email, password_hash=hash_password(password), full_name=full_name, language=language
    )
    try:
        with session.begin_nested():
            session.add(user)
            session.flush()
    except IntegrityError:  # the same link at the same moment
        raise LinkNotValid from None
    _join(session, found, user)
    return user


def join(session: Session, actor: Actor, *, token: str) -> None:
    """The invited person, signed in, joins.

    Raises LinkNotValid, NotAllowed for anybody else, and AlreadyExists with field `membership` for somebody who is
    still a member elsewhere.
    """
    found = invited(session, token)
    if found.user is None or found.user.id != actor.user_id or found.user.status is not UserStatus.ACTIVE:
        raise NotAllowed("invitation")
    take_turn(session, User, actor.user_id)
    if actor.organization_id is not None or _is_member_anywhere(session, actor.user_id):
        raise AlreadyExists("membership")
    _join(session, found, found.user)


def _join(session: Session, found: Invited, user: User) -> None:
    """sent -> accepted. A membership that had ended begins anew: there is one row for a person and organization."""
    invitation = found.invitation
    assert user.id is not None
    actor = Actor(user.id, user.full_name, found.organization.id, found.organization.kind, "", False, invitation.role)
    advance(
        session, actor, INVITATION, invitation, InvitationStatus.ACCEPTED, accepted_by_id=user.id, accepted_at=now()
    )
    membership = session.exec(
        select(Membership).where(
            Membership.user_id == user.id, Membership.organization_id == invitation.organization_id
        )
    ).first() or Membership(user_id=user.id, organization_id=invitation.organization_id, role=invitation.role)
    membership.role, membership.branch = invitation.role, invitation.branch
    membership.ends_on, membership.ended_at = invitation.ends_on, None
    session.add(membership)
    session.flush()


def end_membership(session: Session, actor: Actor, user_public_id: str) -> None:
    """End a colleague's membership now; rights are gone with the next request. Raises NotVisible, LastManager."""
    require(actor, Permission.MANAGE_COLLEAGUES)
    leaving = find_leaving(session, actor.organization_id, User.public_id == user_public_id)
    if leaving is None:
        raise NotVisible
    _end(session, actor, leaving, reason="")


def find_leaving(session: Session, organization_id: int | None, who: Any) -> Membership | None:
    """The present membership of somebody who can be spared; `who` is SQL over User. Raises LastManager.

    The organization is locked until the transaction ends: of two who end each other one stays.
    """
    take_turn(session, Organization, organization_id)
    people = select(Membership, User).join(User, col(User.id) == Membership.user_id).where(*_present(organization_id))
    leaving = session.exec(people.where(who)).first()
    if leaving is None:
        return None
    managers = [
        row
        for row, user in session.exec(people).all()
        if user.status is UserStatus.ACTIVE and not _KEEPS_PEOPLE.isdisjoint(PERMISSIONS_OF_ROLE[row.role])
    ]
    if managers == [leaving[0]]:
        raise LastManager
    return leaving[0]


def end_from_outside(session: Session, actor: Actor, leaving: Membership, *, reason: str) -> None:
    """End a membership for the administration: sessions end, the person and the organization's other people are told.

    `leaving` comes from `find_leaving`; who may do this is the caller's to know.
    """
    user, organization = (
        session.get_one(User, leaving.user_id), session.get_one(Organization, leaving.organization_id)
    )  # fmt: skip
    _end(session, actor, leaving, reason=reason)
    end_sessions(session, leaving.user_id)
    values = {"organization": organization.legal_name, "name": ""}
    template = "membership_ended"
    queue_mail(session, recipient=user.email, language=user.language, template=template, values=values)
    queue_to_members(
        session, [leaving.organization_id], template=template, values=values | {"name": user.full_name},
        except_user_id=actor.user_id,
    )  # fmt: skip


def _end(session: Session, actor: Actor, leaving: Membership, *, reason: str) -> None:
    leaving.ended_at = now()
    session.add(leaving)
    session.flush()
    assert leaving.id is not None
    record(session, actor, "membership_ended", subject_kind="membership", subject_id=leaving.id, reason=reason)


def _present(organization_id: int | None) -> tuple[Any, ...]:
    return (
        Membership.organization_id == organization_id,
        col(Membership.ended_at).is_(None),
        or_(col(Membership.ends_on).is_(None), col(Membership.ends_on) >= today()),
    )


def _is_member_anywhere(session: Session, user_id: int | None) -> bool:
    """Asked anew: two invitations may be accepted at the same moment."""
    statement = (
        select(Membership.id)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(
            Membership.user_id == user_id,
            col(Membership.ended_at).is_(None),
            or_(col(Membership.ends_on).is_(None), col(Membership.ends_on) >= today()),
            Organization.status != OrganizationStatus.MERGED,
        )
    )
    return session.exec(statement).first() is not None


def is_member(session: Session, organization_id: int | None, email: str) -> bool:
    """Whether the account of this address is a present member."""
    statement = select(Membership.id).join(User, col(User.id) == Membership.user_id)
    return session.exec(statement.where(*_present(organization_id), User.email == email)).first() is not None
