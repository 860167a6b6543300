"""Ties of officials to organizations: declared, ended, and what they forbid (回避)."""

from collections.abc import Collection

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from access.actor import Actor
from access.permissions import Permission
from access.rules import NotAllowed, Recused, is_city_level, is_recused, require
from access.scopes import OFFICES
from access.ties import bonds, deciders, tied_organizations
from models.base import now
from models.chain_office import DeclaredTie
from models.organization import Membership, Organization
from vocabulary.chains import TieKind
from vocabulary.roles import SELF_REGISTERING
from workflows.audit import record
from workflows.errors import AlreadyExists, NotComplete

_NOUN = "declared_tie"


def require_free(session: Session, actor: Actor, organization_ids: Collection[int], *, chain_id: int | None) -> None:
    """Raise Recused if the actor is tied to one of the organizations; it names who may decide instead."""
    if not is_recused(tied_organizations(session, actor), organization_ids):
        return
    found = bonds(session, actor, organization_ids)
    raise Recused(found[0].organization_name, deciders(session, chain_id, organization_ids))


def declare_tie(
    session: Session, actor: Actor, *, user_id: int | None = None, organization_id: int, kind: TieKind, note: str = ""
) -> DeclaredTie:
    """An official declares an own tie; the joint office may record that of any official (`user_id`).

    Rows written: declared_tie, audit event. Raises NotComplete (field `organization_id`, `user_id` or `note`),
    AlreadyExists for the same tie, NotAllowed for somebody else's tie.
    """
    require(actor, Permission.DECLARE_TIES)
    about = user_id or actor.user_id or 0
    if about != actor.user_id and not is_city_level(actor, None):
        raise NotAllowed("declare_tie_of_others")
    organization = session.get(Organization, organization_id)
    problems = {}
    if organization is None or organization.kind not in SELF_REGISTERING:
        problems["organization_id"] = "unknown"
    if about != actor.user_id and not _is_official(session, about):
        problems["user_id"] = "unknown"
    if kind is TieKind.OTHER and not note.strip():
        problems["note"] = "required"
    if problems:
        raise NotComplete(problems)
    tie = DeclaredTie(
        user_id=about, organization_id=organization_id, kind=kind, note=note.strip()[:500],
        declared_by_id=actor.user_id or 0,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(tie)
            session.flush()
    except IntegrityError:
        raise AlreadyExists("organization_id") from None
    record(
        session, actor, "tie_declared", subject_kind=_NOUN, subject_id=tie.id or 0,
        new={"kind": kind.value, "user_id": about, "organization_id": organization_id}, reason=note,
        chain_id=actor.chain_id,
    )  # fmt: skip
    return tie


def end_tie(session: Session, actor: Actor, tie: DeclaredTie, *, note: str) -> None:
    """The joint office ends a tie, with its reason; nobody ends an own one. Raises NotComplete, NotAllowed."""
    require(actor, Permission.DECLARE_TIES)
    if not is_city_level(actor, tie) or tie.user_id == actor.user_id:
        raise NotAllowed("end_tie")
    if not note.strip():
        raise NotComplete({"note": "required"})
    ended = session.connection().execute(
        update(DeclaredTie)
        .where(col(DeclaredTie.id) == tie.id, col(DeclaredTie.ended_at).is_(None))
        .values(ended_at=now(), ended_by_id=actor.user_id, ended_note=note.strip()[:500])
    )
    session.refresh(tie)
    if ended.rowcount != 1:
        return
    record(
        session, actor, "tie_ended", subject_kind=_NOUN, subject_id=tie.id or 0,
        new={"user_id": tie.user_id, "organization_id": tie.organization_id}, reason=note,
    )  # fmt: skip


def _is_official(session: Session, user_id: int) -> bool:
    return (
        session.exec(
            select(Membership.id)
            .join(Organization, col(Organization.id) == Membership.organization_id)
            .where(Membership.user_id == user_id, col(Organization.kind).in_(OFFICES))
        ).first()
        is not None
    )
