"""The only code that assigns a status."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, inspect, update
from sqlmodel import Session, SQLModel, col, select

from access.actor import Actor
from models.audit_event import AuditEvent
from models.base import now
from vocabulary.lifecycle import Lifecycle
from workflows.audit import record
from workflows.errors import StepNotAllowed


def advance(
    session: Session,
    actor: Actor,
    lifecycle: Lifecycle,
    row: Any,
    target: StrEnum,
    *,
    reason: str = "",
    chain_id: int | None = None,
    visible_to_organization_id: int | None = None,
    only_if: dict[str, Any] | None = None,
    provided: ColumnElement[bool] | None = None,
    **evidence: Any,
) -> None:
    """Take one step of a row's life: conditional UPDATE, evidence columns and audit event in the caller's transaction.

    The UPDATE names the status the caller saw, the columns of `only_if`, and `provided`, a condition about other rows,
    so of two people at once exactly one wins.
    Rows written: the row itself and one `audit_event` named `<noun>_<target>`.
    Raises StepNotAllowed, with the present status, who set it and when, if the step does not exist or was overtaken.
    """
    model: type[SQLModel] = type(row)
    seen = row.status
    require_step(session, lifecycle, row, target)
    session.flush()
    table = inspect(model).local_table
    statement = update(table).where(table.c.id == row.id, table.c.status == seen)
    for column, value in (only_if or {}).items():
        statement = statement.where(table.c[column] == value)
    if provided is not None:
        statement = statement.where(provided)
    values = {"status": target, "status_changed_at": now(), **evidence}
    if session.connection().execute(statement.values(values)).rowcount != 1:
        session.refresh(row)
        raise _refusal(session, lifecycle, row, row.status, target)
    session.refresh(row)
    record(
        session,
        actor,
        f"{lifecycle.noun}_{target.value}",
        subject_kind=row.__tablename__,  # demands and supplies share a lifecycle, not their ids
        subject_id=row.id,
        old={"status": seen.value},
        new={"status": target.value},
        reason=reason,
        chain_id=chain_id,
        visible_to_organization_id=visible_to_organization_id,
    )


def require_step(session: Session, lifecycle: Lifecycle, row: Any, target: StrEnum) -> None:
    """Raise StepNotAllowed unless the step exists: for workflows that have more to check before they advance."""
    if not lifecycle.allows(row.status, target):
        raise _refusal(session, lifecycle, row, row.status, target)


def _refusal(session: Session, lifecycle: Lifecycle, row: Any, current: StrEnum, target: StrEnum) -> StepNotAllowed:
    latest = session.exec(
        select(AuditEvent)
        .where(AuditEvent.subject_kind == row.__tablename__, AuditEvent.subject_id == row.id)
        .order_by(col(AuditEvent.id).desc())
        .limit(1)
    ).first()
    return StepNotAllowed(
        noun=lifecycle.noun,
        current=current,
        wanted=target,
        changed_by=latest.actor_name if latest else "",
        changed_at=latest.occurred_at if latest else None,
    )
