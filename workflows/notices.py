"""What a person does with the own inbox, and how often the person wants mail."""

from collections.abc import Mapping

from sqlalchemy import update
from sqlmodel import Session, col, select

from access.actor import Actor
from access.lists.notices import shown_to
from access.permissions import Permission
from access.rules import require
from models.base import now
from models.notice import Notice, NoticePreference
from vocabulary.events import SWITCHABLE, EventCategory, Frequency, codes_of
from workflows.audit import record


def mark_read(session: Session, notice: Notice) -> None:
    """Keep when the person read it; reading it again changes nothing."""
    if notice.read_at is None:
        notice.read_at = now()
        session.add(notice)
        session.flush()


def mark_all_read(session: Session, actor: Actor, *, category: EventCategory | None = None) -> int:
    """Mark what the person may see, of one category or of all; returns how many were unread."""
    at = now()
    statement = update(Notice).where(shown_to(actor, at), col(Notice.read_at).is_(None)).values(read_at=at)
    if category is not None:
        statement = statement.where(col(Notice.event).in_(codes_of(category)))
    return session.connection().execute(statement).rowcount


def choose_frequencies(session: Session, actor: Actor, wanted: Mapping[EventCategory, Frequency]) -> None:
    """Keep how often the person wants mail about each category; what waits for a daily mail follows an "off".

    Rows written: `notice_preference`, and one audit event if anything changed.
    """
    require(actor, Permission.HAVE_ACCOUNT)
    assert actor.user_id is not None
    rows = session.exec(select(NoticePreference).where(NoticePreference.user_id == actor.user_id)).all()
    kept = {row.category: row for row in rows}
    changed = {}
    for category in SWITCHABLE:
        frequency = wanted.get(category)
        row = kept.get(category)
        if frequency is None or (row is not None and row.frequency is frequency):
            continue
        changed[category.value] = frequency.value
        if row is None:
            row = NoticePreference(user_id=actor.user_id, category=category, frequency=frequency)
        row.frequency = frequency
        session.add(row)
        if frequency is Frequency.OFF:
            _leave_out_of_digest(session, actor.user_id, category)
    session.flush()
    if changed:
        record(session, actor, "notice_preferences_changed", subject_kind="user", subject_id=actor.user_id, new=changed)


def _leave_out_of_digest(session: Session, user_id: int, category: EventCategory) -> None:
    session.connection().execute(
        update(Notice)
        .where(
            col(Notice.user_id) == user_id,
            col(Notice.frequency) == Frequency.DAILY,
            col(Notice.digested_on).is_(None),
            col(Notice.event).in_(codes_of(category)),
        )
        .values(frequency=Frequency.OFF)
    )
