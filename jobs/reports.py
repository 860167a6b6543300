"""Drawing up reports: one after the other, in a thread beside the server, so that no page waits for one."""

import logging
import threading
from collections.abc import Callable

from sqlalchemy import Engine
from sqlmodel import Session

from models.base import now
from models.office_report import OfficeReport
from models.session import open_session, unit_of_work
from vocabulary.office_reports import STEPS, OfficeReportStatus, ReportFailure, ReportStep
from workflows import office_reports
from workflows.errors import StepNotAllowed
from workflows.office_reports import Made

log = logging.getLogger(__name__)

Say = Callable[[ReportStep], None]
Compose = Callable[[Session, OfficeReport, Say], Made]
"""(reading session, report, what to call at the beginning of each step): draws a report up."""
LOOK_SECONDS = 1.0


class NoLongerOurs(Exception):
    """The report was given to another process, since this one had been silent for long."""


def run_reports(engine: Engine, compose: Compose, stop: threading.Event, *, seconds: float = LOOK_SECONDS) -> None:
    """Draw up whatever waits, until `stop` is set. What a dead process left is looked for on every round."""
    while not stop.is_set():
        try:
            draw_up_waiting(engine, compose)
        except Exception:  # the loop of a job: log and go on
            log.exception("reports could not be drawn up")
        stop.wait(seconds)


def draw_up_waiting(engine: Engine, compose: Compose) -> int:
    """Everything that waits now; returns how many were drawn up by this process."""
    with open_session(engine, read_only=True) as session:
        is_abandoned = office_reports.has_abandoned(session, now())
        waiting = office_reports.queued(session)
    if is_abandoned:
        office_reports.take_up_abandoned(engine, now())
    return sum(draw_up(engine, report_id, compose) for report_id in waiting)


def draw_up(engine: Engine, report_id: int, compose: Compose) -> bool:
    """One report: claimed, composed from one reading session, kept. False if another process had it.

    An error is logged, and the report says that it failed.
    """
    try:
        with unit_of_work(engine) as session:
            report = session.get_one(OfficeReport, report_id)
            office_reports.claim(session, report)
            attempt = report.attempts
    except StepNotAllowed:
        return False
    try:
        with open_session(engine, read_only=True) as session:
            made = compose(session, session.get_one(OfficeReport, report_id), _say(engine, report, attempt))
        with unit_of_work(engine) as session:
            office_reports.finish(session, session.get_one(OfficeReport, report_id), attempt, made)
    except (NoLongerOurs, StepNotAllowed):
        log.warning("report %s was taken over by another process", report_id)
        return False
    except Exception:  # whoever asked must not wait for ever
        log.exception("report %s could not be drawn up", report_id)
        _fail(engine, report_id, attempt)
    return True


def _say(engine: Engine, report: OfficeReport, attempt: int) -> Say:
    steps = STEPS[report.kind]

    def say(step: ReportStep) -> None:
        with unit_of_work(engine) as session:
            if not office_reports.say_step(session, report.id or 0, attempt, step, steps.index(step)):
                raise NoLongerOurs

    return say


def _fail(engine: Engine, report_id: int, attempt: int) -> None:
    try:
        with unit_of_work(engine) as session:
            report = session.get_one(OfficeReport, report_id)
            if report.status is OfficeReportStatus.RUNNING:
                office_reports.fail(session, report, attempt, ReportFailure.ERROR)
    except StepNotAllowed:
        log.warning("report %s was taken over by another process", report_id)
