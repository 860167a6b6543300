"""PostgreSQL is killed or restarted at once while people write: nothing acknowledged is lost, and the gap is short."""

import logging
import math
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from flask import request
from sqlmodel import SQLModel, select

from access.actor import SYSTEM
from app import create_app
from config import Settings
from models.audit_event import AuditEvent
from models.session import open_session
from tests.databases import Postgresql, postgresql_server
from vocabulary.audit_actions import AuditAction
from web.common.database import db
from web.common.guards import public
from workflows.audit import record
from workflows.ledger_anchors import Seal
from workflows.ledger_check import verify

N_CLIENTS, N_RESTARTS = 8, 5
LONGEST_AFTER_S = 2.0


def _write():
    n = int(request.form["n"])
    record(db(), SYSTEM, AuditAction.POSTING_EDITED, subject_kind="demand", subject_id=n)
    return "kept"


@dataclass(frozen=True)
class Refusal:
    """An answer other than 200, and when it was asked for and came (`time.monotonic`)."""

    began: float
    ended: float
    status: int
    retry_after: str | None


class Load:
    """Clients that write one numbered row after the other and note what they were told."""

    def __init__(self, app) -> None:
        self.app, self.stop = app, threading.Event()
        self.kept: list[int] = []
        self.refused: list[Refusal] = []
        self.threads = [threading.Thread(target=self._run, args=(n,)) for n in range(N_CLIENTS)]

    def wait_for_kept(self, n: int) -> None:
        until = time.monotonic() + 120
        while len(self.kept) < n:
            assert time.monotonic() < until, f"only {len(self.kept)} written: no load; refused {self.refused[-1:]}"
            time.sleep(0.05)

    def wait_for_refusal_after(self, moment: float) -> None:
        """The gap counts only if somebody met it."""
        until = moment + 60
        while not any(refusal.began > moment for refusal in self.refused):
            assert time.monotonic() < until, "the gap was not noticed: no load"
            time.sleep(0.02)

    def _run(self, client_number: int) -> None:
        client, n = self.app.test_client(), client_number
        while not self.stop.is_set():
            began = time.monotonic()
            answer = client.post("/write", data={"n": n})
            if answer.status_code == 200:
                self.kept.append(n)
            else:
                retry_after = answer.headers.get("Retry-After")
                self.refused.append(Refusal(began, time.monotonic(), answer.status_code, retry_after))
                time.sleep(0.05)
            n += N_CLIENTS


@dataclass
class Outcome:
    """What a run under load ended with; times in seconds."""

    n_kept: int
    n_lost: int
    answers: set[tuple[int, str | None]]
    last_refusal_after_s: list[float]
    goes_on: bool
    ledger_is_whole: bool


def _under_load(server: Postgresql, folder: Path, how: signal.Signals, n_restarts: int) -> Outcome:
    engine = server.fresh()
    SQLModel.metadata.create_all(engine)
    with server.connect() as connection:
        connection.execute("CHECKPOINT")  # what is asked here is what becomes of rows, not of tables
    settings = Settings(environment="test", data_dir=folder, secret_key="test-key", mail_backend="locmem")
    app = create_app(settings, database_engine=engine)
    app.config["WTF_CSRF_ENABLED"] = False
    app.add_url_rule("/write", "write", public(_write), methods=["POST"])
    load, killed, back = Load(app), [], []
    for thread in load.threads:
        thread.start()
    try:
        for _ in range(n_restarts):
            load.wait_for_kept(len(load.kept) + 100)
            killed.append(time.monotonic())
            server.kill(how)
            load.wait_for_refusal_after(killed[-1])
            server.start_again()
            back.append(time.monotonic())
        time.sleep(LONGEST_AFTER_S + 1)
        n_before = len(load.kept)
        time.sleep(1)
    finally:
        load.stop.set()
        for thread in load.threads:
            thread.join()
    last = [
        max((each.began - at for each in load.refused if each.began > at and each.ended < next_kill), default=0.0)
        for at, next_kill in zip(back, [*killed[1:], math.inf], strict=True)
    ]
    with open_session(engine, read_only=True) as session:
        there = set(session.exec(select(AuditEvent.subject_id)).all())
    is_whole = verify(engine, Seal(folder / "none.jsonl", "key")).is_whole
    engine.dispose()
    return Outcome(
        len(load.kept), len(set(load.kept) - there), {(each.status, each.retry_after) for each in load.refused},
        last, len(load.kept) > n_before, is_whole,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGQUIT, signal.SIGKILL], ids=["immediate restart", "killed"])
def test_nothing_acknowledged_is_lost_and_the_gap_ends(tmp_path: Path, how):
    with postgresql_server(f"restarts_{uuid4().hex}", fast=False) as server:
        found = _under_load(server, tmp_path, how, N_RESTARTS)
    logging.getLogger(__name__).info("%s", found)
    assert found.n_lost == 0
    assert found.answers == {(503, "5")}
    assert max(found.last_refusal_after_s) <= LONGEST_AFTER_S
    assert found.goes_on, "without a restart of the product"
    assert found.ledger_is_whole


@pytest.mark.slow
def test_a_server_that_acknowledges_too_early_is_found_out(tmp_path: Path):
    """The test of the test: the product refuses to start on such a server."""
    with postgresql_server(f"restarts_{uuid4().hex}", fast=False) as server:
        with server.connect() as connection:
            for setting in ("synchronous_commit = off", "wal_writer_delay = '10s'", "wal_writer_flush_after = '1GB'"):
                connection.execute(f"ALTER SYSTEM SET {setting}".encode())
            connection.execute("SELECT pg_reload_conf()")
        found = _under_load(server, tmp_path, signal.SIGKILL, 1)
    logging.getLogger(__name__).info("%s", found)
    assert found.n_lost > 0
