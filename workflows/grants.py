"""Roles in offices and in the administration: one person asks, a second and different one decides.

Nobody asks for himself, decides what he asked for, or decides about himself. What is approved becomes an invitation,
or, where an administrator asked that somebody goes, the end of a membership.
"""

from datetime import date

from sqlmodel import Session, col, select

from access.actor import SYSTEM, Actor
from access.lists import grants as lists
from access.permissions import Action, Permission
from access.rules import NotAllowed, require
from models.approval import Approval
from models.base import now
from models.organization import Membership, Organization, User
from vocabulary.approvals import ApprovalReason, ApprovalStatus
from vocabulary.lifecycles import APPROVAL, UserStatus
from vocabulary.roles import ROLES_OF_KIND, Role
from workflows import approvals, colleagues
from workflows.accounts import LinkOf, normalize_email, own_user
from workflows.audit import record
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete, StepNotAllowed
from workflows.notifications import is_present, queue_mail
from workflows.transitions import advance


def ask(
    session: Session, actor: Actor, organization: Organization, *, email: str, ends_on: date | None, note: str = ""
) -> Approval:
    """Ask for somebody's role in an office or the administration, for whoever may decide about it.

    Rows written: an `approval`, requested; told: everybody who may be the second person. Raises NotAllowed for the own
    address and out of reach, AlreadyExists with field `email` for a member or a request that waits, NotComplete.
    """
    require(actor, Permission.GRANT_ROLES)
    email = normalize_email(email)
    if email == own_user(session, actor).email:
        raise NotAllowed("own_role")
    if not _may_ask(session, actor, organization):
        raise NotAllowed("grant_roles")
    if not email or (ends_on is not None and ends_on < today()):
        raise NotComplete({"email" if not email else "ends_on": "past"})
    if colleagues.is_member(session, organization.id, email) or _waits(session, organization, email):
        raise AlreadyExists("email", email)
    return _request(
        session, actor, organization, ApprovalReason.ROLE_GRANT, email, ROLES_OF_KIND[organization.kind][0],
        ends_on=ends_on, note=note,
    )  # fmt: skip


def ask_for_end(session: Session, actor: Actor, organization: Organization, member: Membership, *, note: str) -> None:
    """An administrator asks that somebody's role in an office or the administration ends; a second person decides.

    Rows written and people told as by `ask`. Raises AlreadyExists with field `email` for a request that waits.
    """
    require(actor, Permission.MANAGE_ACCOUNTS)
    user = session.get_one(User, member.user_id)
    if _waits(session, organization, user.email):
        raise AlreadyExists("email", user.email)
    _request(session, actor, organization, ApprovalReason.ROLE_END, user.email, member.role, note=note)


