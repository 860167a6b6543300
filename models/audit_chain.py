"""The chain of the ledger: each row's hash covers all its columns and the hash of the row before it."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from typing import Any

from sqlalchemy import DDL, RowMapping, event, insert, text
from sqlalchemy.orm import Session as OrmSession
from sqlmodel import SQLModel, col, select

from models.audit_event import AuditCheckpoint, AuditEvent
from vocabulary.audit_actions import require_known

GENESIS = "0" * 64
"""What the first row of all names as its predecessor."""
ALGORITHMS = tuple(name for name in ("sha256", "sm3") if name in hashlib.algorithms_available)
"""Which a row may name; SM3 where the OpenSSL of this machine has it."""
_HASHED = (
    "id", "created_at", "action", "subject_kind", "subject_id", "actor_user_id", "actor_organization_id", "actor_name",
    "chain_id", "visible_to_organization_id", "old", "new", "reason", "occurred_at", "previous_hash", "hash_algorithm",
)  # fmt: skip
_CHAINED = ("id", "old", "new", "previous_hash", "hash_algorithm", "hash")
_TIMES = ("created_at", "occurred_at")
_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
_LOCK = 7_110_501
"""Any number of our own: writers of the ledger queue at this advisory lock on PostgreSQL."""
_ALGORITHM = "ledger_hash_algorithm"
_default_algorithm = "sha256"


class UnknownAlgorithm(ValueError):
    """A hash algorithm this machine cannot compute."""


def digest(values: Mapping[str, Any] | RowMapping) -> str:
    """The hash of a row, 64 hexadecimal digits, over canonical JSON of `_HASHED` (aware times, JSON as stored).

    Raises UnknownAlgorithm if the row names one that is not among `ALGORITHMS`.
    """
    algorithm = values["hash_algorithm"]
    if algorithm not in ALGORITHMS:
        raise UnknownAlgorithm(algorithm)
    plain = {name: values[name] for name in _HASHED}
    for name in _TIMES:
        plain[name] = plain[name].astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.new(algorithm, _CANONICAL.encode(plain).encode()).hexdigest()


def _as_stored(value: dict[str, Any] | None) -> dict[str, Any] | None:
    """JSON as the database gives it back: keys are strings, tuples lists, codes their values."""
    plain: dict[str, Any] | None = json.loads(json.dumps(value))
    return plain


def last(session: OrmSession) -> tuple[int, str]:
    """Id and hash of the newest row; of the newest checkpoint if no row is left; (0, GENESIS) at the beginning."""
    for id_, hash_ in ((AuditEvent.id, AuditEvent.hash), (AuditCheckpoint.through_id, AuditCheckpoint.hash)):
        found = session.connection().execute(select(id_, hash_).order_by(col(id_).desc()).limit(1)).first()
        if found is not None:
            return found[0], found[1]
    return 0, GENESIS


def use_algorithm(session: OrmSession, algorithm: str) -> None:
    """Hash the rows of this session with another algorithm than SHA-256."""
    if algorithm not in ALGORITHMS:
        raise UnknownAlgorithm(algorithm)
    session.info[_ALGORITHM] = algorithm


def wait_for_turn(session: OrmSession) -> None:
    """Hold the end of the chain until this transaction is over.

    On SQLite the transaction holds the only write lock already. Elsewhere an advisory lock does the same; should it be
    left out, the second of two rows with one predecessor is refused by the unique column, and its deed with it.
    """
    if session.connection().dialect.name == "postgresql":
        session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _chained(session: OrmSession, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows, numbered and hashed behind the newest one that is written."""
    wait_for_turn(session)
    number, previous = last(session)
    for row in rows:
        require_known(row["action"])
        number += 1
        chained = row | {
            "id": number, "previous_hash": previous, "old": _as_stored(row["old"]), "new": _as_stored(row["new"]),
            "hash_algorithm": session.info.get(_ALGORITHM, _default_algorithm),
        }  # fmt: skip
        chained["hash"] = previous = digest(chained)
        yield chained


