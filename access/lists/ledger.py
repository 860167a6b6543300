"""The ledger as its readers see it: an office its own chain, the joint office and auditors everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, or_, select

from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from access.scopes import in_chain
from models.audit_event import AuditEvent
from models.organization import Organization
from vocabulary.roles import OrganizationKind


def _scope(actor: Actor) -> Any:
    if actor.organization_kind is OrganizationKind.AUDIT_OFFICE:
        return select(AuditEvent)
    return select(AuditEvent).where(in_chain(actor, AuditEvent.chain_id))


@dataclass(frozen=True)
class LedgerFilters:
    """What a reader looks for. `who` is part of a person's or an organization's name; `until` is not included."""

    who: str = ""
    noun: str = ""
    action: str = ""
    subject_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def events(
    session: Session, actor: Actor, filters: LedgerFilters = LedgerFilters(), *, page: int = 1, size: int = 50
) -> tuple[list[AuditEvent], int]:
    """Newest first: one page of events and how many there are."""
    require(actor, Permission.READ_LEDGER)
    statement = _filtered(_scope(actor), filters)
    total = session.exec(select(func.count()).select_from(statement.subquery())).one()
    rows = session.exec(statement.order_by(col(AuditEvent.id).desc()).offset((page - 1) * size).limit(size)).all()
    return list(rows), total


def organization_names(session: Session, rows: Sequence[AuditEvent]) -> dict[int, str]:
    """The names of those for whom the events' people acted."""
    ids = {row.actor_organization_id for row in rows}
    found = session.exec(select(Organization.id, Organization.legal_name).where(col(Organization.id).in_(ids))).all()
    return {id_: name for id_, name in found if id_ is not None}


def _filtered(statement: Any, filters: LedgerFilters) -> Any:
    if filters.who:
        of_them = select(Organization.id).where(col(Organization.legal_name).contains(filters.who, autoescape=True))
        statement = statement.where(
            or_(
                col(AuditEvent.actor_name).contains(filters.who, autoescape=True),
                col(AuditEvent.actor_organization_id).in_(of_them),
            )
        )
    for column, value in ((AuditEvent.subject_kind, filters.noun), (AuditEvent.action, filters.action)):
        if value:
            statement = statement.where(column == value)
    if filters.subject_id is not None:
        statement = statement.where(AuditEvent.subject_id == filters.subject_id)
    if filters.since is not None:
        statement = statement.where(AuditEvent.occurred_at >= filters.since)
    if filters.until is not None:
        statement = statement.where(AuditEvent.occurred_at < filters.until)
    return statement
