"""The daily mail: what is new to a person and still true, gathered into one message."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, not_, or_, select

from access.lists.notices import is_held_back
from models.notice import Notice, NoticeDigest
from models.organization import Membership, User
from models.pairing import Pairing
from models.roadshow import Roadshow
from vocabulary.events import DIGEST, Frequency, event_of
from vocabulary.lifecycles import RoadshowStatus, UserStatus
from workflows import consents
from workflows.notifications import add_message_for, is_present


def is_pending(until: datetime) -> Any:
    """Notices from before `until` that wait for a daily mail."""
    return (
        (col(Notice.frequency) == Frequency.DAILY)
        & col(Notice.digested_on).is_(None)
        & (col(Notice.created_at) < until)
        & (col(Notice.visible_from) < until)
    )


def gather(session: Session, user_id: int, *, day: date, until: datetime) -> bool:
    """Queue the daily mail of one person and day; returns whether there was anything to say.

    Rows written, all in the caller's transaction: one `notice_digest`, whose uniqueness lets only one process do it,
    the mark on every notice it dealt with, and one message. What was read, overtaken or ended meanwhile is left out
    for good; what is still held back waits for the next day.
    """
    mark = NoticeDigest(user_id=user_id, day=day)
    try:
        with session.begin_nested():
            session.add(mark)
    except IntegrityError:  # another process dealt with this person today
        return False
    user = session.get_one(User, user_id)
    notices = session.exec(
        select(Notice)
        .where(Notice.user_id == user_id, is_pending(until), not_(is_held_back(until)))
        .order_by(col(Notice.id))
    ).all()
    for notice in notices:
        notice.digested_on = day
        session.add(notice)
    fresh = _still_true(session, _newest_of_each([row for row in notices if _concerns(session, user, row)]), day)
    if fresh:
        items = [[notice.event, notice.values] for notice in fresh]
        message = add_message_for(
            session, user, DIGEST, {"name": user.full_name, "day": day.isoformat(), "items": items}
        )
        session.flush()
        mark.outbox_message_id = message.id
        session.add(mark)
    session.flush()
    return bool(fresh)


def _concerns(session: Session, user: User, notice: Notice) -> bool:
    """Unread, and the person is still there to be told, as a member of the same organization."""
    if notice.read_at is not None or user.status is not UserStatus.ACTIVE:
        return False
    return notice.organization_id is None or notice.organization_id in _organizations(session, user)


def _organizations(session: Session, user: User) -> set[int]:
    return set(
        session.exec(select(Membership.organization_id).where(Membership.user_id == user.id, *is_present())).all()
    )


def _newest_of_each(notices: Sequence[Notice]) -> list[Notice]:
    """Of several about the same thing the last, at its place in time."""
    last = {_topic(notice): notice for notice in notices}
    return sorted(last.values(), key=lambda notice: notice.id or 0)


def _topic(notice: Notice) -> tuple[Any, ...]:
    about = event_of(notice.event).topic or notice.event
    names = tuple(sorted((name, str(value)) for name, value in notice.values.items() if name not in _DETAILS))
    return about, notice.organization_id, notice.pairing_id, names


_DETAILS = ("changes", "reason", "note", "held_on", "starts_at", "venue", "due_on", "is_late")
"""Values that may differ between two notices about the same thing."""


def _still_true(session: Session, notices: Sequence[Notice], day: date) -> list[Notice]:
    ids = {notice.pairing_id for notice in notices if notice.pairing_id}
    pairings = {row.id: row for row in session.exec(select(Pairing).where(col(Pairing.id).in_(ids))).all()}
    names = {notice.values["roadshow"] for notice in notices if notice.values.get("roadshow")}
    cancelled = set(
        session.exec(
            select(Roadshow.public_id).where(
                col(Roadshow.public_id).in_(names),
                or_(col(Roadshow.status) == RoadshowStatus.CANCELLED, col(Roadshow.held_on) < day),
            )
        ).all()
    )
    return [
        notice
        for notice in notices
        if _holds(session, notice, pairings.get(notice.pairing_id), day)
        and (notice.values.get("roadshow") not in cancelled or notice.values.get("event") == "cancelled")
    ]


def _holds(session: Session, notice: Notice, pairing: Pairing | None, day: date) -> bool:
    true_while = event_of(notice.event).true_while
    if pairing is None or not true_while:
        return True
    if notice.event == "consent_requested" and consents.for_pairing(session, pairing, day) is not None:
        return False
    return pairing.status in true_while
