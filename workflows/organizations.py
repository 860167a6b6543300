"""Organizations: registering, being checked by an official, and merging doubles."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from access.actor import Actor
from access.permissions import Permission
from access.rules import NotAllowed, require
from models.base import now
from models.chain import Chain
from models.organization import Membership, Organization, User
from vocabulary.lifecycles import ORGANIZATION, OrganizationStatus
from vocabulary.names import name_core
from vocabulary.roles import FOUNDING_ROLE, SELF_REGISTERING, OrganizationKind
from workflows.accounts import normalize_email
from workflows.audit import record
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete
from workflows.notifications import queue_to_members
from workflows.passwords import hash_password
from workflows.recommendations import refresh_for_organization
from workflows.recusals import require_free
from workflows.transitions import advance
from workflows.turns import take_turn

_S = OrganizationStatus


@dataclass(frozen=True)
class Registration:
    """What an organization says of itself when it registers or corrects what was returned."""

    uscc: str
    legal_name: str
    phone: str
    region_code: str | None
    chain_code: str | None = None
    """The chain whose office checks an enterprise; banks and buyers are checked by the joint office."""


@dataclass(frozen=True)
class Founder:
    """The person who registers an organization."""

    full_name: str
    email: str
    password: str
    language: str


def register(session: Session, *, kind: OrganizationKind, registration: Registration, founder: Founder) -> User:
    """A new organization, registered and not yet verified, with its first person.

    Rows written: organization, user, membership, audit event. Raises AlreadyExists with field `uscc` or `email`.
    A name or telephone that another organization has is no error: the official sees the possible double.
    """
    if kind not in SELF_REGISTERING:
        raise NotAllowed("register")
    email = normalize_email(founder.email)
    organization = Organization(kind=kind, legal_name="", name_core="")
    _fill(session, organization, registration)
    if session.exec(select(User.id).where(User.email == email)).first() is not None:
        raise AlreadyExists("email", email)
    user = User(
        email=email,
        password_hash=hash_password(founder.password),
        full_name=founder.full_name,
        phone=registration.phone,
        language=founder.language,
    )
    session.add_all([organization, user])
    session.flush()
    assert user.id is not None
    assert organization.id is not None
    session.add(Membership(user_id=user.id, organization_id=organization.id, role=FOUNDING_ROLE[kind]))
    actor = Actor(user.id, user.full_name, organization.id, kind, organization.legal_name, False, FOUNDING_ROLE[kind])
    record(
        session,
        actor,
        "organization_registered",
        subject_kind=ORGANIZATION.noun,
        subject_id=organization.id,
        new={"status": organization.status.value},
        chain_id=organization.chain_id,
    )
    session.flush()
    return user


def _fill(session: Session, organization: Organization, registration: Registration) -> None:
    same_code = select(Organization.id).where(Organization.uscc == registration.uscc)
    if organization.id is not None:
        same_code = same_code.where(Organization.id != organization.id)
    if session.exec(same_code).first() is not None:
        raise AlreadyExists("uscc", registration.uscc)
    core = name_core(registration.legal_name)
    organization.uscc = registration.uscc
    organization.legal_name = registration.legal_name
    organization.name_core = core
    organization.phone = registration.phone
    organization.region_code = registration.region_code
    organization.chain_id = None
    if organization.kind is OrganizationKind.ENTERPRISE:
        organization.chain_id = session.exec(select(Chain.id).where(Chain.code == registration.chain_code)).first()


def correct(session: Session, actor: Actor, registration: Registration) -> None:
    """returned -> registered, with corrected facts. Raises AlreadyExists with field `uscc`."""
    require(actor, Permission.MANAGE_COLLEAGUES)
    organization = session.get_one(Organization, actor.organization_id)
    if organization.status is _S.RETURNED:
        _fill(session, organization, registration)
        session.add(organization)
    advance(session, actor, ORGANIZATION, organization, _S.REGISTERED, chain_id=organization.chain_id)


def verify(session: Session, actor: Actor, organization: Organization) -> None:
    """registered or returned -> verified. Mails queued: `organization_verified` to its people."""
    _step(session, actor, organization, _S.VERIFIED, verified_at=now(), verified_by_id=actor.user_id, review_note=None)
    _tell(session, organization, "organization_verified")


def return_to_correct(session: Session, actor: Actor, organization: Organization, *, note: str) -> None:
    """registered -> returned, saying what is wrong. Mails queued: `organization_returned`. Raises NotComplete."""
    _require_note(note)
    _step(session, actor, organization, _S.RETURNED, reason=note, review_note=note)
    _tell(session, organization, "organization_returned")


def suspend(session: Session, actor: Actor, organization: Organization, *, note: str) -> None:
    """verified -> suspended, with the reason; what it posted is recommended no more. Raises NotComplete."""
    _require_note(note)
    _step(session, actor, organization, _S.SUSPENDED, reason=note, review_note=note)


def restore(session: Session, actor: Actor, organization: Organization) -> None:
    """suspended -> verified."""
    _step(session, actor, organization, _S.VERIFIED, verified_at=now(), verified_by_id=actor.user_id, review_note=None)


def merge(session: Session, actor: Actor, organization: Organization, *, into: Organization, note: str = "") -> None:
    """Merge a double into the organization that stays; its people move there and keep their roles.

    Raises NotComplete if the two are one, of different kinds, or the one that stays was merged itself.
    """
    for row_id in sorted((organization.id or 0, into.id or 0)):  # two are never merged into each other
        take_turn(session, Organization, row_id)
    if into.id == organization.id or into.kind is not organization.kind or into.status is _S.MERGED:
        raise NotComplete({"into": "not_mergeable"})
    _step(session, actor, organization, _S.MERGED, reason=note, merged_into_id=into.id)
    assert into.id is not None
    already = set(session.exec(select(Membership.user_id).where(Membership.organization_id == into.id)).all())
    for membership in session.exec(
        select(Membership).where(Membership.organization_id == organization.id, col(Membership.ended_at).is_(None))
    ).all():
        if membership.user_id in already:
            membership.ended_at = now()
        else:
            membership.organization_id = into.id
        session.add(membership)
    session.flush()


def _step(
    session: Session, actor: Actor, organization: Organization, target: OrganizationStatus, **evidence: Any
) -> None:
    require(actor, Permission.VERIFY_ORGANIZATIONS)
    assert organization.id is not None
    require_free(session, actor, (organization.id,), chain_id=organization.chain_id)
    advance(
        session,
        actor,
        ORGANIZATION,
        organization,
        target,
        chain_id=organization.chain_id,
        visible_to_organization_id=organization.id,
        **evidence,
    )
    refresh_for_organization(session, organization.id, today=today())


def _require_note(note: str) -> None:
    if not note.strip():
        raise NotComplete({"note": "missing"})


def _tell(session: Session, organization: Organization, template: str) -> None:
    """The official's note stays on the page: what somebody wrote is not for a mailbox."""
    assert organization.id is not None
    queue_to_members(session, [organization.id], template=template, values={"organization": organization.legal_name})
