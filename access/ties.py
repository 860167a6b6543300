"""What ties an official to an organization, and who is free to decide about it instead (回避)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import union_all
from sqlmodel import Session, col, or_, select

from access.actor import Actor
from access.scopes import OFFICES
from models.base import now
from models.chain_office import DeclaredTie
from models.organization import Membership, Organization, User
from vocabulary.chains import TieKind
from vocabulary.lifecycles import OrganizationStatus, UserStatus


@dataclass(frozen=True)
class Bond:
    """One reason for recusal. `kind` is None for a membership, past or present."""

    organization_id: int
    organization_name: str
    kind: TieKind | None


@dataclass(frozen=True)
class Recusal:
    """Why somebody keeps away from a decision, and who may take it; false where nothing stands in the way."""

    bonds: list[Bond]
    deciders: list[str]

    def __bool__(self) -> bool:
        return bool(self.bonds)


def recusal(session: Session, actor: Actor, organization_ids: Collection[int], *, chain_id: int | None) -> Recusal:
    """For a page: what ties the actor to these organizations and, if anything does, who may decide instead."""
    found = bonds(session, actor, organization_ids)
    return Recusal(found, deciders(session, chain_id, organization_ids) if found else [])


def tied_organizations(session: Session, actor: Actor) -> frozenset[int]:
    """Organizations the person belongs or belonged to, or has an open declared tie to."""
    memberships = select(Membership.organization_id).where(Membership.user_id == actor.user_id)
    declared = select(DeclaredTie.organization_id).where(
        DeclaredTie.user_id == actor.user_id, col(DeclaredTie.ended_at).is_(None)
    )
    return frozenset(session.scalars(union_all(memberships, declared)).all())


def bonds(session: Session, actor: Actor, organization_ids: Collection[int]) -> list[Bond]:
    """Why the actor must leave decisions about these organizations to others; empty for somebody free."""
    declared = session.exec(
        select(Organization.id, Organization.legal_name, DeclaredTie.kind)
        .join(DeclaredTie, col(DeclaredTie.organization_id) == Organization.id)
        .where(
            DeclaredTie.user_id == actor.user_id,
            col(DeclaredTie.ended_at).is_(None),
            col(Organization.id).in_(organization_ids),
        )
        .order_by(col(DeclaredTie.id))
    ).all()
    belongs = session.exec(
        select(Organization.id, Organization.legal_name)
        .join(Membership, col(Membership.organization_id) == Organization.id)
        .where(Membership.user_id == actor.user_id, col(Organization.id).in_(organization_ids))
    ).all()
    return [
        *(Bond(row_id or 0, name, TieKind(kind)) for row_id, name, kind in declared),
        *(Bond(row_id or 0, name, None) for row_id, name in belongs),
    ]


def deciders(session: Session, chain_id: int | None, organization_ids: Collection[int]) -> list[str]:
    """Who may decide instead: free people of the chain's office first, then of the joint office; name and office."""
    tied = select(DeclaredTie.user_id).where(
        col(DeclaredTie.organization_id).in_(organization_ids), col(DeclaredTie.ended_at).is_(None)
    )
    belongs = select(Membership.user_id).where(col(Membership.organization_id).in_(organization_ids))
    chain_office, joint_office = OFFICES
    rows: Sequence[tuple[str, str]] = session.exec(
        select(User.full_name, Organization.legal_name)
        .join(Membership, col(Membership.user_id) == User.id)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(
            or_(
                (col(Organization.kind) == chain_office) & (col(Organization.chain_id) == chain_id),
                col(Organization.kind) == joint_office,
            ),
            Organization.status == OrganizationStatus.VERIFIED,
            User.status == UserStatus.ACTIVE,
            col(Membership.ended_at).is_(None),
            or_(col(Membership.ends_on).is_(None), col(Membership.ends_on) >= now().date()),
            col(User.id).not_in(tied),
            col(User.id).not_in(belongs),
        )
        .order_by(col(Organization.kind), col(User.id))
    ).all()
    return [f"{name}（{office}）" for name, office in rows]
