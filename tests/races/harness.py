"""People who act at the same moment, over a real server on this machine.

A round is void unless its requests really were under way together: a race that nobody ran proves nothing.
"""

import http.client
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import uuid4

from flask import Flask
from sqlmodel import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from models.organization import User, UserSession
from web.common.identity import token_digest

AT_ONCE = 32
_TIMEOUT_S = 120


@dataclass(frozen=True)
class Reply:
    """What one request was answered, and when it was under way (`time.perf_counter`)."""

    status: int
    location: str
    text: str
    sent_at: float
    answered_at: float


@dataclass
class Person:
    """A signed-in browser with a connection of its own."""

    port: int
    cookie: str
    name: str = ""
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def post(self, path: str, **fields: object) -> Reply:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": self.cookie}
        connection = self._connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_S)
        self._connection = connection
        sent_at = time.perf_counter()
        connection.request("POST", path, urlencode(fields, doseq=True), headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        return Reply(answer.status, answer.headers.get("Location", ""), text, sent_at, time.perf_counter())

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


@contextmanager
def serving(app: Flask) -> Iterator[int]:
    """Serve the app with a thread for every request; gives the port."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


class _Silent(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Thirty-two lines a round would hide what failed."""


def signed_in(app: Flask, session: Session, user: User, port: int) -> Person:
    """A browser in which the user is signed in, by a session row of its own. The caller commits."""
    token = f"race-{user.id}-{uuid4()}"
    session.add(UserSession(token_digest=token_digest(token), user_id=user.id or 0))
    return Person(port, _cookie(app, {"_user_id": token, "_fresh": True}), user.full_name)


def stranger(app: Flask, port: int) -> Person:
    """A browser that nobody is signed in to, known by the secret behind its forms' tokens."""
    return Person(port, _cookie(app, {"csrf_token": uuid4().hex}))


def _cookie(app: Flask, values: dict[str, object]) -> str:
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return f"{app.config['SESSION_COOKIE_NAME']}={serializer.dumps(values)}"


class Crowd:
    """Threads that wait for each other before each round."""

    def __init__(self, size: int = AT_ONCE) -> None:
        self._pool = ThreadPoolExecutor(size)

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def together(self, *deeds: Callable[[], Reply]) -> list[Reply]:
        """Do all at the same moment; replies in the order of the deeds. Fails if they were not under way together."""
        start = threading.Barrier(len(deeds))

        def do(deed: Callable[[], Reply]) -> Reply:
            start.wait()
            return deed()

        replies = list(self._pool.map(do, deeds))
        require_load(replies)
        return replies


def require_load(replies: Sequence[Reply]) -> None:
    """Void unless at least half of the requests were sent before the first was answered."""
    first_answer = min(reply.answered_at for reply in replies)
    n_before = sum(reply.sent_at < first_answer for reply in replies)
    if n_before < max(2, len(replies) // 2):
        raise AssertionError(f"void: {n_before} of {len(replies)} requests were sent before the first answer")
