"""People who act at the same moment, over a real server on this machine.

Rounds are void unless their requests really were under way together: a race that nobody ran proves nothing.
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
_at_once = threading.local()


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
        """Send a form; inside `Crowd.together` its last byte only when everybody else's is ready to go."""
        connection = self._connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_S)
        self._connection = connection
        body = (urlencode(fields, doseq=True) or "nothing=").encode("ascii")
        connection.putrequest("POST", path)
        connection.putheader("Content-Type", "application/x-www-form-urlencoded")
        connection.putheader("Content-Length", str(len(body)))
        connection.putheader("Cookie", self.cookie)
        connection.endheaders(body[:-1])
        gate = getattr(_at_once, "gate", None)
        if gate is not None:
            gate.wait()
        sent_at = time.perf_counter()
        connection.send(body[-1:])
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
    """Threads that wait for each other before each round. Leaving it fails if the rounds were no races."""

    def __init__(self, size: int = AT_ONCE) -> None:
        self._pool = ThreadPoolExecutor(size)
        self._races: list[bool] = []

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        self._pool.shutdown()
        if failed is None:
            require_load(self._races)

    def together(self, *deeds: Callable[[], Reply]) -> list[Reply]:
        """Do all at the same moment, one request each; replies in the order of the deeds."""
        gate = threading.Barrier(len(deeds), timeout=_TIMEOUT_S)

        def do(deed: Callable[[], Reply]) -> Reply:
            _at_once.gate = gate
            try:
                return deed()
            finally:
                _at_once.gate = None

        replies = list(self._pool.map(do, deeds))
        self._races.append(were_together(replies))
        return replies


def were_together(replies: Sequence[Reply]) -> bool:
    """Whether at least two, and at least half, of the requests were sent before the first was answered."""
    first_answer = min(reply.answered_at for reply in replies)
    return sum(reply.sent_at < first_answer for reply in replies) >= max(2, len(replies) // 2)


def require_load(races: Sequence[bool]) -> None:
    """Void unless at least half of the rounds were races; the other rounds count as well, for what they had to keep."""
    if sum(races) * 2 < len(races):
        raise AssertionError(f"void: in {len(races) - sum(races)} of {len(races)} rounds one came after the other")
