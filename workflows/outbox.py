"""What an administrator does about mail that failed."""

from sqlmodel import Session

from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from models.base import now
from models.outbox import OutboxMessage
from vocabulary.lifecycles import OUTBOX, OutboxStatus
from workflows.errors import StepNotAllowed
from workflows.transitions import advance


def try_again(session: Session, actor: Actor, message: OutboxMessage) -> None:
    """failed -> waiting, due at once and with all its tries again; the last error stays until the next try.

    Audit event: `outbox_message_waiting`. Raises StepNotAllowed unless it failed.
    """
    require(actor, Permission.FOLLOW_MAIL)
    advance(session, actor, OUTBOX, message, OutboxStatus.WAITING, reason="try_again", attempts=0, send_after=now())


def give_up(session: Session, actor: Actor, message: OutboxMessage) -> None:
    """failed -> cancelled: it is not tried any more. What waits for its time is not an administrator's to stop.

    Audit event: `outbox_message_cancelled`. Raises StepNotAllowed unless it failed.
    """
    require(actor, Permission.FOLLOW_MAIL)
    if message.status is not OutboxStatus.FAILED:
        raise StepNotAllowed(noun=OUTBOX.noun, current=message.status, wanted=OutboxStatus.CANCELLED)
    advance(session, actor, OUTBOX, message, OutboxStatus.CANCELLED, reason="given_up")
