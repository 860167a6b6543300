"""A job ends once, whoever dies, doubts the time or asks twice."""

import threading
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from sqlmodel import select

from access.actor import SYSTEM
from access.rules import NotAllowed
from jobs.attempts import NoLongerOurs
from jobs.runner import Runner
from models.audit_event import AuditEvent
from models.job import Job, JobWorker
from models.notice import Notice
from models.session import open_session, unit_of_work
from tests import factories
from vocabulary.events import Frequency
from vocabulary.jobs import TRIES, JobFailure, JobKind, JobPhase, JobStatus
from vocabulary.roles import OrganizationKind
from workflows import jobs
from workflows.errors import StepNotAllowed

_K, _S = JobKind, JobStatus


def ask(engine, kind=_K.CLEANING, **values):
    with unit_of_work(engine) as session:
        return jobs.ask(session, SYSTEM, kind, **values).id


def stored(engine, job_id):
    with open_session(engine, read_only=True) as session:
        return session.get_one(Job, job_id)


def everything(engine):
    with open_session(engine, read_only=True) as session:
        return session.exec(select(Job).order_by(Job.id)).all()


def runner(engine, handler=lambda _attempt: None, *, daily=None, silence=20.0):
    return Runner(engine, dict.fromkeys(JobKind, handler), daily or {}, silence=silence)


def test_a_job_is_done_once_with_its_progress_and_two_lines_in_the_ledger(engine):
    seen = []

    def handler(attempt):
        attempt.say(JobPhase.COMPUTING, 1, 3)
        row = stored(engine, attempt.job_id)
        seen.append((row.status, row.phase, row.n_done, row.n_total, row.attempts))

    job_id, worker = ask(engine), runner(engine, handler)
    assert (worker.run_due(), worker.run_due()) == (1, 0)
    assert seen == [(_S.RUNNING, JobPhase.COMPUTING, 1, 3, 1)]
    row = stored(engine, job_id)
    assert (row.status, row.phase, row.n_done, row.failure) == (_S.DONE, None, 3, None)
    with open_session(engine, read_only=True) as session:
        said = session.exec(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert said == ["job_asked", "job_running", "job_done"]


def test_a_request_that_is_rolled_back_leaves_no_job(engine):
    def request():
        with unit_of_work(engine) as session:
            jobs.ask(session, SYSTEM, _K.CLEANING)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        request()
    assert everything(engine) == []


def test_of_many_threads_and_runners_one_does_a_job(engine):
    ran, start = [], threading.Barrier(8)
    job_id = ask(engine)

    def work():
        worker = runner(engine, lambda attempt: ran.append(attempt.number))
        start.wait()
        worker.run(job_id)

    threads = [threading.Thread(target=work) for _n in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert ran == [1]


def test_an_error_is_tried_again_with_growing_waits_then_given_up_without_its_message(engine):
    def fail(_attempt):
        raise ValueError("the firm earned 12345678 yuan")

    worker, waits = runner(engine, fail), []
    with time_machine.travel(datetime(2026, 5, 20, 2, tzinfo=UTC), tick=False) as clock:
        job_id = ask(engine)
        for attempt in range(1, TRIES + 1):
            assert worker.run_due() == 1
            row = stored(engine, job_id)
            assert (row.attempts, row.failure) == (attempt, JobFailure.ERROR)
            if attempt < TRIES:
                assert row.status is _S.WAITING
                waits.append((row.due_at - row.status_changed_at).total_seconds() / 60)
                clock.move_to(row.due_at)
    assert (row.status, waits) == (_S.FAILED, [1, 2, 4, 8])
    assert row.error.startswith("ValueError, tests/jobs/test_runner.py:")
    assert "12345678" not in row.error


def test_what_would_fail_again_is_not_tried_again(engine):
    def refuse(_attempt):
        raise NotAllowed("policy")

    job_id = ask(engine)
    runner(engine, refuse).run_due()
    assert (stored(engine, job_id).status, stored(engine, job_id).attempts) == (_S.FAILED, 1)


def test_the_effect_and_the_end_are_one_transaction(engine, session):
    person = factories.make_user(session)
    session.commit()
    job_id = ask(engine)

    def tell(attempt):
        with attempt.finishing() as end:
            end.session.add(Notice(user_id=person.id, event="profile_returned", frequency=Frequency.AT_ONCE))
            end.result = "abc"
            end.session.flush()
            if attempt.number == 1:
                raise RuntimeError("after the effect, before the end")

    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        runner(engine, tell).run_due()
        clock.shift(timedelta(minutes=2))
        runner(engine, tell).run_due()
    with open_session(engine, read_only=True) as reading:
        assert len(reading.exec(select(Notice)).all()) == 1
    assert (stored(engine, job_id).status, stored(engine, job_id).result) == (_S.DONE, "abc")


def test_a_silent_worker_loses_its_job_and_what_it_writes_later_is_refused(engine, session):
    person = factories.make_user(session)
    session.commit()
    job_id, late = ask(engine), []

    def silent(attempt):
        """Taken for dead in the middle: another worker does the job meanwhile."""
        with unit_of_work(engine) as taking:
            job = taking.get_one(Job, job_id)
            jobs.take_up(taking, job, job.heartbeat_at)
        assert runner(engine).run_due() == 1
        for deed in (lambda: attempt.say(JobPhase.KEEPING, 1, 2), lambda: _tell(attempt)):
            with pytest.raises(NoLongerOurs):
                deed()
            late.append(True)
        raise NoLongerOurs

    def _tell(attempt):
        with attempt.finishing() as end:
            end.session.add(Notice(user_id=person.id, event="profile_returned", frequency=Frequency.AT_ONCE))

    assert runner(engine, silent).run(job_id) is False
    assert late == [True, True]
    assert (stored(engine, job_id).status, stored(engine, job_id).attempts) == (_S.DONE, 2)
    with open_session(engine, read_only=True) as reading:
        assert reading.exec(select(Notice)).all() == []


def _die(engine, job_id, worker="gone:1"):
    with unit_of_work(engine) as session:
        jobs.claim(session, session.get_one(Job, job_id), worker)


def test_a_dead_workers_job_is_taken_up_after_the_silence_and_not_before(engine):
    job_id, worker = ask(engine), runner(engine, silence=0.3)
    _die(engine, job_id)
    assert worker.look() == []
    assert stored(engine, job_id).status is _S.RUNNING, "it may be alive"
    threading.Event().wait(0.35)
    assert worker.look() == [job_id]
    assert stored(engine, job_id).failure is JobFailure.INTERRUPTED
    assert worker.run(job_id)
    assert (stored(engine, job_id).status, stored(engine, job_id).attempts) == (_S.DONE, 2)


def test_a_job_that_kills_its_worker_each_time_is_given_up(engine):
    job_id = ask(engine)
    for _attempt in range(TRIES):
        _die(engine, job_id)
        with unit_of_work(engine) as session:
            job = session.get_one(Job, job_id)
            jobs.take_up(session, job, job.heartbeat_at)
    assert (stored(engine, job_id).status, stored(engine, job_id).failure) == (_S.FAILED, JobFailure.INTERRUPTED)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(days=1), -timedelta(hours=1), -timedelta(days=1)])
