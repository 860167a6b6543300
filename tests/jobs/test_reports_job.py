"""Reports by themselves: once a month whatever happens, one process at a time, nothing stuck, nothing kept twice."""

import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from access.rules import NotAllowed
from jobs.reports import do_report, draw_up
from jobs.runner import Runner
from models.job import Job
from models.notice import Notice
from models.office_report import OfficeReport, OfficeReportFile
from models.session import open_session, unit_of_work
from tests import factories
from tests.report_worlds import ask, make_report_world
from vocabulary.jobs import JobKind, JobStatus
from vocabulary.lifecycles import OFFICE_REPORT
from vocabulary.office_reports import (
    MAX_ATTEMPTS,
    OfficeReportKind,
    OfficeReportStatus,
    ReportFailure,
    ReportForm,
    ReportStep,
)
from vocabulary.roles import OrganizationKind
from workflows import jobs, office_reports
from workflows.errors import NotComplete, StepNotAllowed
from workflows.office_reports import Made
from workflows.transitions import advance

ROOT = Path(__file__).parents[2]
_KIND = OfficeReportKind.FIVE_LISTS
_MADE = Made(b"{}", {ReportForm.XLSX: b"x", ReportForm.PDF: b"p"}, {"chains": {}})


@pytest.fixture
def world(session):
    return make_report_world(session)


def _compose(_session, _report, say):
    say(ReportStep.TARGETS)
    return _MADE


def _draw_up_waiting(engine, compose=_compose):
    """What a worker does about reports; how many it dealt with."""
    return Runner(engine, {JobKind.REPORT: lambda attempt: do_report(attempt, compose)}, {}).run_due()


def _die_over(engine, report):
    """A worker begins the report, then is gone."""
    with unit_of_work(engine) as dying:
        jobs.claim(dying, dying.exec(select(Job)).one(), "gone")
        office_reports.claim(dying, dying.get_one(OfficeReport, report.id))


def _take_up(engine):
    """What another worker does after a silence."""
    with unit_of_work(engine) as session:
        job = session.exec(select(Job)).one()
        jobs.take_up(session, job, job.heartbeat_at)


def _rows(engine):
    with open_session(engine, read_only=True) as session:
        return session.exec(select(OfficeReport).order_by(OfficeReport.id)).all()


def _set(session, world, day=5, *, is_on=True):
    office_reports.set_schedule(session, world.by_official, kind=_KIND, day=day, is_on=is_on)
    session.commit()


def test_what_is_due_is_queued_about_the_month_before_and_only_once(engine, session, world):
    _set(session, world)
    assert office_reports.queue_due(engine, date(2026, 11, 4)) == 0
    assert office_reports.queue_due(engine, date(2026, 11, 9)) == 1, "a night on which nothing ran is made good"
    assert office_reports.queue_due(engine, date(2026, 11, 30)) == 0
    (row,) = _rows(engine)
    assert (row.starts_on, row.ends_on, row.chain_id) == (date(2026, 10, 1), date(2026, 10, 31), world.chain.id)
    assert office_reports.queue_due(engine, date(2026, 12, 5)) == 1


def test_a_schedule_that_is_off_makes_none(engine, session, world):
    _set(session, world, is_on=False)
    assert office_reports.queue_due(engine, date(2026, 11, 9)) == 0


def test_of_several_processes_at_once_one_queues(engine, session, world):
    _set(session, world)
    results, start = [], threading.Barrier(6)

    def run():
        start.wait()
        results.append(office_reports.queue_due(engine, date(2026, 11, 9)))

    threads = [threading.Thread(target=run) for _n in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(results) == [0] * 5 + [1]
    assert len(_rows(engine)) == 1


def test_the_database_refuses_a_second_one_of_a_month(engine, session, world):
    """What holds when two processes have both looked before either wrote."""
    _set(session, world)
    office_reports.queue_due(engine, date(2026, 11, 9))
    from sqlalchemy.exc import IntegrityError

    key = _rows(engine)[0].schedule_key
    with pytest.raises(IntegrityError), unit_of_work(engine) as second:
        second.add(
            OfficeReport(
                kind=_KIND, organization_id=world.office.id, starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 2),
                schedule_key=key,
            )
        )  # fmt: skip


