"""Once a day, everybody who chose so gets one mail with what is new."""

import logging
from datetime import datetime, time

from sqlalchemy import Engine
from sqlmodel import col, select

from models.notice import Notice, NoticeDigest
from models.session import open_session, unit_of_work
from workflows.calendar import SHANGHAI
from workflows.digests import gather, is_pending

log = logging.getLogger(__name__)


def send_digests(engine: Engine, at: datetime, hour: int) -> int:
    """Queue the daily mail of the day of `at` once it is `hour` o'clock in Shanghai; returns how many were queued.

    A person's mail is one transaction: a killed process leaves it done or not begun. What happens after the hour waits
    for the next day, also if the server was down at that hour and this runs late.
    """
    day = at.astimezone(SHANGHAI).date()
    until = datetime.combine(day, time(hour), SHANGHAI)
    if at < until:
        return 0
    with open_session(engine, read_only=True) as session:
        dealt_with = select(NoticeDigest.user_id).where(NoticeDigest.day == day)
        user_ids = session.exec(
            select(Notice.user_id)
            .where(is_pending(until), col(Notice.user_id).not_in(dealt_with))
            .distinct()
            .order_by(col(Notice.user_id))
        ).all()
    queued = 0
    for user_id in user_ids:
        try:
            with unit_of_work(engine) as session:
                queued += gather(session, user_id, day=day, until=until)
        except Exception:  # the loop of a job: log the person and go on
            log.exception("daily mail of user %s failed", user_id)
    return queued
