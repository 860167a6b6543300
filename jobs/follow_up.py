"""The daily look at every running case: its clock is set anew, then whoever has to be told is told."""

import logging
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import col, select

from models.pairing import Pairing
from models.session import open_session, unit_of_work
from vocabulary.lifecycles import RUNNING_PAIRING
from workflows.calendar import city_day
from workflows.clocks import set_due
from workflows.reminders import remind

log = logging.getLogger(__name__)


def follow_up(engine: Engine, at: datetime) -> int:
    """Look at each case in a transaction of its own; returns how many were told.

    Due days are counted again first, since a newer holiday calendar or another limit moves them. Whatever was told is
    a row of the same transaction: a second run the same day tells nobody, and one that was stopped is made good by
    the next.
    """
    on = city_day(at)
    with open_session(engine, read_only=True) as session:
        ids = session.exec(select(Pairing.id).where(col(Pairing.status).in_(RUNNING_PAIRING))).all()
    n_told = 0
    for pairing_id in ids:
        try:
            with unit_of_work(engine) as session:
                pairing = session.get_one(Pairing, pairing_id)
                set_due(session, pairing)
                n_told += len(remind(session, pairing, on=on))
        except Exception:  # one case must not stop the others
            log.exception("case %s could not be followed up", pairing_id)
    return n_told
