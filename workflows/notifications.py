"""News for people: a line in the inbox and, as the person chose, mail in the outbox.

Both are composed when shown or sent: a row holds names and codes, never a confidential figure. Titles are typed by
people, so amounts and telephone numbers in them are left out here, once for all events.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, or_, select

from access.actor import Actor
from access.lists.notices import is_held_back
from models.base import now
from models.notice import Notice, NoticePreference
from models.organization import Membership, User
from models.outbox import OutboxMessage
from vocabulary.discretion import discreet
from vocabulary.events import UNDELIVERABLE, EventCategory, Frequency, event_of, frequency_of
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
) -> OutboxMessage | None:
    """Tell whoever has this address of the event `template`: by mail, and in the inbox if it is a person's account.

    Gives the message, or None if the person chose a daily mail or none. Raises KeyError for an unknown event.
    """
    event = event_of(template)
    user = None
    if event.is_in_inbox:
        user, values = _account(session, recipient), discreet(values)
    frequency = Frequency.AT_ONCE
    if user is not None:
        frequency = _frequencies(session, [user], template)[user.id or 0]
        membership = _membership(session, user)
        _add_notice(session, user, membership, template, values, frequency, pairing_id, send_after)
    if frequency is not Frequency.AT_ONCE:
        return None
    return _add_message(session, recipient, language, template, values, pairing_id, send_after)


def queue_to_members(
    session: Session,
    organization_ids: Sequence[int],
    *,
    template: str,
    values: dict[str, Any],
    pairing_id: int | None = None,
    send_after: datetime | None = None,
    except_user_id: int | None = None,
) -> None:
    """Tell each present member of the organizations of the event `template`, each as that person chose.

    Whoever did the deed (`except_user_id`) is not told of it.

    Rows written: one `notice` for each, visible from `send_after` on; messages queued: for those who get mail at once,
    in the member's own language. Raises KeyError for an event that is not in the table.
    """
    event = event_of(template)
    values = discreet(values)
    members = [pair for pair in _members(session, organization_ids) if pair[0].id != except_user_id]
    frequencies = _frequencies(session, [user for user, _organization_id in members], template)
    for user, organization_id in members:
        frequency = frequencies[user.id or 0]
        if event.is_in_inbox:
            _add_notice(session, user, organization_id, template, values, frequency, pairing_id, send_after)
        if frequency is Frequency.AT_ONCE:
            _add_message(session, user.email, user.language, template, values, pairing_id, send_after)


def cancel_messages(session: Session, actor: Actor, pairing_id: int) -> int:
    """Cancel what was not sent yet about a pairing, and take back what no inbox has shown; returns how many messages.

    To be called before the pairing leaves its hold: what is held back is known by the pairing's status.
    """
    session.flush()
    session.connection().execute(delete(Notice).where(col(Notice.pairing_id) == pairing_id, is_held_back(now())))
    messages = session.exec(
        select(OutboxMessage).where(OutboxMessage.pairing_id == pairing_id, col(OutboxMessage.status).in_(_NOT_GONE))
    ).all()
    for message in messages:
        advance(session, actor, OUTBOX, message, OutboxStatus.CANCELLED)
    return len(messages)


def send_messages_at(session: Session, pairing_id: int, at: datetime) -> None:
    """Bring what waits about a pairing forward: an official ended its hold time early."""
    session.flush()
    session.connection().execute(
        update(OutboxMessage)
        .where(col(OutboxMessage.pairing_id) == pairing_id, col(OutboxMessage.status) == OutboxStatus.WAITING)
        .values(send_after=at)
    )
    session.connection().execute(
        update(Notice)
        .where(col(Notice.pairing_id) == pairing_id, col(Notice.visible_from) > at)
        .values(visible_from=at)
    )


def say_undeliverable(session: Session, address: str) -> None:
    """Tell the owner of an account, in its inbox, that mail to its address does not arrive; once until it is read."""
    user = _account(session, address)
    if user is None:
        return
    is_said = select(Notice.id).where(
        Notice.user_id == user.id, Notice.event == UNDELIVERABLE, col(Notice.read_at).is_(None)
    )
    if session.exec(is_said).first() is None:
        _add_notice(session, user, None, UNDELIVERABLE, {"address": address}, Frequency.OFF, None, None)


def add_message_for(session: Session, user: User, event: str, values: dict[str, Any]) -> OutboxMessage:
    """Mail to one person in the person's own language, without a line in the inbox."""
    return _add_message(session, user.email, user.language, event, values, None, None)


def chosen_by(session: Session, user_ids: Sequence[int]) -> Mapping[int, dict[EventCategory, Frequency]]:
    """What each of these people chose; categories without a choice are left out."""
    chosen: dict[int, dict[EventCategory, Frequency]] = {user_id: {} for user_id in user_ids}
    rows = session.exec(select(NoticePreference).where(col(NoticePreference.user_id).in_(user_ids))).all()
    for row in rows:
        chosen[row.user_id][row.category] = row.frequency
    return chosen


def _frequencies(session: Session, users: Sequence[User], event: str) -> dict[int, Frequency]:
    chosen = chosen_by(session, [user.id or 0 for user in users])
    return {user_id: frequency_of(event, own) for user_id, own in chosen.items()}


def _add_notice(
    session: Session,
    user: User,
    organization_id: int | None,
    event: str,
    values: dict[str, Any],
    frequency: Frequency,
    pairing_id: int | None,
    visible_from: datetime | None,
) -> None:
    session.add(
        Notice(
            user_id=user.id or 0,
            organization_id=organization_id,
            event=event,
            values=values,
            pairing_id=pairing_id,
            visible_from=visible_from or now(),
            frequency=frequency,
        )
    )


def _add_message(
    session: Session,
    recipient: str,
    language: str | None,
    template: str,
    values: dict[str, Any],
    pairing_id: int | None,
    send_after: datetime | None,
) -> OutboxMessage:
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


def _account(session: Session, email: str) -> User | None:
    return session.exec(select(User).where(User.email == email, User.status == UserStatus.ACTIVE)).first()


def _membership(session: Session, user: User) -> int | None:
    """The organization for which the person acts now."""
    return session.exec(
        select(Membership.organization_id)
        .where(Membership.user_id == user.id, *is_present())
        .order_by(col(Membership.id))
        .limit(1)
    ).first()


def is_present() -> tuple[Any, ...]:
    """Conditions of a membership that has not ended."""
    return (
        col(Membership.ended_at).is_(None),
        or_(col(Membership.ends_on).is_(None), col(Membership.ends_on) >= today()),
    )


def _members(session: Session, organization_ids: Sequence[int]) -> list[tuple[User, int]]:
    """Each person once, with the organization as whose member the person is told."""
    rows = session.exec(
        select(User, func.min(Membership.organization_id))
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(
            col(Membership.organization_id).in_(organization_ids),
            *is_present(),
            User.status == UserStatus.ACTIVE,
        )
        .group_by(col(User.id))
        .order_by(col(User.id))
    ).all()
    return [(user, organization_id) for user, organization_id in rows]
