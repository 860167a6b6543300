"""Telling other systems what happened: webhooks, the messages that the ledger gives rise to, and what became of each.

The ledger is the outbox: every row is written with its deed, in one order and without gaps, so that whoever looks for
new rows misses none, and the UNIQUE constraint keeps a second look from telling twice.
"""

import base64
import hashlib
import hmac
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import InvalidToken
from sqlalchemy import func, update
from sqlmodel import Session, col, select

from access.actor import SYSTEM, Actor
from access.permissions import Permission
from access.rules import is_own, require, require_rule
from access.webhooks import events_of, message_of
from models.audit_event import AuditEvent
from models.base import new_public_id, now
from models.organization import Organization
from models.webhook import Webhook, WebhookDelivery
from vocabulary.audit_actions import AuditAction
from vocabulary.integrations import (
    DELIVERY,
    WAITS_MINUTES,
    WEBHOOK,
    WEBHOOKS_AT_ONCE,
    DeliveryStatus,
    WebhookEvent,
    WebhookStatus,
)
from vocabulary.jobs import JobKind
from vocabulary.web_addresses import address_problem
from workflows import jobs
from workflows.audit import record
from workflows.errors import NotComplete
from workflows.sealing import cipher
from workflows.transitions import advance
from workflows.turns import take_turn

_PURPOSE = b"webhooks"
_ROWS_AT_ONCE = 500
_S, _D = WebhookStatus, DeliveryStatus


def make(
    session: Session, actor: Actor, *, url: str, events: list[WebhookEvent], key: str, may_be_inside: bool
) -> tuple[Webhook, str]:
    """Tell an address of events from now on; gives the secret that messages are signed with, to be shown once.

    Rows written: the webhook and its event. Raises NotComplete for an address or events that cannot be.
    """
    require(actor, Permission.MANAGE_INTEGRATIONS)
    assert actor.organization_id is not None
    problems = {}
    if (wrong := address_problem(url, may_be_inside=may_be_inside)) is not None:
        problems["url"] = wrong
    if not events or set(events) - set(events_of(actor)):
        problems["events"] = "required"
    take_turn(session, Organization, actor.organization_id)  # the last one is not made twice
    mine = select(func.count()).where(Webhook.organization_id == actor.organization_id)
    if session.exec(mine).one() >= WEBHOOKS_AT_ONCE:
        problems["url"] = "too_many"
    if problems:
        raise NotComplete(problems)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    webhook = Webhook(
        organization_id=actor.organization_id, made_by_id=actor.user_id or 0, url=url, events=sorted(events),
        sealed_secret=cipher(key, _PURPOSE).encrypt(secret.encode()).decode(), told_up_to=_ledger_end(session),
    )  # fmt: skip
    session.add(webhook)
    session.flush()
    record(
        session, actor, AuditAction.WEBHOOK_MADE, subject_kind="webhook", subject_id=webhook.id or 0,
        chain_id=actor.chain_id, new={"events": webhook.events}, visible_to_organization_id=actor.organization_id,
    )  # fmt: skip
    return webhook, secret


def stop(session: Session, actor: Actor, webhook: Webhook) -> None:
    """active -> stopped: nothing more is told or tried. Raises StepNotAllowed."""
    _require_own(actor, webhook)
    advance(session, actor, WEBHOOK, webhook, _S.STOPPED, visible_to_organization_id=webhook.organization_id)


def resume(session: Session, actor: Actor, webhook: Webhook) -> None:
    """stopped -> active: told of what happens from now on; what waited is tried again."""
    _require_own(actor, webhook)
    advance(
        session, actor, WEBHOOK, webhook, _S.ACTIVE, visible_to_organization_id=webhook.organization_id,
        told_up_to=_ledger_end(session),
    )  # fmt: skip


def try_again(session: Session, actor: Actor, webhook: Webhook, delivery: WebhookDelivery) -> None:
    """dead -> waiting, due at once and with all its tries again."""
    _require_own(actor, webhook)
    advance(
        session, actor, DELIVERY, delivery, _D.WAITING, visible_to_organization_id=webhook.organization_id,
        attempts=0, due_at=now(),
    )  # fmt: skip


def _require_own(actor: Actor, webhook: Webhook) -> None:
    require(actor, Permission.MANAGE_INTEGRATIONS)
    require_rule(actor, is_own, webhook, "manage_webhook")


def _ledger_end(session: Session) -> int:
    return session.exec(select(func.max(AuditEvent.id))).one() or 0