def test_a_clock_that_is_set_makes_no_living_worker_dead(engine, jump):
    job_id, watcher = ask(engine), runner(engine, silence=5)
    looked = []

    def work(_attempt):
        with time_machine.travel(datetime.now(UTC), tick=True) as clock:
            watcher.look()
            clock.shift(jump)
            looked.append(watcher.look())
            assert stored(engine, job_id).status is _S.RUNNING

    assert runner(engine, work, silence=5).run(job_id)
    assert looked == [[]]
    assert (stored(engine, job_id).status, stored(engine, job_id).attempts) == (_S.DONE, 1)


_NIGHT = {_K.NIGHT: time(0, 5)}
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("jumps", "days"),
    [
        pytest.param([], 4, id="no jump"),
        pytest.param([(10, -_HOUR)], 4, id="an hour back"),
        pytest.param([(10, _HOUR)], 5, id="an hour forward"),
        pytest.param([(10, -_DAY)], 3, id="a day back"),
        pytest.param([(10, _DAY)], 5, id="a day forward"),
        pytest.param([(10, _DAY), (11, -_DAY)], 4, id="a day forward and back"),
        pytest.param([(25, -_HOUR), (26, _HOUR)], 4, id="back over midnight and forth"),
    ],
)
def test_each_day_has_one_night_however_the_clock_is_set(engine, jumps, days):
    """Each half hour a look, for 72 hours from 23:30: of every day the clock went through, one night."""
    worker, ran, passed = runner(engine, lambda attempt: ran.append(attempt.job_id), daily=_NIGHT), [], set()
    due = dict(jumps)
    with time_machine.travel(datetime(2026, 5, 20, 15, 30, tzinfo=UTC), tick=False) as clock:
        for half in range(72 * 2 + 1):
            clock.shift(due.get(half / 2, timedelta()))
            for job_id in worker.look():
                worker.run(job_id)
            passed.add((datetime.now(UTC) + timedelta(hours=8)).date())
            clock.shift(timedelta(minutes=30))
    keys = [row.schedule_key for row in everything(engine)]
    assert keys == sorted(set(keys), key=keys.index)
    assert sorted(keys) == [f"night:{day}" for day in sorted(passed)]
    assert len(ran) == len(keys) == days


