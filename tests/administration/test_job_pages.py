"""Jobs on screen: the administrator's page, and following what one asked for."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlmodel import select

from access.actor import SYSTEM
from app import migrate
from jobs.runner import Runner
from models.audit_event import AuditEvent
from models.job import Job
from models.session import make_engine, open_session, unit_of_work
from tests import factories
from vocabulary.jobs import JobFailure, JobKind, JobPhase, JobStatus
from vocabulary.roles import OrganizationKind
from workflows import jobs

_K, _S = JobKind, JobStatus


@pytest.fixture
def admin(session, sign_in_as):
    return sign_in_as(factories.make_user(session, factories.make_organization(session, OrganizationKind.IT_OFFICE)))


def _ask(engine, kind, **values):
    with unit_of_work(engine) as session:
        job = jobs.ask(session, SYSTEM, kind, arguments={"amount": "987654321"}, **values)
        session.flush()
        return job.id, job.public_id


def _begin(engine, job_id):
    with unit_of_work(engine) as session:
        jobs.claim(session, session.get_one(Job, job_id), "here:1")


def _status(engine, job_id):
    with open_session(engine, read_only=True) as session:
        return session.get_one(Job, job_id).status


def test_the_page_tells_what_runs_waits_and_failed_and_not_what_it_is_about(engine, admin):
    (running, _), (failed, _), _waiting = _ask(engine, _K.NIGHT), _ask(engine, _K.REPORT), _ask(engine, _K.POLICY)
    _begin(engine, running)
    _begin(engine, failed)
    with unit_of_work(engine) as session:
        jobs.beat(session, running, 1, **jobs.phase_values(JobPhase.RECOMMENDATIONS, 4, 6))
        row = session.get_one(Job, failed)
        jobs.fail(session, row, 1, JobFailure.ERROR, error="ValueError, workflows/facts.py:7", is_final=True)
    page = admin.get("/jobs/").text
    assert re.findall(r'class="count">(\d+)<', page) == ["3", "1", "1", "1", "0", "0"]
    for words in ('max="6" value="4"', "重新计算推荐", "运行出错", "ValueError, workflows/facts.py:7", "没有工作进程"):
        assert words in page
    assert "987654321" not in page
    assert "运行出错" not in admin.get("/jobs/?status=waiting").text
    assert "没有这样的任务" in admin.get("/jobs/?kind=digests").text


def test_running_again_and_cancelling_stand_in_the_ledger(engine, admin):
    (failed, again), (waiting, cancel) = _ask(engine, _K.REPORT), _ask(engine, _K.POLICY)
    _begin(engine, failed)
    with unit_of_work(engine) as session:
        jobs.fail(session, session.get_one(Job, failed), 1, JobFailure.ERROR, is_final=True)
    assert admin.post(f"/jobs/{again}/again").status_code == 303
    assert admin.post(f"/jobs/{cancel}/cancel").status_code == 303
    assert (_status(engine, failed), _status(engine, waiting)) == (_S.WAITING, _S.CANCELLED)
    assert admin.post(f"/jobs/{cancel}/cancel").status_code == 409
    with open_session(engine, read_only=True) as session:
        said = session.exec(
            select(AuditEvent.action, AuditEvent.reason).where(AuditEvent.actor_user_id.is_not(None))
        ).all()
    assert said == [("job_waiting", "run_again"), ("job_cancelled", "cancelled")]


def test_a_daily_job_is_run_now_and_its_last_and_next_time_are_shown(engine, admin, do_jobs):
    assert "还没有" in admin.get("/jobs/").text
    assert admin.post("/jobs/now/cleaning").status_code == 303
    assert admin.post("/jobs/now/cleaning").status_code == 303, "asked twice it is one job"
    assert admin.post("/jobs/now/policy").status_code == 404
    with open_session(engine, read_only=True) as session:
        assert [row.kind for row in session.exec(select(Job)).all()] == [_K.CLEANING]
    assert do_jobs() == 1
    row = re.search(r"清理过期记录.*?</tr>", admin.get("/jobs/").text, re.S)[0]
    assert "已完成" in row
    assert len(re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", row)) == 2


def test_a_night_that_is_missing_is_told_to_administrators(engine, session, sign_in_as):
    it_office = factories.make_organization(session, OrganizationKind.IT_OFFICE)
    admin, bank = (
        sign_in_as(factories.make_user(session, office))
        for office in (it_office, factories.make_organization(session, OrganizationKind.BANK))
    )
    warning = "夜间运行超过 26 小时没有完成"
    with time_machine.travel(datetime.now(UTC), tick=True) as clock:
        job_id, _public_id = _ask(engine, _K.NIGHT)
        Runner(engine, {_K.NIGHT: lambda _attempt: None}, {}).run(job_id)
        assert _status(engine, job_id) is _S.DONE
        clock.shift(timedelta(minutes=50))
        assert warning not in admin.get("/jobs/").text
        with unit_of_work(engine) as writing:
            writing.get_one(Job, job_id).finished_at -= timedelta(hours=26)
        assert warning in admin.get("/jobs/").text
        assert warning in admin.get("/mails/").text
        assert warning not in bank.get("/banks/products/").text


def test_a_night_that_is_missing_is_told_by_the_health_page_which_stays_well(app, tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path / 'migrated.sqlite3'}")
    migrate(engine)
    app.extensions["engine"] = engine
    client = app.test_client()
    with time_machine.travel(datetime.now(UTC), tick=True) as clock:
        with unit_of_work(engine) as session:
            factories.make_organization(session)
        assert client.get("/healthz").json["night"] == "ok", "the first night is still to come"
        clock.shift(timedelta(hours=27))
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json["night"]) == (200, "late")
    engine.dispose()


def test_who_asked_follows_a_job_and_nobody_else(engine, session, sign_in_as):
    office = factories.make_organization(session, OrganizationKind.JOINT_OFFICE)
    asker, colleague = (factories.make_user(session, office) for _n in range(2))
    stranger = factories.make_user(session, factories.make_organization(session, OrganizationKind.BANK))
    by_asker, by_colleague, by_stranger = (sign_in_as(user) for user in (asker, colleague, stranger))
    with unit_of_work(engine) as writing:
        job = jobs.ask(writing, factories.actor_of(asker, office), _K.ASSIGNMENT)
        writing.flush()
        url, job_id = f"/in-progress/{job.public_id}", job.id
    assert "排在队里" in by_asker.get(url).text
    assert by_colleague.get(url).status_code == 200
    assert by_stranger.get(url).status_code == 404
    _begin(engine, job_id)
    with unit_of_work(engine) as writing:
        row = writing.get_one(Job, job_id)
        jobs.take_up(writing, row, row.heartbeat_at)
    assert "即将重新开始" in by_asker.get(url).text, "its worker died"
    _begin(engine, job_id)
    with unit_of_work(engine) as writing:
        jobs.fail(writing, writing.get_one(Job, job_id), 2, JobFailure.ERROR, is_final=True)
    assert by_asker.get(url, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert "没有完成" in by_asker.get(url).text
