"""A real web server, run as in deploy/, which a test starts, asks, kills and starts again."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from alembic import command
from alembic.config import Config
from flask import Flask, session
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import generate_csrf
from sqlalchemy import Engine

from models.organization import UserSession
from models.session import unit_of_work
from startup import MIGRATIONS
from web.common.idempotency import HEADER
from web.common.identity import token_digest

ROOT = Path(__file__).parents[2]
KEY = "0123456789abcdef" * 4
_START_S = 90
_ANSWER_S = 30


@dataclass(frozen=True)
class Visitor:
    """Somebody signed in: the cookie, and the token that each form carries."""

    cookie: str
    csrf_token: str


def stamp(engine: Engine) -> None:
    """Put the newest schema's name on a database whose tables were made by the models."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    command.stamp(config, "head")


def sign_in(engine: Engine, user_id: int) -> Visitor:
    """A session row, and the cookie that the server itself would have set for it."""
    token = f"token of {user_id}"
    with unit_of_work(engine) as own:
        own.add(UserSession(token_digest=token_digest(token), user_id=user_id))
    signing = Flask("signing")
    signing.secret_key = KEY
    serializer = SecureCookieSessionInterface().get_signing_serializer(signing)
    assert serializer is not None
    with signing.test_request_context():
        csrf_token = generate_csrf()
        values = {"_user_id": token, "_fresh": True, "_permanent": True, **session}
        return Visitor(f"lianrong={serializer.dumps(values)}", csrf_token)


class Server:
    """gunicorn with its workers, in a process group of its own, which is forked from a process that has the program."""

    group = 0
    mould: Any

    def __init__(
        self, url: str, folder: Path, variant: str = "plain", *,
        under: tuple[str, ...] = (), log: Path | None = None, **environment: str,
    ) -> None:  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = log or folder / "server.log"
        self.command = [*under, sys.executable, "-m", "tests.faults.served", variant]
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("LIANRONG_", "FLASK_"))}
        self.environment = plain | {
            "LIANRONG_ENVIRONMENT": "production",
            "LIANRONG_DATA_DIR": str(folder),
            "LIANRONG_DATABASE_URL": url,
            "LIANRONG_SECRET_KEY": KEY,
            "LIANRONG_SECURE_COOKIES": "true",
            "LIANRONG_SECOND_FACTOR_REQUIRED": "false",
            "LIANRONG_RELEASES_PER_DAY": "1000000",
            "LIANRONG_BIND": f"127.0.0.1:{self.port}",
            "WEB_CONCURRENCY": "2",
        } | environment  # fmt: skip

    def start(self) -> None:
        """Start, and come back when it serves. The program is loaded already and only forks: loading takes seconds."""
        self.mould.stdin.write(b"start\n")
        self.mould.stdin.flush()
        self.group = int(self.mould.stdout.readline())
        until = time.monotonic() + _START_S
        while not self._serves():
            assert self._is_there(), self.log.read_text()[-2000:]
            assert time.monotonic() < until, "the server does not start"
            time.sleep(0.02)

    def _is_there(self) -> bool:
        try:
            os.killpg(self.group, 0)
        except ProcessLookupError:
            return False
        return True

    def _serves(self) -> bool:
        try:
            return self.get("/healthz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def kill(self) -> None:
        """The end of the whole group, without warning; comes back when none of it is left."""
        os.killpg(self.group, signal.SIGKILL)
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + _START_S
        while self._is_there():
            assert time.monotonic() < until, "the server does not end"
            time.sleep(0.005)

    def __enter__(self) -> Self:
        with self.log.open("ab") as log:
            self.mould = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._is_there():
            self.kill()
        self.mould.stdin.close()
        self.mould.wait(_START_S)
        self.mould.stdout.close()

    def post(self, path: str, visitor: Visitor, values: dict[str, str], key: str = "") -> int:
        """Send a form; the status of the answer. Raises OSError and HTTPException where there is none."""
        body = urlencode(values | {"csrf_token": visitor.csrf_token}).encode()
        return self.send("POST", path, visitor, body, key=key)[0]

    def get(self, path: str, visitor: Visitor | None = None) -> tuple[int, str]:
        """Status and text of a page."""
        return self.send("GET", path, visitor)

    def send(
        self, method: str, path: str, visitor: Visitor | None = None, body: bytes | None = None, *,
        media_type: str = "application/x-www-form-urlencoded", key: str = "",
    ) -> tuple[int, str]:  # fmt: skip
        """Status and text of the answer. Raises OSError and HTTPException where there is none."""
        headers = {"Content-Type": media_type} | ({HEADER: key} if key else {})
        headers |= {"Cookie": visitor.cookie} if visitor else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_ANSWER_S)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()
