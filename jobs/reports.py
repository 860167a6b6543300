"""Drawing up reports, so that no page waits for one."""

import logging
from collections.abc import Callable

from sqlalchemy import Engine
from sqlmodel import Session

from jobs.attempts import Attempt, GivesUp, NoLongerOurs
from models.office_report import OfficeReport
from models.session import open_session, unit_of_work
from vocabulary.jobs import JobPhase
from vocabulary.office_reports import STEPS, OfficeReportStatus, ReportFailure, ReportStep
from workflows import office_reports
from workflows.errors import StepNotAllowed
from workflows.office_reports import Made

log = logging.getLogger(__name__)

Say = Callable[[ReportStep], None]
Compose = Callable[[Session, OfficeReport, Say], Made]
"""(reading session, report, what to call at the beginning of each step): draws a report up."""


def do_report(attempt: Attempt, compose: Compose) -> None:
    """The job of a report. What a dead worker left of it is begun anew; what is over stays as it is.

    Raises GivesUp where there is no report in the end: whoever asked has been told.
    """
    report_id = attempt.arguments["report_id"]
    with unit_of_work(attempt.engine) as session:
        is_waiting = office_reports.make_ready(session, session.get_one(OfficeReport, report_id))

    errors: list[Exception] = []

    def composing(session: Session, report: OfficeReport, say: Say) -> Made:
        steps = STEPS[report.kind]

        def say_both(step: ReportStep) -> None:
            say(step)
            attempt.say(JobPhase.DRAWING_UP, steps.index(step), len(steps))

        try:
            return compose(session, report, say_both)
        except Exception as error:
            errors.append(error)
            raise

    if is_waiting and not draw_up(attempt.engine, report_id, composing):
        raise NoLongerOurs
    with attempt.finishing() as end:
        report = end.session.get_one(OfficeReport, report_id)
        if report.status is not OfficeReportStatus.DONE:
            raise GivesUp from (errors[0] if errors else None)
        end.result = report.public_id


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
