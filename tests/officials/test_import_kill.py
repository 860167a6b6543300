"""A process killed in the middle of an import leaves nothing of it."""

import os
import signal
from functools import partial
from time import sleep

import pytest
from sqlmodel import func, select

from benchmarks.import_tables import as_csv, table
from benchmarks.imports import N_BAD, N_ROWS, as_xlsx, load, n_firms, office
from jobs.attempts import Attempt
from jobs.imports import do_import
from jobs.runner import Runner
from models.audit_event import AuditEvent
from models.job import Job
from models.session import unit_of_work
from vocabulary.jobs import JobKind
from workflows import import_batches
from workflows.calendar import today
from workflows.import_rows import Words

_AT_ONCE, _DIES_AFTER = 10, 40


def _killed_in_the_middle(engine, monkeypatch, work, *, commits_on_the_way=False):
    """How many firms are there after a child that imports 100 killed itself at the ledger's lines of the fifth ten."""
    true_record, calls = import_batches.record_each, []

    def dies(session, record_actor, action, **kwargs):
        calls.append(action)
        if len(calls) * _AT_ONCE > _DIES_AFTER:
            os.kill(os.getpid(), signal.SIGKILL)
        if commits_on_the_way:
            session.commit()
        return true_record(session, record_actor, action, **kwargs)

    engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            monkeypatch.setattr(import_batches, "_AT_ONCE", _AT_ONCE)
            monkeypatch.setattr(import_batches, "record_each", dies)
            work()
        finally:
            os._exit(1)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "void: the child was not killed in the middle"
    return n_firms(engine)


@pytest.mark.parametrize(("commits_on_the_way", "left"), [(False, 0), (True, _DIES_AFTER)])
def test_a_killed_import_leaves_nothing_and_a_broken_one_is_found_out(
    empty_database, monkeypatch, commits_on_the_way, left
):
    engine = empty_database.copy()
    actor = office(engine)
    content = as_csv(table(100, 0)[0])
    work = partial(load, engine, actor, "a.csv", content)
    assert _killed_in_the_middle(engine, monkeypatch, work, commits_on_the_way=commits_on_the_way) == left
    engine.dispose()


def test_a_job_whose_worker_was_killed_loads_every_row_once(empty_database, monkeypatch):
    engine = empty_database.copy()
    actor = office(engine)
    with unit_of_work(engine) as session:
        batch = import_batches.upload(session, actor, "a.csv", as_csv(table(100, 0)[0]))
        import_batches.check(session, actor, batch, batch.mapping, today=today())
        job_id = import_batches.ask(session, actor, batch, is_partial=False).id
    monkeypatch.setattr(Attempt, "asker", lambda _attempt, _session: actor)
    runner = Runner(
        engine, {JobKind.IMPORT: lambda attempt: do_import(attempt, lambda _noun: Words())}, {}, silence=0.2
    )
    assert _killed_in_the_middle(engine, monkeypatch, lambda: runner.run(job_id)) == 0
    runner.look()
    sleep(0.3)
    assert runner.run_due() == 1
    assert n_firms(engine) == 100
    with unit_of_work(engine) as session:
        assert session.get_one(Job, job_id).attempts == 2
        assert session.exec(select(func.count()).where(AuditEvent.action == "firm_imported")).one() == 100
    assert runner.run_due() == 0
    engine.dispose()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_ten_thousand_rows_name_every_bad_one_and_load_once(empty_database, kind):
    engine = empty_database.copy()
    actor = office(engine)
    rows, spoilt = table(N_ROWS, N_BAD)
    content = as_csv(rows) if kind == "csv" else as_xlsx(rows)
    batch = load(engine, actor, f"a.{kind}", content)
    assert {entry["row"]: entry["column"] for entry in batch.problems} == spoilt
    assert all(entry["reason"] for entry in batch.problems)
    assert n_firms(engine) == N_ROWS - N_BAD
    with unit_of_work(engine) as session:
        again = import_batches.upload(session, actor, f"a.{kind}", content)
        plan = import_batches.check(session, actor, again, again.mapping, today=today())
        assert plan.counts() == {"new": 0, "changed": 0, "unchanged": N_ROWS - N_BAD, "bad": N_BAD}
    engine.dispose()
