"""PostgreSQL is killed or restarted at once while people write: nothing acknowledged is lost, and the gap is short."""

import os
import signal
import threading
import time
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
from tests.databases import postgresql_server
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


class Load:
    """Clients that write one numbered row after the other and note what they were told."""

    def __init__(self, app) -> None:
        self.app, self.stop = app, threading.Event()
        self.kept: list[int] = []
        self.refused: list[tuple[float, int, str | None]] = []
        self.threads = [threading.Thread(target=self._run, args=(n,)) for n in range(N_CLIENTS)]

    def wait_for_refusal_after(self, moment: float) -> None:
        """The gap counts only if somebody met it."""
        until = moment + 60
        while not any(began > moment for began, *_ in self.refused):
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
                self.refused.append((began, answer.status_code, answer.headers.get("Retry-After")))
                time.sleep(0.05)
            n += N_CLIENTS


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGQUIT, signal.SIGKILL], ids=["immediate restart", "killed"])
def test_nothing_acknowledged_is_lost_and_the_gap_ends(tmp_path: Path, how):
    with postgresql_server(f"restarts_{uuid4().hex}", fast=False) as server:
        engine = server.fresh()
        SQLModel.metadata.create_all(engine)
        settings = Settings(environment="test", data_dir=tmp_path, secret_key="test-key", mail_backend="locmem")
        app = create_app(settings, database_engine=engine)
        app.config["WTF_CSRF_ENABLED"] = False
        app.add_url_rule("/write", "write", public(_write), methods=["POST"])
        load, killed, back = Load(app), [], []
        for thread in load.threads:
            thread.start()
        for _ in range(N_RESTARTS):
            before = len(load.kept)
            while len(load.kept) < before + 100:
                time.sleep(0.05)
            killed.append(time.monotonic())
            os.kill(server.pid(), how)
            load.wait_for_refusal_after(killed[-1])
            server.start_again()
            back.append(time.monotonic())
        time.sleep(LONGEST_AFTER_S + 1)
        n_before = len(load.kept)
        time.sleep(1)
        load.stop.set()
        for thread in load.threads:
            thread.join()
        assert len(load.kept) > n_before, "writing goes on without a restart of the product"
        assert {(status, after) for _began, status, after in load.refused} == {(503, "5")}
        # A refusal more than two seconds after a return must belong to the next gap, which begins with the next kill.
        stray = [
            began
            for began, *_ in load.refused
            for at, next_kill in zip(back, [*killed[1:], float("inf")], strict=True)
            if at + LONGEST_AFTER_S < began < next_kill
        ]
        assert stray == []
        with open_session(engine, read_only=True) as session:
            there = set(session.exec(select(AuditEvent.subject_id)).all())
        assert set(load.kept) - there == set()
        assert verify(engine, Seal(tmp_path / "none.jsonl", "key")).is_whole
        engine.dispose()