@event.listens_for(OrmSession, "before_flush")
def _seal(session: OrmSession, _context: Any, _instances: Any) -> None:
    """Number and chain the new rows in the order in which they were added."""
    rows = [row for row in session.new if isinstance(row, AuditEvent)]
    if rows:
        plain = [{name: getattr(row, name) for name in _HASHED} for row in rows]
        for row, chained in zip(rows, _chained(session, plain), strict=True):
            for name in _CHAINED:
                setattr(row, name, chained[name])


def append(session: OrmSession, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows (every hashed column that is not of the chain) at once, behind those that wait in the session."""
    session.flush()
    chained = list(_chained(session, rows))
    if chained:
        session.connection().execute(insert(AuditEvent), chained)


def set_default_algorithm(algorithm: str) -> None:
    """What new rows of this process are hashed with; set once, at the start, from the settings."""
    global _default_algorithm
    if algorithm not in ALGORITHMS:
        raise UnknownAlgorithm(algorithm)
    _default_algorithm = algorithm


TRIGGERS: dict[str, dict[str, str]] = {
    "sqlite": {
        "audit_event_never_changes": (
            "CREATE TRIGGER audit_event_never_changes BEFORE UPDATE ON audit_event "
            "BEGIN SELECT RAISE(ABORT, 'rows of audit_event never change'); END"
        ),
        "audit_event_never_goes": (
            "CREATE TRIGGER audit_event_never_goes BEFORE DELETE ON audit_event "
            "WHEN NOT EXISTS (SELECT 1 FROM audit_checkpoint WHERE through_id >= OLD.id) "
            "BEGIN SELECT RAISE(ABORT, 'rows of audit_event go only with a checkpoint'); END"
        ),
        "audit_checkpoint_never_changes": (
            "CREATE TRIGGER audit_checkpoint_never_changes BEFORE UPDATE ON audit_checkpoint "
            "BEGIN SELECT RAISE(ABORT, 'rows of audit_checkpoint never change'); END"
        ),
        "audit_checkpoint_never_goes": (
            "CREATE TRIGGER audit_checkpoint_never_goes BEFORE DELETE ON audit_checkpoint "
            "BEGIN SELECT RAISE(ABORT, 'rows of audit_checkpoint never go'); END"
        ),
    },
    "postgresql": {
        "audit_refuse": (
            "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE EXCEPTION 'rows of % never change', TG_TABLE_NAME; END$$"
        ),
        "audit_refuse_delete": (
            "CREATE FUNCTION audit_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN IF EXISTS (SELECT 1 FROM audit_checkpoint WHERE through_id >= OLD.id) THEN RETURN OLD; END IF; "
            "RAISE EXCEPTION 'rows of audit_event go only with a checkpoint'; END$$"
        ),
        "audit_event_never_changes": (
            "CREATE TRIGGER audit_event_never_changes BEFORE UPDATE ON audit_event "
            "FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
        ),
        "audit_event_never_goes": (
            "CREATE TRIGGER audit_event_never_goes BEFORE DELETE ON audit_event "
            "FOR EACH ROW EXECUTE FUNCTION audit_refuse_delete()"
        ),
        "audit_checkpoint_never_changes": (
            "CREATE TRIGGER audit_checkpoint_never_changes BEFORE DELETE OR UPDATE ON audit_checkpoint "
            "FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
        ),
        "audit_event_never_emptied": (
            "CREATE TRIGGER audit_event_never_emptied BEFORE TRUNCATE ON audit_event "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        ),
        "audit_checkpoint_never_emptied": (
            "CREATE TRIGGER audit_checkpoint_never_emptied BEFORE TRUNCATE ON audit_checkpoint "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        ),
    },
}
"""dialect -> name -> text. The migration has the same text; a test compares both databases."""

EVENTS = SQLModel.metadata.tables["audit_event"]
_CHECKPOINTS = SQLModel.metadata.tables["audit_checkpoint"]
_CHECKPOINTS.add_is_dependent_on(EVENTS)
for _dialect, _texts in TRIGGERS.items():
    for _text in _texts.values():
        event.listen(_CHECKPOINTS, "after_create", DDL(_text.replace("%", "%%")).execute_if(dialect=_dialect))
