"""Writing the audit ledger."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from access.actor import Actor
from models.audit_chain import append
from models.audit_event import AuditEvent
from models.base import now
from models.session import unit_of_work
from vocabulary.audit_actions import AuditAction, require_known

_DATED = "audit_events_dated"


def record(
    session: Session,
    actor: Actor,
    action: str,
    *,
    subject_kind: str,
    subject_id: int,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
    reason: str = "",
    chain_id: int | None = None,
    visible_to_organization_id: int | None = None,
) -> AuditEvent:
    """Add one event to the actor's transaction. Values are statuses and field names, never confidential figures.

    `action` is one of `vocabulary.audit_actions.ACTIONS`; raises UnknownAction for another.
    """
    event = AuditEvent(
        **_event(session, actor, action, subject_kind, reason, old=old, new=new),
        subject_id=subject_id,
        chain_id=chain_id,
        visible_to_organization_id=visible_to_organization_id,
    )
    session.add(event)
    return event


def record_each(
    session: Session, actor: Actor, action: str, *, subject_kind: str, subjects: Iterable[tuple[int, int | None]]
) -> None:
    """`record` of one act done to many: (id of the subject, id of its chain) each. The rows are written at once."""
    common = _event(session, actor, action, subject_kind) | {"created_at": now(), "visible_to_organization_id": None}
    append(session, (common | {"subject_id": subject_id, "chain_id": chain_id} for subject_id, chain_id in subjects))


def _event(
    session: Session, actor: Actor, action: str, subject_kind: str, reason: str = "", *,
    old: dict[str, Any] | None = None, new: dict[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    require_known(action)
    return {
        "action": action,
        "subject_kind": subject_kind,
        "actor_user_id": actor.user_id,
        "actor_organization_id": actor.organization_id,
        "actor_name": actor.name,
        "old": old,
        "new": new,
        "reason": reason[:500],
        "occurred_at": session.info.get(_DATED) or now(),
    }


@contextmanager
def dated(session: Session, at: datetime) -> Iterator[None]:
    """What is recorded meanwhile happened at `at`: for histories entered later. When it was entered stays visible in
    `created_at`, and the order of the ledger is that of entering."""
    before = session.info.get(_DATED)
    session.info[_DATED] = at
    try:
        yield
    finally:
        session.info[_DATED] = before


def receipt(
    engine: Engine,
    actor: Actor,
    action: AuditAction,
    *,
    subject_kind: str,
    subject_id: int,
    firm_id: int,
    chain_id: int | None = None,
    reason: str = "",
) -> None:
    """Record that somebody else reads what is confidential of a firm, in a transaction of its own.

    A page is read by GET, which writes nothing; so this commits before the page is made, and if it fails there is no
    page. Raises whatever the database raises.
    """  # fmt: skip
    with unit_of_work(engine) as session:
        record(
            session, actor, action, subject_kind=subject_kind, subject_id=subject_id, chain_id=chain_id,
            visible_to_organization_id=firm_id, reason=reason,
        )  # fmt: skip


def attempt_denied(engine: Engine, actor: Actor, *, route: str, status: int) -> None:
    """Record that a form was refused for want of rights. The caller's own transaction must be over."""
    with unit_of_work(engine) as session:
        record(
            session, actor, AuditAction.ATTEMPT_DENIED, subject_kind="route", subject_id=0,
            new={"route": route, "answer": status},
        )  # fmt: skip
