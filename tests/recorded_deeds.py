"""Watches the whole test run: a form that changes a row leaves a line in the ledger, in the same transaction.

`watch` listens to the statements of every engine. When a request that is no reading commits, and it inserted, changed
or deleted rows of a table that is not named below, a row of the ledger must be among what it commits; else the commit
fails with `UnrecordedDeed`, and with it the request and its test. So every test of a form is a test of the ledger too.
"""

import re
from typing import Any

from flask import has_request_context, request
from sqlalchemy import Connection, Engine, event

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_CHANGE = re.compile(r'\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)"?', re.IGNORECASE)
_LEDGER, _SAVEPOINT = "audit_event", "(savepoint)"

NO_DEED = {
    "user_session": "a browser signed in or out; the ledger is about what was done, not about who was there",
    "sign_in_attempt": "failed tries, kept for a day to slow guessing",
    "factor_attempt": "the same for codes",
    "known_device": "a browser that signed in before",
    "password_reset": "a link that was asked for, by anybody; setting the password is the deed",
    "reset_request": "the same request before it is known whose it is",
    "notice": "news in an inbox, read or unread; a consequence",
    "notice_digest": "which news went into a daily mail; a consequence",
    "outbox_message": "mail on its way; a consequence",
    "idempotency_key": "what was answered to a form, so that it is carried out once",
    "api_use": "how many requests a key made in a minute",
    "profile_draft": "what a firm types before it submits",
}
"""Tables whose rows are no deeds: name -> why."""
UNRECORDED: dict[str, str] = {
    "accounts.begin_factor": "a secret that opens nothing yet; that it was confirmed is recorded",
    "accounts.sign_in_code": "a code or a recovery code was used up by signing in",
}
"""Forms that leave no line: endpoint -> why."""


class UnrecordedDeed(AssertionError):
    """A form changed rows and the ledger says nothing of it."""


class Deeds:
    """What was seen: endpoints whose change was recorded."""

    def __init__(self) -> None:
        self.recorded: set[str] = set()


def watch() -> Deeds:
    """Listen from now on; gives what has been seen."""
    deeds = Deeds()
    event.listen(Engine, "after_cursor_execute", _note)
    event.listen(Engine, "savepoint", lambda connection, _name: _changes(connection).append(_SAVEPOINT))
    event.listen(Engine, "release_savepoint", _forget_savepoint)
    event.listen(Engine, "rollback_savepoint", _forget_since_savepoint)
    event.listen(Engine, "rollback", lambda connection: _changes(connection).clear())
    event.listen(Engine, "commit", lambda connection: _judge(connection, deeds))
    return deeds


def _changes(connection: Connection) -> list[str]:
    changes: list[str] = connection.info.setdefault("changed_tables", [])
    return changes


def _note(connection: Connection, cursor: Any, statement: str, *_more: Any) -> None:
    found = _CHANGE.match(statement)
    if found and cursor.rowcount != 0:
        _changes(connection).append(found.group(1))


def _last_savepoint(changes: list[str]) -> int:
    """Savepoints end in the order opposite to that in which they began."""
    return len(changes) - 1 - changes[::-1].index(_SAVEPOINT)


def _forget_savepoint(connection: Connection, _name: str, _context: Any) -> None:
    changes = _changes(connection)
    del changes[_last_savepoint(changes)]


def _forget_since_savepoint(connection: Connection, _name: str, _context: Any) -> None:
    changes = _changes(connection)
    del changes[_last_savepoint(changes) :]


def _judge(connection: Connection, deeds: Deeds) -> None:
    changed = set(_changes(connection)) - {_SAVEPOINT}
    _changes(connection).clear()
    if not has_request_context() or request.method in _READING:
        return
    endpoint = request.endpoint or ""
    if _LEDGER in changed:
        deeds.recorded.add(endpoint)
    elif (unrecorded := changed - NO_DEED.keys()) and endpoint not in UNRECORDED:
        connection.connection.rollback()
        raise UnrecordedDeed(f"{request.method} {endpoint} changed {sorted(unrecorded)} and left no line")
