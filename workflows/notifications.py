"""Messages into the outbox. They are composed when sent: a row holds names and codes, never a confidential figure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, or_, select

from access.actor import Actor
from models.base import now
from models.organization import Membership, User
from models.outbox import OutboxMessage
from vocabulary.lifecycles import OUTBOX, OutboxStatus, UserStatus
from workflows.calendar import today
from workflows.transitions import advance

_NOT_GONE = (OutboxStatus.WAITING, OutboxStatus.FAILED)


def queue_mail(
    session: Session,
    *,
    recipient: str,
    language: str | None,
    template: str,
    values: dict[str, Any],
    pairing_id: int | None = None,
    send_after: datetime | None = None,
) -> OutboxMessage:
    """Add one message; `templates/emails/<template>.<language>.txt` is its text, first line the subject."""
    message = OutboxMessage(
        recipient=recipient,
        language=language or "zh",
        template=template,
        values=values,
        pairing_id=pairing_id,
        send_after=send_after or now(),
    )
    session.add(message)
    return message


def queue_to_members(
    session: Session,
    organization_ids: Sequence[int],
    *,
    template: str,
    values: dict[str, Any],
    pairing_id: int | None = None,
    send_after: datetime | None = None,
) -> None:
    """One message to each present member of the organizations, in the member's own language."""
    for user in _members(session, organization_ids):
        queue_mail(
            session,
            recipient=user.email,
            language=user.language,
            template=template,
            values=values,
            pairing_id=pairing_id,
            send_after=send_after,
        )


def cancel_messages(session: Session, actor: Actor, pairing_id: int) -> int:
    """Cancel what was not sent yet about a pairing; returns how many messages."""
    messages = session.exec(
        select(OutboxMessage).where(OutboxMessage.pairing_id == pairing_id, col(OutboxMessage.status).in_(_NOT_GONE))
    ).all()
    for message in messages:
        advance(session, actor, OUTBOX, message, OutboxStatus.CANCELLED)
    return len(messages)


def send_messages_at(session: Session, pairing_id: int, at: datetime) -> None:
    """Bring what waits about a pairing forward: an official ended its hold time early."""
    session.connection().execute(
        update(OutboxMessage)
        .where(col(OutboxMessage.pairing_id) == pairing_id, col(OutboxMessage.status) == OutboxStatus.WAITING)
        .values(send_after=at)
    )


def _members(session: Session, organization_ids: Sequence[int]) -> Sequence[User]:
    return session.exec(
        select(User)
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(
            col(Membership.organization_id).in_(organization_ids),
            col(Membership.ended_at).is_(None),
            or_(col(Membership.ends_on).is_(None), col(Membership.ends_on) >= today()),
            User.status == UserStatus.ACTIVE,
        )
        .distinct()
        .order_by(col(User.id))
    ).all()
