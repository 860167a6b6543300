"""Messages that are due go out, each once."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, or_, select

from access.actor import SYSTEM
from models.outbox import OutboxMessage
from models.pairing import Pairing
from models.session import open_session, unit_of_work
from vocabulary.lifecycles import OUTBOX, OutboxStatus, PairingStatus
from workflows.errors import StepNotAllowed
from workflows.notifications import say_undeliverable
from workflows.transitions import advance

log = logging.getLogger(__name__)

Deliver = Callable[[str, str, str, dict[str, Any]], None]
"""(recipient, language, template, values): composes one message and hands it over; raises where that fails."""

MAX_ATTEMPTS = 5
_FIRST_WAIT = timedelta(minutes=2)
_STUCK = timedelta(minutes=10)
_SECRET = ("password_reset", "invitation")
"""Templates whose values hold a link that opens something: not kept once sent."""


def send_due(engine: Engine, deliver: Deliver, at: datetime) -> int:
    """Send what is due at a moment; returns how many messages went out.

    A message is claimed (waiting or failed -> sending) in a transaction of its own before it is handed over, so of
    two processes one sends it. Mail about a pairing that is still within its hold time waits.
    """
    _release_stuck(engine, at)
    return sum(_send(engine, deliver, message_id, at) for message_id in _due(engine, at))


def _due(engine: Engine, at: datetime) -> list[int]:
    with open_session(engine, read_only=True) as session:
        rows = session.exec(
            select(OutboxMessage.id)
            .outerjoin(Pairing, col(Pairing.id) == OutboxMessage.pairing_id)
            .where(
                OutboxMessage.send_after <= at,
                or_(
                    OutboxMessage.status == OutboxStatus.WAITING,
                    (col(OutboxMessage.status) == OutboxStatus.FAILED) & (col(OutboxMessage.attempts) < MAX_ATTEMPTS),
                ),
                or_(col(Pairing.id).is_(None), Pairing.status != PairingStatus.CONFIRMED),
            )
            .order_by(col(OutboxMessage.id))
            .limit(200)
        ).all()
        return [row for row in rows if row is not None]


def _send(engine: Engine, deliver: Deliver, message_id: int, at: datetime) -> bool:
    try:
        with unit_of_work(engine) as session:
            message = session.get_one(OutboxMessage, message_id)
            advance(session, SYSTEM, OUTBOX, message, OutboxStatus.SENDING)
    except StepNotAllowed:  # another process was first, or it was cancelled
        return False
    try:
        deliver(message.recipient, message.language, message.template, message.values)
    except Exception as error:  # one message that cannot be sent must not hold up the others
        log.warning("message %s was not sent: %s", message_id, error)
        with unit_of_work(engine) as session:
            _fail(session, session.get_one(OutboxMessage, message_id), f"{type(error).__name__}: {error}", at)
        return False
    with unit_of_work(engine) as session:
        message = session.get_one(OutboxMessage, message_id)
        kept = {} if message.template in _SECRET else message.values
        advance(session, SYSTEM, OUTBOX, message, OutboxStatus.SENT, sent_at=at, values=kept)
    return True


def _release_stuck(engine: Engine, at: datetime) -> None:
    """What a killed process left in `sending` counts as failed and is tried again."""
    with unit_of_work(engine) as session:
        for message in session.exec(
            select(OutboxMessage).where(
                OutboxMessage.status == OutboxStatus.SENDING, OutboxMessage.status_changed_at < at - _STUCK
            )
        ).all():
            _fail(session, message, "interrupted while sending", at)


def _fail(session: Session, message: OutboxMessage, why: str, at: datetime) -> None:
    attempts = message.attempts + 1
    if attempts == MAX_ATTEMPTS:
        say_undeliverable(session, message.recipient)
    advance(
        session,
        SYSTEM,
        OUTBOX,
        message,
        OutboxStatus.FAILED,
        attempts=attempts,
        last_error=why[:500],
        send_after=at + _FIRST_WAIT * 2**attempts,
    )
