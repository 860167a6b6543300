"""Who has read what of a firm: the ledger's rows about its own data, and nothing of anybody else's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, or_

from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from access.scopes import own
from models.audit_event import AuditEvent
from models.organization import Membership, Organization
from models.pairing import Release
from vocabulary.audit_actions import READINGS, AuditAction
from vocabulary.classifications import ConsentPurpose
from vocabulary.roles import OrganizationKind, Role

_OF_CASE = 20


@dataclass(frozen=True)
class Receipt:
    """One reading; `receipt` stands on the pages handed out.

    Under a consent it has purpose, version and fields or a document; otherwise the reader was an office, which may have
    had to say why.
    """

    at: datetime
    action: AuditAction
    reader: str
    role: Role | None
    organization: str
    organization_kind: OrganizationKind | None
    receipt: str
    purpose: ConsentPurpose | None
    version: int | None
    fields: tuple[str, ...]
    document: str
    reason: str

    @property
    def was_refused(self) -> bool:
        return self.action is AuditAction.DOSSIER_READ_REFUSED


@dataclass(frozen=True)
class ReceiptFilters:
    """What a firm looks for. `who` is part of a person's or an organization's name, or a receipt's number; `until` is
    not included."""

    who: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


def receipts(
    session: Session, actor: Actor, filters: ReceiptFilters = ReceiptFilters(), *, page: int = 1, size: int = 50
) -> tuple[list[Receipt], int]:
    """Readings of the actor's own firm by others, newest first: one page, and how many there are."""
    require(actor, Permission.FOLLOW_OWN_CASES)
    conditions = [_of_own_data(actor), *_asked(filters)]
    total = session.execute(_joined(func.count()).where(*conditions)).scalar_one()
    return _receipts(session, conditions, offset=(page - 1) * size, limit=size), total


def receipts_of(session: Session, actor: Actor, release: Release) -> list[Receipt]:
    """The newest readings of one release of the actor's own firm."""
    of_release = and_(col(AuditEvent.subject_kind) == "release", col(AuditEvent.subject_id) == release.id)
    return _receipts(session, [_of_own_data(actor), of_release], limit=_OF_CASE)


def _of_own_data(actor: Actor) -> ColumnElement[bool]:
    """SQL: the line is about the actor's firm, and it was somebody else who read."""
    return and_(
        own(actor, AuditEvent.visible_to_organization_id),
        col(AuditEvent.action).in_(READINGS),
        col(AuditEvent.actor_organization_id) != actor.organization_id,
    )


def _asked(filters: ReceiptFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.who:
        conditions.append(
            or_(
                col(AuditEvent.actor_name).contains(filters.who, autoescape=True),
                col(Organization.legal_name).contains(filters.who, autoescape=True),
                cast(col(AuditEvent.new)["receipt"].as_string(), String) == filters.who,
            )
        )
    if filters.action:
        conditions.append(col(AuditEvent.action) == filters.action)
    if filters.since is not None:
        conditions.append(col(AuditEvent.occurred_at) >= filters.since)
    if filters.until is not None:
        conditions.append(col(AuditEvent.occurred_at) < filters.until)
    return conditions


def _joined(*columns: Any) -> Any:
    """One row per line: a person has one membership in an organization, also after it ended."""
    return (
        select_columns(*columns)
        .select_from(AuditEvent)
        .outerjoin(Organization, col(Organization.id) == col(AuditEvent.actor_organization_id))
        .outerjoin(
            Membership,
            and_(
                col(Membership.user_id) == col(AuditEvent.actor_user_id),
                col(Membership.organization_id) == col(AuditEvent.actor_organization_id),
            ),
        )
    )


def _receipts(
    session: Session, conditions: Sequence[ColumnElement[bool]], *, offset: int = 0, limit: int
) -> list[Receipt]:
    rows = session.execute(
        _joined(AuditEvent, col(Membership.role), col(Organization.legal_name), col(Organization.kind))
        .where(*conditions)
        .order_by(col(AuditEvent.occurred_at).desc(), col(AuditEvent.id).desc())
        .offset(offset)
        .limit(limit)
    )
    return [_receipt(*row) for row in rows]


def _receipt(event: AuditEvent, role: Role | None, organization: str | None, kind: OrganizationKind | None) -> Receipt:
    said = event.new or {}
    purpose = said.get("purpose")
    return Receipt(
        at=event.occurred_at,
        action=AuditAction(event.action),
        reader=event.actor_name,
        role=role,
        organization=organization or "",
        organization_kind=kind,
        receipt=said.get("receipt", ""),
        purpose=ConsentPurpose(purpose) if purpose else None,
        version=said.get("version"),
        fields=tuple(said.get("fields", ())),
        document=said.get("document", ""),
        reason=event.reason,
    )