def test_of_several_processes_at_once_one_draws_up(engine, session, world):
    report = ask(session, world.by_official)
    made, start = [], threading.Barrier(5)

    def compose(*arguments):
        made.append(1)
        return _compose(*arguments)

    def run():
        start.wait()
        draw_up(engine, report.id, compose)

    threads = [threading.Thread(target=run) for _n in range(5)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(made) == 1
    assert _rows(engine)[0].status is OfficeReportStatus.DONE
    with open_session(engine, read_only=True) as reading:
        assert set(reading.exec(select(OfficeReportFile.form)).all()) == set(ReportForm)


def test_the_office_learns_of_what_came_by_schedule_and_not_of_what_it_watched(engine, session, world):
    ask(session, world.by_official)
    _set(session, world)
    office_reports.queue_due(engine, date(2026, 11, 9))
    assert _draw_up_waiting(engine) == 2
    with open_session(engine, read_only=True) as reading:
        (notice,) = reading.exec(select(Notice)).all()
    assert (notice.event, notice.user_id) == ("office_report_done", world.official.id)
    assert notice.values["month"] == "2026-10"


def test_an_error_fails_the_report_and_it_can_be_tried_again(engine, session, world):
    report = ask(session, world.by_official)

    def broken(*_arguments):
        raise RuntimeError("the disk is full")

    _draw_up_waiting(engine, broken)
    (row,) = _rows(engine)
    assert (row.status, row.failure, row.sha256) == (OfficeReportStatus.FAILED, ReportFailure.ERROR, None)
    session.refresh(report)
    office_reports.try_again(session, world.by_official, report)
    session.commit()
    _draw_up_waiting(engine)
    assert _rows(engine)[0].status is OfficeReportStatus.DONE


def test_what_a_dead_process_left_is_taken_up_and_fails_after_its_last_attempt(engine, session, world):
    report = ask(session, world.by_official)
    with unit_of_work(engine) as writing:
        writing.get_one(OfficeReport, report.id).attempts = MAX_ATTEMPTS - 1
    _die_over(engine, report)
    assert _draw_up_waiting(engine) == 0, "somebody who was alive just now is left alone"
    _take_up(engine)
    assert _draw_up_waiting(engine) == 1
    (row,) = _rows(engine)
    assert (row.status, row.failure) == (OfficeReportStatus.FAILED, ReportFailure.INTERRUPTED)
    with open_session(engine, read_only=True) as reading:
        assert reading.exec(select(Job.status)).one() is JobStatus.FAILED


_CHILD = """
import sys, time
from jobs.reports import do_report
from jobs.runner import Runner
from models.session import make_engine
from vocabulary.jobs import JobKind
from vocabulary.office_reports import ReportStep

def compose(session, report, say):
    say(ReportStep.PROJECTS)
    print("at work", flush=True)
    time.sleep(60)

Runner(make_engine(sys.argv[1]), {JobKind.REPORT: lambda attempt: do_report(attempt, compose)}, {}).run_due()
"""


def test_a_report_whose_process_was_killed_is_finished_by_the_next(engine, session, world):
    ask(session, world.by_official)
    child = subprocess.Popen([sys.executable, "-c", _CHILD, str(engine.url)], stdout=subprocess.PIPE, cwd=ROOT)
    assert child.stdout is not None
    assert child.stdout.readline() == b"at work\n"
    child.kill()
    child.wait()
    child.stdout.close()
    (row,) = _rows(engine)
    assert (row.status, row.step) == (OfficeReportStatus.RUNNING, ReportStep.PROJECTS)
    _take_up(engine)
    assert _draw_up_waiting(engine) == 1
    (row,) = _rows(engine)
    assert (row.status, row.attempts) == (OfficeReportStatus.DONE, 2)


def test_whoever_was_taken_for_dead_stops_and_keeps_nothing(engine, session, world):
    ask(session, world.by_official)

    def slow(_session, _report, say):
        say(ReportStep.TARGETS)
        _take_up(engine)
        assert _draw_up_waiting(engine) == 1
        say(ReportStep.PROJECTS)
        raise AssertionError("it should have stopped")

    assert _draw_up_waiting(engine, slow) == 0
    (row,) = _rows(engine)
    assert (row.status, row.attempts) == (OfficeReportStatus.DONE, 2)
    with open_session(engine, read_only=True) as reading:
        assert len(reading.exec(select(OfficeReportFile)).all()) == 3


def test_a_late_result_is_not_kept_beside_the_one_of_another_process(engine, session, world):
    report = ask(session, world.by_official)
    _die_over(engine, report)
    _take_up(engine)
    _draw_up_waiting(engine)
    with pytest.raises(StepNotAllowed), unit_of_work(engine) as late:
        office_reports.finish(late, late.get_one(OfficeReport, report.id), 1, _MADE)


def test_a_newer_one_of_the_same_period_and_filters_supersedes(engine, session, world):
    first = ask(session, world.by_official)
    other = ask(session, world.by_official, filters={"is_large_only": True})
    second = ask(session, world.by_official)
    _draw_up_waiting(engine)
    found = {row.id: row.supersedes_id for row in _rows(engine)}
    assert found == {first.id: None, other.id: None, second.id: first.id}


def test_a_finished_report_takes_no_further_step(engine, session, world):
    ask(session, world.by_official)
    _draw_up_waiting(engine)
    with unit_of_work(engine) as writing:
        row = writing.exec(select(OfficeReport)).one()
        for status in OfficeReportStatus:
            with pytest.raises(StepNotAllowed):
                advance(writing, world.by_official, OFFICE_REPORT, row, status)


def test_a_chains_office_makes_reports_of_its_own_chain_only(session, world):
    other = factories.make_chain(session)
    assert ask(session, world.by_official, chain_id=other.id).chain_id == world.chain.id
    assert ask(session, world.by_coordinator, chain_id=other.id).chain_id == other.id
    assert ask(session, world.by_coordinator).chain_id is None
    with pytest.raises(NotComplete):
        ask(session, world.by_coordinator, chain_id=987_654)
    with pytest.raises(NotAllowed):
        ask(session, factories.make_actor(session, OrganizationKind.BANK))


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [("2026-10-02", "2026-10-01", "ends_on"), ("2100-01-01", "2100-02-01", "starts_on"),
     ("2010-01-01", "2026-01-01", "ends_on")],
)  # fmt: skip
def test_a_period_that_makes_no_sense_is_refused(session, world, first, last, field):
    with pytest.raises(NotComplete) as refused:
        ask(
            session, world.by_official, starts_on=date.fromisoformat(first), ends_on=date.fromisoformat(last),
            on=date(2026, 11, 25),
        )  # fmt: skip
    assert set(refused.value.problems) == {field}
