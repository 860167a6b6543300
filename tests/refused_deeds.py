"""Tries each form of the suite once while the ledger takes no rows: then there must be no deed.

`install` gives the application a test client that sends each form twice until it was tried: first as on a disk that is
full for the ledger alone. If the form wanted to leave a line, the request must fail, and no row that is a deed may be
committed (`tests/recorded_deeds.py` judges that commit, as every other); what is committed all the same is undone. Then
the form is sent in earnest. So whoever catches the ledger's error and goes on is found, whatever the form.
"""

import io
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.test import run_wsgi_app

from models.sqlite import driver
from vocabulary.audit_actions import ACTIONS, AuditAction

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_LINE = re.compile(r'INSERT INTO "?audit_event\b')
_MOST_TRIES = 30
"""Of a form that has not wanted to leave a line yet: some never do, and some tests send a thousand."""
_FULL = "database or disk is full"


class DeedWithoutLine(AssertionError):
    """A form was answered as if done although its line could not be written."""


class RefusedDeeds:
    """What was tried so far. `is_on`: not in tests that count calls, replace parts, or take time."""

    def __init__(self) -> None:
        self.is_on = False
        self.refused: set[str] = set()
        self._tries: Counter[str] = Counter()

    def wants(self, app: Flask, environ: dict[str, Any]) -> str | None:
        """The endpoint, if this request should be tried."""
        if not self.is_on or environ["REQUEST_METHOD"] in _READING:
            return None
        try:
            endpoint, _values = app.url_map.bind_to_environ(environ).match()
        except HTTPException:
            return None
        self._tries[endpoint] += 1
        return None if endpoint in self.refused or self._tries[endpoint] > _MOST_TRIES else str(endpoint)

    def attempt(self, app: Flask, endpoint: str, environ: dict[str, Any]) -> None:
        """Send the request while the ledger takes no rows, and leave nothing behind. Raises DeedWithoutLine."""
        engine = app.extensions["engine"]
        with _refusing(engine) as lines:
            try:
                _body, status, _headers = run_wsgi_app(app, environ, buffered=True)
            except OperationalError as failed:
                if _FULL not in str(failed.orig):
                    raise
                status = "507"
        if not lines:
            return
        if int(status.split()[0]) < 500:
            raise DeedWithoutLine(f"{endpoint} answered {status}, and could not write {lines}")
        self.refused.add(endpoint)


DEEDS = RefusedDeeds()


def install(app: Flask) -> None:
    """Let the application's test clients try each form first."""

    class Trying(FlaskClient):
        def run_wsgi_app(self, environ: dict[str, Any], buffered: bool = False) -> Any:
            endpoint = DEEDS.wants(self.application, environ)
            if endpoint is not None:
                body = environ["wsgi.input"].read()
                self._add_cookies_to_wsgi(environ)
                trial = environ | {"wsgi.input": io.BytesIO(body)}
                trial.pop("werkzeug.debug.preserve_context", None)
                DEEDS.attempt(self.application, endpoint, trial)
                environ["wsgi.input"] = io.BytesIO(body)
            return super().run_wsgi_app(environ, buffered)

    app.test_client_class = Trying


@contextmanager
def _refusing(engine: Engine) -> Iterator[list[str]]:
    """The disk is full for each line but that of a refused attempt, which is no deed; gives what was not written.

    Whatever is committed meanwhile is judged and then undone.
    """
    lines: list[str] = []
    thread = threading.get_ident()  # others may be at work on the same database

    def refuse(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if (
            threading.get_ident() == thread
            and _LINE.match(statement)
            and AuditAction.ATTEMPT_DENIED not in str(parameters)
        ):
            lines.append(next(action for action in sorted(ACTIONS) if f"'{action}'" in str(parameters)))
            raise OperationalError(statement, None, driver.OperationalError(_FULL))

    def undo(connection: Connection) -> None:
        if threading.get_ident() == thread:
            connection.connection.rollback()

    event.listen(engine, "before_cursor_execute", refuse)
    event.listen(engine, "commit", undo)
    try:
        yield lines
    finally:
        event.remove(engine, "before_cursor_execute", refuse)
        event.remove(engine, "commit", undo)
