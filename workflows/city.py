"""The first day of a city: its chains, its offices and their first people."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlmodel import Session, col, select

from access.actor import SYSTEM, Actor
from models.base import now
from models.chain import Chain, ChainLink
from models.organization import Invitation, Membership, Organization, User
from vocabulary.chains import ChainChange
from vocabulary.classifications import LinkPosition
from vocabulary.lifecycles import ORGANIZATION, OrganizationStatus, UserStatus
from vocabulary.names import name_core
from vocabulary.roles import ROLES_OF_KIND, OrganizationKind, Role
from workflows.accounts import LinkOf, normalize_email, request_reset
from workflows.audit import record
from workflows.chain_versions import keep_version
from workflows.colleagues import send
from workflows.errors import NotComplete
from workflows.passwords import hash_password

_LIFE = timedelta(days=7)
OFFICES = (OrganizationKind.JOINT_OFFICE, OrganizationKind.AUDIT_OFFICE, OrganizationKind.IT_OFFICE)
"""Offices of the whole city; there is one of each."""


@dataclass(frozen=True)
class LinkRow:
    """One link of a chain, with its chain. Industries are codes of GB/T 4754, two to four digits."""

    chain: str
    chain_zh: str
    chain_en: str
    host_region_code: str | None
    link: str
    link_zh: str
    link_en: str
    position: LinkPosition
    industries: tuple[str, ...]


@dataclass(frozen=True)
class OfficeRow:
    """One person to be invited into an office: of the chain with this code, or else of the whole city."""

    office: str
    name: str
    region_code: str | None
    email: str


@dataclass
class SetUp:
    """What was added; links are by the address they were mailed to."""

    chains: int = 0
    links: int = 0
    offices: int = 0
    administrator: str | None = None
    invited: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Present:
    """What a city has already."""

    chains: frozenset[str]
    offices: frozenset[str]
    emails: frozenset[str]
    has_administrator: bool


def present(session: Session) -> Present:
    """Codes of chains, kinds of city offices, addresses of accounts, and whether anybody is an administrator."""
    return Present(
        frozenset(session.exec(select(Chain.code)).all()),
        frozenset(session.exec(select(Organization.kind).where(col(Organization.kind).in_(OFFICES))).all()),
        frozenset(session.exec(select(User.email)).all()),
        _administrator(session) is not None,
    )


def set_up_city(
    session: Session,
    links: Sequence[LinkRow],
    offices: Sequence[OfficeRow],
    *,
    language: str,
    invitation_link_of: LinkOf,
    password_link_of: LinkOf,
) -> SetUp:
    """Add chains and offices and invite their people; the first person of a new IT office becomes administrator.

    Mails queued: `password_reset` to the administrator, `invitation` to everybody else. Raises NotComplete with field
    `it_office` where there is no administrator and none is named.
    """
    done = SetUp()
    chains = _add_chains(session, links, done)
    added = {row.office: row for row in reversed(offices)}
    organizations = {code: _add_office(session, row, chains.get(code), done) for code, row in added.items()}
    actor = _administrator(session)
    for row in sorted(offices, key=lambda row: row.office != OrganizationKind.IT_OFFICE):
        if actor is None:
            if row.office != OrganizationKind.IT_OFFICE:
                break
            actor = _add_administrator(session, organizations[row.office], row.email, language)
            request_reset(session, email=row.email, link_of=password_link_of)
            done.administrator = row.email
            continue
        office = organizations[row.office]
        assert office.id is not None
        invitation = Invitation(
            organization_id=office.id, email=normalize_email(row.email), role=ROLES_OF_KIND[office.kind][0],
            token_digest="", invited_by_id=actor.user_id or 0, expires_at=now() + _LIFE,
        )  # fmt: skip
        send(session, actor, invitation, to=office.legal_name, language=language, link_of=invitation_link_of)
        done.invited.append(row.email)
    if actor is None:
        raise NotComplete({"it_office": "missing"})
    return done


def _add_chains(session: Session, rows: Sequence[LinkRow], done: SetUp) -> dict[str, Chain]:
    """The new chains by code, in the order of the rows, each with its links."""
    chains: dict[str, Chain] = {}
    for order, row in enumerate(rows):
        if row.chain not in chains:
            chain = Chain(
                code=row.chain, name_zh=row.chain_zh, name_en=row.chain_en, host_region_code=row.host_region_code,
                sort_order=len(chains),
            )  # fmt: skip
            session.add(chain)
            session.flush()
            chains[row.chain] = chain
        session.add(
            ChainLink(
                chain_id=chains[row.chain].id or 0, code=row.link, name_zh=row.link_zh, name_en=row.link_en,
                position=row.position, industry_prefixes=",".join(row.industries), sort_order=order,
            )
        )  # fmt: skip
    for chain in chains.values():
        keep_version(session, SYSTEM, chain, ChainChange.FOUNDED, what=chain.name_zh)
    done.chains, done.links = len(chains), len(rows)
    return chains


def _add_office(session: Session, row: OfficeRow, chain: Chain | None, done: SetUp) -> Organization:
    core = name_core(row.name)
    office = Organization(
        kind=OrganizationKind.CHAIN_OFFICE if chain else OrganizationKind(row.office),
        legal_name=row.name,
        name_core=core,
        region_code=row.region_code or (chain.host_region_code if chain else None),
        chain_id=chain.id if chain else None,
        status=OrganizationStatus.VERIFIED,
        verified_at=now(),
    )
    session.add(office)
    session.flush()
    assert office.id is not None
    new = {"status": office.status.value}
    record(session, SYSTEM, "organization_verified", subject_kind=ORGANIZATION.noun, subject_id=office.id, new=new)
    done.offices += 1
    return office


def _administrator(session: Session) -> Actor | None:
    """The longest present administrator, who invites in the operator's name."""
    found = session.exec(
        select(User, Organization)
        .join(Membership, col(Membership.user_id) == User.id)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(Membership.role == Role.ADMIN, col(Membership.ended_at).is_(None), User.status == UserStatus.ACTIVE)
        .order_by(col(User.id))
    ).first()
    return _actor(*found) if found else None


def _add_administrator(session: Session, office: Organization, email: str, language: str) -> Actor:
    """An account nobody knows the password of: the mailed link sets one."""
    name = "系统管理员" if language == "zh" else "Administrator"
    user = User(
        email=normalize_email(email), full_name=name, language=language,
        password_hash=hash_password(secrets.token_urlsafe(32)),
    )  # fmt: skip
    session.add(user)
    session.flush()
    assert user.id is not None
    session.add(Membership(user_id=user.id, organization_id=office.id or 0, role=Role.ADMIN))
    record(session, SYSTEM, "administrator_set_up", subject_kind="user", subject_id=user.id)
    return _actor(user, office)


def _actor(user: User, office: Organization) -> Actor:
    return Actor(user.id, user.full_name, office.id, office.kind, office.legal_name, True, Role.ADMIN)
