"""Emptying the ledger of what is older than it must be kept; what remains can still be verified."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, func
from sqlmodel import col, select

from access.actor import SYSTEM
from models.audit_chain import EVENTS, wait_for_turn
from models.audit_event import AuditCheckpoint, AuditEvent
from models.session import reading, unit_of_work
from vocabulary.audit_actions import AuditAction
from workflows.audit import record
from workflows.ledger_anchors import Seal
from workflows.ledger_check import checkpoint_mac, verify

MIN_YEARS = 3
"""Records of handing data to somebody else are kept at least three years (网络数据安全管理条例)."""
_DAYS_OF_YEAR = 366


class LedgerNotWhole(Exception):
    """A ledger that does not verify is not emptied: what would go is evidence."""


@dataclass(frozen=True)
class Trimmed:
    """How many rows went, up to which."""

    n_removed: int
    through_id: int


def may_trim(engine: Engine) -> bool:
    """Whether this database role may take rows out of the ledger; in PostgreSQL the product's own may not."""
    if engine.dialect.name != "postgresql":
        return True
    with reading(engine).connect() as connection:
        may: bool = connection.execute(select(func.has_table_privilege(EVENTS.name, "DELETE"))).scalar_one()
    return may


def trim(engine: Engine, seal: Seal, *, at: datetime, years: int = MIN_YEARS) -> Trimmed | None:
    """Remove the rows from the beginning that are older than `years`; None if there are none.

    The first younger row ends it, so that no gap arises. Rows written: a checkpoint, one audit event.
    Raises ValueError for fewer years than the law asks, LedgerNotWhole if the ledger does not verify.
    """
    if years < MIN_YEARS:
        raise ValueError(f"the ledger is kept at least {MIN_YEARS} years")
    before = at - timedelta(days=_DAYS_OF_YEAR * years)
    if _first_old(engine, before) is None:
        return None
    if not verify(engine, seal).is_whole:
        raise LedgerNotWhole
    with unit_of_work(engine) as session:
        wait_for_turn(session)
        young = select(func.min(AuditEvent.id)).where(AuditEvent.created_at >= before)
        first_young = session.exec(young).one()
        newest = select(AuditEvent).order_by(col(AuditEvent.id).desc()).limit(1)
        if first_young is not None:
            newest = newest.where(col(AuditEvent.id) < first_young)
        end = session.exec(newest).first()
        if end is None or end.id is None:
            return None
        n_removed = session.exec(select(func.count()).where(col(AuditEvent.id) <= end.id)).one()
        through, hash_ = end.id, end.hash
        session.add(
            AuditCheckpoint(
                through_id=through, hash=hash_, n_removed=n_removed, mac=checkpoint_mac(seal, through, hash_, n_removed)
            )
        )
        record(
            session, SYSTEM, AuditAction.LEDGER_TRIMMED, subject_kind="ledger", subject_id=through,
            new={"through": through, "removed": n_removed},
        )  # fmt: skip
        session.flush()
        session.connection().execute(delete(EVENTS).where(EVENTS.c.id <= through))
    return Trimmed(n_removed, through)


def _first_old(engine: Engine, before: datetime) -> int | None:
    with unit_of_work(engine) as session:
        return session.exec(select(func.min(AuditEvent.id)).where(AuditEvent.created_at < before)).one()