def _request(
    session: Session,
    actor: Actor,
    organization: Organization,
    why: ApprovalReason,
    invitee: str,
    role: Role,
    *,
    ends_on: date | None = None,
    note: str,
) -> Approval:
    row = Approval(
        organization_id=organization.id,
        invitee=invitee,
        role=role,
        ends_on=ends_on,
        chain_id=organization.chain_id,
        why=why,
        note=note[:1000],
        requested_by_id=actor.user_id or 0,
        expires_at=now() + approvals.LIFE,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    record(
        session, actor, "approval_requested", subject_kind="approval", subject_id=row.id, chain_id=row.chain_id,
        new={"role": role.value, "organization_id": organization.id},
    )  # fmt: skip
    values = {"asker": actor.name, "organization": organization.legal_name, "role": role.value, "why": why.value}
    for user in deciders(session, organization, other_than=actor.user_id, invitee=invitee):
        queue_mail(session, recipient=user.email, language=user.language, template="role_asked", values=values)
    return row


def approve(session: Session, actor: Actor, public_id: str, *, language: str, link_of: LinkOf) -> ApprovalReason:
    """requested -> approved, by a second person: the invitation is sent, or the membership ends; the asker is told.

    Gives what was asked for. Raises NotVisible, NotAllowed for who asked or whom it is about, StepNotAllowed if it is
    decided or too old, LastManager, before anything is written, if nobody would be left in charge.
    """
    row, organization = _to_decide(session, actor, public_id)
    ends, leaving = row.why is ApprovalReason.ROLE_END, None
    if ends:
        leaving = colleagues.find_leaving(session, organization.id, User.email == row.invitee)
    _decide(session, actor, row, ApprovalStatus.APPROVED)
    if not ends:
        colleagues.send_granted(session, actor, organization, row, language=language, link_of=link_of)
    elif leaving is not None:  # else the office itself was faster
        colleagues.end_from_outside(session, actor, leaving, reason=row.note)
    _tell_asker(session, organization, row)
    return row.why


def refuse(session: Session, actor: Actor, public_id: str) -> None:
    """requested -> refused, by a second person; the asker is told. Raises as `approve`."""
    row, organization = _to_decide(session, actor, public_id)
    _decide(session, actor, row, ApprovalStatus.REFUSED)
    _tell_asker(session, organization, row)


def withdraw(session: Session, actor: Actor, public_id: str) -> None:
    """requested -> withdrawn, by who asked. Raises NotVisible, NotAllowed, StepNotAllowed."""
    row, _organization = lists.request(session, actor, public_id)
    if row.requested_by_id != actor.user_id:
        raise NotAllowed("own_request")
    advance(session, actor, APPROVAL, row, ApprovalStatus.WITHDRAWN, chain_id=row.chain_id)


def deciders(session: Session, organization: Organization, *, other_than: int | None, invitee: str) -> list[User]:
    """Active people who may be the second person for a role in `organization`."""
    people = session.exec(
        select(User, Membership, Organization)
        .join(Membership, col(Membership.user_id) == User.id)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(
            User.status == UserStatus.ACTIVE,
            User.id != other_than,
            User.email != invitee,
            col(Organization.kind).in_([kind for kind in ROLES_OF_KIND if lists.is_granted(kind)]),
            *is_present(),
        )
        .order_by(col(User.id))
    ).all()
    return [user for user, member, home in people if _reaches(session, user, member, home, organization)]


def _reaches(session: Session, user: User, member: Membership, home: Organization, organization: Organization) -> bool:
    actor = Actor(user.id, user.full_name, home.id, home.kind, home.legal_name, True, member.role, home.chain_id)
    return _is_within(session, actor, organization, Action.DECIDE)


def _is_within(session: Session, actor: Actor, organization: Organization, action: Action) -> bool:
    statement = select(Organization.id).where(lists.within(actor, action), Organization.id == organization.id)
    return session.exec(statement).first() is not None


def _may_ask(session: Session, actor: Actor, organization: Organization) -> bool:
    return _is_within(session, actor, organization, Action.WRITE)


def _to_decide(session: Session, actor: Actor, public_id: str) -> tuple[Approval, Organization]:
    row, organization = lists.request(session, actor, public_id)
    if not lists.may_decide(session, actor, row) or row.invitee == own_user(session, actor).email:
        raise NotAllowed("second_person")
    if row.expires_at <= now():
        raise StepNotAllowed(noun=APPROVAL.noun, current=ApprovalStatus.EXPIRED, wanted=ApprovalStatus.APPROVED)
    return row, organization


def _decide(session: Session, actor: Actor, row: Approval, status: ApprovalStatus) -> None:
    advance(session, actor, APPROVAL, row, status, chain_id=row.chain_id, decided_by_id=actor.user_id, decided_at=now())


def _tell_asker(session: Session, organization: Organization, row: Approval) -> None:
    asker = session.get_one(User, row.requested_by_id)
    assert row.role is not None
    values = {
        "organization": organization.legal_name, "role": row.role.value, "answer": row.status.value,
        "why": row.why.value,
    }  # fmt: skip
    queue_mail(session, recipient=asker.email, language=asker.language, template="role_answered", values=values)


def _waits(session: Session, organization: Organization, email: str) -> bool:
    """Whether such a request waits; one past its end makes room, also before the clock has come by."""
    rows = select(Approval).where(
        Approval.organization_id == organization.id,
        Approval.invitee == email,
        Approval.status == ApprovalStatus.REQUESTED,
    )
    row = session.exec(rows).first()
    if row is not None and row.expires_at <= now():
        advance(session, SYSTEM, APPROVAL, row, ApprovalStatus.EXPIRED, chain_id=row.chain_id)
        return False
    return row is not None