def tell(session: Session) -> int:
    """Write the messages of what the ledger got since the last look; how many. Asks for a job where some are due."""
    end, written = _ledger_end(session), 0
    behind = select(Webhook).where(Webhook.status == _S.ACTIVE, Webhook.told_up_to < end).order_by(col(Webhook.id))
    for webhook in session.exec(behind).all():
        rows = session.exec(
            select(AuditEvent)
            .where(col(AuditEvent.id) > webhook.told_up_to, col(AuditEvent.id) <= end)
            .order_by(col(AuditEvent.id))
            .limit(_ROWS_AT_ONCE)
        ).all()
        upto = rows[-1].id if len(rows) == _ROWS_AT_ONCE else end
        if not _take_rows(session, webhook, upto or end):
            continue  # another process looks at the same rows
        written += sum(_write(session, webhook, row) for row in rows)
    ask_for_due(session, now())
    return written


def _take_rows(session: Session, webhook: Webhook, upto: int) -> bool:
    mine = (col(Webhook.id) == webhook.id, col(Webhook.told_up_to) == webhook.told_up_to)
    return session.connection().execute(update(Webhook).where(*mine).values(told_up_to=upto)).rowcount == 1


def _write(session: Session, webhook: Webhook, row: AuditEvent) -> bool:
    found = message_of(session, webhook, row)
    if found is None:
        return False
    event, data = found
    public_id = new_public_id()
    body = {"id": public_id, "event": event.value, "occurred_at": row.occurred_at.isoformat(), "data": data}
    session.add(
        WebhookDelivery(
            public_id=public_id, webhook_id=webhook.id or 0, ledger_id=row.id or 0, event=event,
            body=json.dumps(body, separators=(",", ":")),
        )
    )  # fmt: skip
    session.flush()
    return True


def ask_for_due(session: Session, at: datetime) -> None:
    """A job for each active webhook that has something due; one at a time."""
    due = select(WebhookDelivery.webhook_id).where(WebhookDelivery.status == _D.WAITING, WebhookDelivery.due_at <= at)
    active = select(Webhook.id).where(Webhook.status == _S.ACTIVE, col(Webhook.id).in_(due)).order_by(col(Webhook.id))
    for webhook_id in session.exec(active).all():
        arguments = {"webhook_id": webhook_id}
        jobs.ask(session, SYSTEM, JobKind.WEBHOOK, subject=f"webhook:{webhook_id}", arguments=arguments)


def note_taken(session: Session, delivery: WebhookDelivery, answer: int) -> None:
    """waiting -> delivered. Raises StepNotAllowed if another process was faster."""
    seen = {"attempts": delivery.attempts}
    advance(
        session, SYSTEM, DELIVERY, delivery, _D.DELIVERED, only_if=seen, attempts=delivery.attempts + 1,
        delivered_at=now(), answer=answer, error="",
    )  # fmt: skip


def note_failed(session: Session, delivery: WebhookDelivery, answer: int | None, error: str) -> None:
    """Try again after a longer wait, or give it up: waiting -> dead. Raises StepNotAllowed as `note_taken`."""
    n_tries = delivery.attempts + 1
    if n_tries > len(WAITS_MINUTES):
        seen = {"attempts": delivery.attempts}
        advance(
            session, SYSTEM, DELIVERY, delivery, _D.DEAD, reason=error, only_if=seen, attempts=n_tries, answer=answer,
            error=error,
        )  # fmt: skip
        return
    due_at = now() + timedelta(minutes=WAITS_MINUTES[n_tries - 1])
    mine = (
        col(WebhookDelivery.id) == delivery.id,
        col(WebhookDelivery.status) == _D.WAITING,
        col(WebhookDelivery.attempts) == delivery.attempts,
    )
    values: dict[str, Any] = {"attempts": n_tries, "due_at": due_at, "answer": answer, "error": error}
    session.connection().execute(update(WebhookDelivery).where(*mine).values(values))


def signed_headers(webhook: Webhook, delivery: WebhookDelivery, *, key: str, at: datetime) -> dict[str, str]:
    """Headers as the Standard Webhooks specification names them: HMAC-SHA256 over id, time and body.

    Raises ValueError if the application's secret was changed since: the webhook must be made anew.
    """
    try:
        secret = cipher(key, _PURPOSE).decrypt(webhook.sealed_secret.encode()).decode()
    except InvalidToken:
        raise ValueError("sealed under another key") from None
    timestamp = str(int(at.timestamp()))
    return {
        "Content-Type": "application/json",
        "User-Agent": "Lianrong-Webhooks/1",
        "Webhook-Id": delivery.public_id,
        "Webhook-Timestamp": timestamp,
        "Webhook-Signature": "v1," + signature(secret, delivery.public_id, timestamp, delivery.body),
    }


def signature(secret: str, message_id: str, timestamp: str, body: str) -> str:
    """Base64 of the HMAC-SHA256 under the secret's bytes."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.{body}".encode()
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
