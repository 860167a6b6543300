"""Taking the ledger away as a file is an act that the ledger itself records."""

from sqlmodel import Session

from access.actor import Actor
from access.lists import ledger
from access.permissions import Permission
from access.rules import require
from models.audit_event import AuditEvent
from vocabulary.audit_actions import AuditAction
from workflows.audit import record
from workflows.errors import NotComplete

MAX_ROWS = 20_000


def export(session: Session, actor: Actor, filters: ledger.LedgerFilters) -> list[AuditEvent]:
    """The rows that the actor may read and the filters leave, newest first. Rows written: one audit event.

    Raises NotComplete (field `rows`) if there are more than `MAX_ROWS`.
    """
    require(actor, Permission.READ_LEDGER)
    rows, total = ledger.events(session, actor, filters, size=MAX_ROWS)
    if total > MAX_ROWS:
        raise NotComplete({"rows": "too_many"})
    asked = {
        name: value if isinstance(value, str | int) else value.isoformat()
        for name, value in vars(filters).items()
        if value not in ("", None)
    }
    record(
        session, actor, AuditAction.LEDGER_EXPORTED, subject_kind="ledger", subject_id=0,
        new={"rows": total, "filters": asked}, chain_id=actor.chain_id,
    )  # fmt: skip
    return rows
