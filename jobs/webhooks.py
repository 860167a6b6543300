"""Sending messages to the systems of organizations: the only place that writes to an address somebody else named.

The name is resolved once, every address it has is looked at, and the connection goes to the one that was looked at, so
that a name cannot point inside after the look. Redirects are not followed and answers are not kept.
"""

import http.client
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from sqlalchemy import Engine
from sqlmodel import col, select

from jobs.attempts import Attempt
from models.base import now
from models.session import open_session, unit_of_work
from models.webhook import Webhook, WebhookDelivery
from vocabulary.integrations import DeliveryStatus, WebhookStatus
from vocabulary.jobs import JobPhase
from vocabulary.web_addresses import address_problem, is_inside
from workflows import webhooks
from workflows.errors import StepNotAllowed

log = logging.getLogger(__name__)

Send = Callable[[str, dict[str, str], bytes], int]
"""(url, headers, body) to the status code of the answer. Raises Refused or OSError."""
_CONNECT_SECONDS, _WHOLE_SECONDS = 5.0, 10.0
_AT_ONCE = 50


class Refused(Exception):
    """The address may not be written to, or did not answer in time; a code says why."""


def sender(*, may_be_inside: bool) -> Send:
    """How a message is sent; only with `may_be_inside` to private networks and without encryption."""

    def send(url: str, headers: dict[str, str], body: bytes) -> int:
        if (wrong := address_problem(url, may_be_inside=may_be_inside)) is not None:
            raise Refused(wrong)
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = parts.hostname or ""
        address = _resolved(host, port, may_be_inside=may_be_inside)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return _post(parts.scheme, host, port, address, path, headers, body)

    return send


def _resolved(host: str, port: int, *, may_be_inside: bool) -> str:
    """The address to connect to. One that is inside among several refuses them all."""
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except UnicodeError as error:  # a part of the name is longer than names may be
        raise Refused("unreachable") from error
    if not found or (not may_be_inside and any(is_inside(address.partition("%")[0]) for address in found)):
        raise Refused("is_inside")
    return found[0]


def _post(scheme: str, host: str, port: int, address: str, path: str, headers: dict[str, str], body: bytes) -> int:
    """Raises Refused when the whole takes too long, whatever drips in meanwhile."""
    connection = http.client.HTTPConnection(host, port, timeout=_CONNECT_SECONDS)
    plain = socket.create_connection((address, port), timeout=_CONNECT_SECONDS)
    line = plain.dup()  # TLS takes the socket away; this still ends the connection
    late = threading.Timer(_WHOLE_SECONDS, line.shutdown, (socket.SHUT_RDWR,))
    late.daemon = True
    ends_at = time.monotonic() + _WHOLE_SECONDS
    try:
        late.start()
        connection.sock = (
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) if scheme == "https" else plain
        )
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    except (http.client.HTTPException, OSError) as error:
        if time.monotonic() >= ends_at:
            raise Refused("timeout") from error
        if isinstance(error, http.client.HTTPException):
            raise Refused("no_http") from error
        raise
    finally:
        late.cancel()
        connection.close()
        plain.close()
        line.close()


def do_webhook(attempt: Attempt, send: Send, key: str) -> None:
    """The job of one webhook: what is due is sent, oldest first; what fails waits longer. Sent again if a worker dies
    between sending and noting, with the same id."""
    webhook_id = attempt.arguments["webhook_id"]
    with open_session(attempt.engine, read_only=True) as session:
        webhook = session.get_one(Webhook, webhook_id)
        due = session.exec(
            select(WebhookDelivery)
            .where(
                WebhookDelivery.webhook_id == webhook_id,
                WebhookDelivery.status == DeliveryStatus.WAITING,
                WebhookDelivery.due_at <= now(),
            )
            .order_by(col(WebhookDelivery.id))
            .limit(_AT_ONCE)
        ).all()
    for n_done, delivery in enumerate(due if webhook.status is WebhookStatus.ACTIVE else ()):
        attempt.say(JobPhase.SENDING, n_done, len(due))
        answer, error = _tried(webhook, delivery, send, key)
        _note(attempt.engine, delivery.id, answer, error)
    with attempt.finishing():
        pass


def _tried(webhook: Webhook, delivery: WebhookDelivery, send: Send, key: str) -> tuple[int | None, str]:
    try:
        headers = webhooks.signed_headers(webhook, delivery, key=key, at=now())
    except ValueError:
        return None, "sealed"
    try:
        answer = send(webhook.url, headers, delivery.body.encode())
    except Refused as refused:
        return None, str(refused)
    except ssl.SSLCertVerificationError:
        return None, "certificate"
    except TimeoutError:
        return None, "timeout"
    except OSError as error:  # unknown names and refused connections among them
        log.info("webhook %s: %s", webhook.public_id, type(error).__name__)
        return None, "unreachable"
    return answer, "" if 200 <= answer < 300 else "answer"


def _note(engine: Engine, delivery_id: int | None, answer: int | None, error: str) -> None:
    try:
        with unit_of_work(engine) as session:
            delivery = session.get_one(WebhookDelivery, delivery_id)
            if error:
                webhooks.note_failed(session, delivery, answer, error)
            else:
                webhooks.note_taken(session, delivery, answer or 0)
    except StepNotAllowed:
        log.warning("delivery %s was noted by another process", delivery_id)
