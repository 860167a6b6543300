"""Who runs a chain, and who may be put in charge; declared ties of officials."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import is_city_level, require
from access.scopes import OFFICES
from models.base import now
from models.chain import Chain
from models.chain_office import ChainBacking, DeclaredTie, OfficeTerm
from models.organization import Membership, Organization, User
from vocabulary.chains import OfficePost, TieKind
from vocabulary.lifecycles import OrganizationStatus, UserStatus
from vocabulary.roles import SELF_REGISTERING, OrganizationKind


@dataclass(frozen=True)
class TermLine:
    """One person in a post. `is_present`: the day lies within the term."""

    public_id: str
    post: OfficePost
    name: str
    title: str
    seconded_from: str
    starts_on: date
    ends_on: date | None
    is_present: bool


@dataclass(frozen=True)
class Office:
    """Who runs a chain on a day. `is_staffed`: an office with a person who can sign in, so its work is done there."""

    bureau: str
    lead_bank: str
    lead_bank_id: int | None
    host_region_code: str | None
    terms: list[TermLine]
    is_staffed: bool

    @property
    def present(self) -> list[TermLine]:
        """Those in office now, from the top."""
        return sorted(
            (term for term in self.terms if term.is_present), key=lambda term: list(OfficePost).index(term.post)
        )

    @property
    def others(self) -> list[TermLine]:
        """Those before and those to come, the latest first."""
        return sorted(
            (term for term in self.terms if not term.is_present), key=lambda term: term.starts_on, reverse=True
        )


@dataclass(frozen=True)
class TieLine:
    public_id: str
    official: str
    organization: str
    kind: TieKind
    note: str
    declared_at: datetime
    declared_by: str
    ended_at: datetime | None
    ended_note: str
    is_own: bool


@dataclass(frozen=True)
class Choice:
    id: int
    text: str


def office(session: Session, actor: Actor, chain: Chain, on: date) -> Office:
    """The chain's office with all terms. Raises NotAllowed."""
    require(actor, Permission.READ_CHAIN_PAGE)
    backing = session.exec(
        select(ChainBacking.bureau, ChainBacking.lead_bank_id, Organization.legal_name)
        .outerjoin(Organization, col(Organization.id) == ChainBacking.lead_bank_id)
        .where(ChainBacking.chain_id == chain.id)
    ).first()
    rows = session.exec(
        select(OfficeTerm, Organization.legal_name)
        .outerjoin(Organization, col(Organization.id) == OfficeTerm.seconded_from_id)
        .where(OfficeTerm.chain_id == chain.id)
        .order_by(col(OfficeTerm.starts_on), col(OfficeTerm.id))
    ).all()
    terms = [
        TermLine(
            term.public_id, term.post, term.name, term.title, seconded_from or "", term.starts_on, term.ends_on,
            term.starts_on <= on and (term.ends_on is None or term.ends_on >= on),
        )
        for term, seconded_from in rows
    ]  # fmt: skip
    bureau, bank_id, bank = backing or ("", None, None)
    return Office(bureau, bank or "", bank_id, chain.host_region_code, terms, chain.id in staffed(session))


def staffed(session: Session) -> set[int]:
    """Chains whose office has somebody who can sign in; the work of all others falls to the joint office."""
    rows = session.exec(
        select(Organization.chain_id)
        .join(Membership, col(Membership.organization_id) == Organization.id)
        .join(User, col(User.id) == Membership.user_id)
        .where(
            Organization.kind == OrganizationKind.CHAIN_OFFICE,
            Organization.status == OrganizationStatus.VERIFIED,
            User.status == UserStatus.ACTIVE,
            col(Membership.ended_at).is_(None),
            or_(col(Membership.ends_on).is_(None), col(Membership.ends_on) >= now().date()),
            col(Organization.chain_id).is_not(None),
        )
        .distinct()
    ).all()
    return {chain_id for chain_id in rows if chain_id is not None}


def term_of(session: Session, actor: Actor, chain: Chain, public_id: str) -> OfficeTerm:
    require(actor, Permission.RUN_CHAINS)
    row = session.exec(
        select(OfficeTerm).where(OfficeTerm.public_id == public_id, OfficeTerm.chain_id == chain.id)
    ).first()
    if row is None:
        raise NotVisible
    return row


def bank_choices(session: Session, actor: Actor) -> list[Choice]:
    """Verified banks, for the joint office to name the lead bank of a chain."""
    require(actor, Permission.RUN_CHAINS)
    rows = session.exec(
        select(Organization.id, Organization.legal_name)
        .where(Organization.kind == OrganizationKind.BANK, Organization.status == OrganizationStatus.VERIFIED)
        .order_by(col(Organization.id))
    ).all()
    return [Choice(row_id or 0, name) for row_id, name in rows]


def official_choices(session: Session, actor: Actor) -> list[Choice]:
    """People of the offices, with their office; the joint office only."""
    require(actor, Permission.DECLARE_TIES)
    if not is_city_level(actor, None):
        return []
    rows = session.exec(
        select(User.id, User.full_name, Organization.legal_name)
        .join(Membership, col(Membership.user_id) == User.id)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(
            col(Organization.kind).in_(OFFICES),
            col(Membership.ended_at).is_(None),
            User.status == UserStatus.ACTIVE,
        )
        .order_by(col(Organization.id), col(User.id))
    ).all()
    return [Choice(row_id or 0, f"{name}（{office_name}）") for row_id, name, office_name in rows]


def organization_named(session: Session, actor: Actor, name: str) -> int | None:
    """A firm, bank or buyer by its full or short name, or its credit code; None where there is none or several."""
    require(actor, Permission.DECLARE_TIES)
    text = name.strip()
    if not text:
        return None
    rows = session.exec(
        select(Organization.id)
        .where(
            col(Organization.kind).in_(SELF_REGISTERING),
            Organization.status != OrganizationStatus.MERGED,
            or_(
                Organization.legal_name == text,
                Organization.short_name == text,
                Organization.uscc == text.upper(),
            ),
        )
        .limit(2)
    ).all()
    return rows[0] if len(rows) == 1 else None


def ties(session: Session, actor: Actor) -> list[TieLine]:
    """Own ties; the joint office sees those of all officials. Open ones first, the newest first."""
    require(actor, Permission.DECLARE_TIES)
    declarer = aliased(User)
    statement = (
        select(DeclaredTie, User.full_name, Organization.legal_name, declarer.full_name)
        .join(User, col(User.id) == DeclaredTie.user_id)
        .join(Organization, col(Organization.id) == DeclaredTie.organization_id)
        .join(declarer, col(declarer.id) == DeclaredTie.declared_by_id)
        .order_by(col(DeclaredTie.ended_at).desc().nulls_first(), col(DeclaredTie.id).desc())
    )
    if not is_city_level(actor, None):
        statement = statement.where(DeclaredTie.user_id == actor.user_id)
    return [
        TieLine(
            tie.public_id, official, organization, tie.kind, tie.note, tie.created_at, declared_by, tie.ended_at,
            tie.ended_note, tie.user_id == actor.user_id,
        )
        for tie, official, organization, declared_by in session.exec(statement).all()
    ]  # fmt: skip


def tie_to_end(session: Session, actor: Actor, public_id: str) -> DeclaredTie:
    """A tie the joint office may end. Raises NotVisible."""
    require(actor, Permission.DECLARE_TIES)
    row = session.exec(select(DeclaredTie).where(DeclaredTie.public_id == public_id)).first()
    if row is None or not (is_city_level(actor, row) or row.user_id == actor.user_id):
        raise NotVisible
    return row
