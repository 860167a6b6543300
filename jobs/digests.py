"""Once a day, everybody who chose so gets one mail with what is new."""

import logging
from collections.abc import Sequence
from datetime import date, datetime, time

from sqlalchemy import Engine
from sqlmodel import col, select

from models.notice import Notice, NoticeDigest
from models.session import open_session, unit_of_work
from workflows.calendar import SHANGHAI, city_day
from workflows.digests import gather, is_pending

log = logging.getLogger(__name__)


def send_digests(engine: Engine, at: datetime, hour: int) -> int:
    """Queue the daily mail of the day of `at` once it is `hour` o'clock in Shanghai; returns how many were queued.

    A person's mail is one transaction: a killed process leaves it done or not begun. What happens after the hour waits
    for the next day, also if the server was down at that hour and this runs late.
    """
    day, until = _day_of(at, hour)
    queued = 0
    for user_id in who_waits(engine, at, hour):
        try:
            with unit_of_work(engine) as session:
                queued += gather(session, user_id, day=day, until=until)
        except Exception:  # the loop of a job: log the person and go on
            log.exception("daily mail of user %s failed", user_id)
    return queued


def who_waits(engine: Engine, at: datetime, hour: int) -> Sequence[int]:
    """Users whose daily mail of the day of `at` is due and not written."""
    day, until = _day_of(at, hour)
    if at < until:
        return []
    with open_session(engine, read_only=True) as session:
        dealt_with = select(NoticeDigest.user_id).where(NoticeDigest.day == day)
        return session.exec(
            select(Notice.user_id)
            .where(is_pending(until), col(Notice.user_id).not_in(dealt_with))
            .distinct()
            .order_by(col(Notice.user_id))
        ).all()


def _day_of(at: datetime, hour: int) -> tuple[date, datetime]:
    """The city's day, and its moment up to which news counts."""
    day = city_day(at)
    return day, datetime.combine(day, time(hour), SHANGHAI)