def test_a_server_that_was_down_at_night_makes_it_good_at_the_start_and_a_restart_does_not_repeat_it(engine):
    with time_machine.travel(datetime(2026, 5, 20, 7, tzinfo=UTC), tick=False):
        assert runner(engine, daily=_NIGHT).run_due() == 1
        assert runner(engine, daily=_NIGHT).run_due() == 0


def test_of_several_workers_at_once_one_writes_the_job_of_the_day(engine):
    start = threading.Barrier(6)

    def look():
        worker = runner(engine, daily=_NIGHT)
        start.wait()
        worker.look()

    threads = [threading.Thread(target=look) for _n in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(everything(engine)) == 1


def test_of_a_lane_one_job_runs_at_a_time_and_the_other_follows(engine):
    first, second, ran = ask(engine, _K.NIGHT), ask(engine, _K.POLICY), []
    other = runner(engine, lambda attempt: ran.append(attempt.job_id))

    def work(attempt):
        assert other.run(second) is False, "told of it by the queue, it is refused by the database"
        assert second not in other.look(), "and is not told again while the lane is taken"
        ran.append(attempt.job_id)

    assert runner(engine, work).run(first)
    assert other.run_due() == 1
    assert ran == [first, second]


def test_what_is_on_its_way_is_not_told_again_until_it_may_be_lost(engine):
    job_id, worker = ask(engine), runner(engine, silence=0.2)
    assert (worker.look(), worker.look()) == ([job_id], [])
    threading.Event().wait(0.25)
    assert worker.look() == [job_id], "the queue forgot it"


def test_asking_twice_for_the_same_gives_the_one_that_waits(engine):
    first = ask(engine, _K.POLICY, subject="policy_scenario:1")
    assert ask(engine, _K.POLICY, subject="policy_scenario:1") == first
    assert ask(engine, _K.POLICY, subject="policy_scenario:2") != first
    runner(engine).run_due()
    assert ask(engine, _K.POLICY, subject="policy_scenario:1") != first


def test_an_administrator_runs_again_what_failed_and_cancels_what_waits(engine, session):
    admin = factories.make_actor(session, OrganizationKind.IT_OFFICE)
    stranger = factories.make_actor(session, OrganizationKind.BANK)
    session.commit()

    def refuse(_attempt):
        raise NotAllowed("policy")

    job_id = ask(engine)
    runner(engine, refuse).run_due()
    with pytest.raises(NotAllowed), unit_of_work(engine) as writing:
        jobs.run_again(writing, stranger, writing.get_one(Job, job_id))
    with unit_of_work(engine) as writing:
        jobs.run_again(writing, admin, writing.get_one(Job, job_id))
    assert runner(engine).run_due() == 1
    assert (stored(engine, job_id).status, stored(engine, job_id).attempts) == (_S.DONE, 2)
    with pytest.raises(StepNotAllowed), unit_of_work(engine) as writing:
        jobs.run_again(writing, admin, writing.get_one(Job, job_id))
    other = ask(engine)
    with unit_of_work(engine) as writing:
        jobs.cancel(writing, admin, writing.get_one(Job, other))
    assert runner(engine).run_due() == 0
    assert stored(engine, other).status is _S.CANCELLED


def test_old_jobs_and_workers_go_and_what_waits_stays(engine):
    done, waiting = ask(engine), ask(engine, _K.REPORT)
    runner(engine).run(done)
    runner(engine).look()
    later = datetime.now(UTC) + timedelta(days=jobs.KEPT_DAYS + 1)
    with unit_of_work(engine) as session:
        assert jobs.clean(session, later) == 1
        assert session.exec(select(JobWorker)).all() == []
    assert [row.id for row in everything(engine)] == [waiting]
