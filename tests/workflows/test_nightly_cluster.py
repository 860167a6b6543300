"""The nightly run on separate worker processes says what one process says, whatever happens to them."""

import os
import signal
from typing import Any

import dask
import distributed
import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from matchmaking.cluster import connected
from models.recommendation import Recommendation
from tests.factories import (
    make_financing_need,
    make_loan_product,
    make_organization,
    make_product_line,
    make_profile,
    make_purchase_need,
)
from vocabulary.lifecycles import RunStatus
from vocabulary.roles import OrganizationKind
from workflows import recommendations
from workflows.calendar import today
from workflows.recommendations import refresh_all

pytestmark = pytest.mark.xdist_group("cluster")
_FINISHED = [RunStatus.FINISHED, RunStatus.FINISHED]


def _current(session: Session) -> list[str]:
    statement = select(Recommendation.public_id).where(col(Recommendation.superseded_at).is_(None))
    found = list(session.exec(statement.order_by(col(Recommendation.id))))
    session.commit()
    return found


@pytest.fixture
def said(engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What one process recommended: 12 needs and 12 counterparts of each market, scored two needs at a time."""
    monkeypatch.setattr(recommendations, "_DEMANDS_AT_ONCE", 2)
    bank, buyer = make_organization(session, OrganizationKind.BANK), make_organization(session, OrganizationKind.BUYER)
    for number in range(12):
        firm = make_organization(session)
        make_profile(session, firm, employees=10 + number)
        make_financing_need(session, firm)
        make_product_line(session, firm)
        make_loan_product(session, bank)
        make_purchase_need(session, buyer)
    session.commit()
    assert [run.status for run in refresh_all(engine, today=today())] == _FINISHED
    rows = _current(session)
    assert len(rows) > 100
    return rows


def test_a_killed_worker_changes_no_recommendation(
    engine: Engine, session: Session, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a run says again, word for word, keeps its row: one other byte, and there would be another row."""
    with connected(n_workers=2) as client:
        replace, killed = recommendations._replace, []

        def kill_first(*args: Any, **kwargs: Any) -> None:
            if not killed:
                killed.extend(client.run(os.getpid).values())
                os.kill(killed[0], signal.SIGKILL)
            replace(*args, **kwargs)

        monkeypatch.setattr(recommendations, "_replace", kill_first)
        runs = refresh_all(engine, today=today(), cluster=client.scheduler.address)
        assert len(killed) == 2
        assert set(client.run(os.getpid).values()) != set(killed), "one was really killed"
    assert [run.status for run in runs] == _FINISHED
    assert _current(session) == said


def test_without_its_cluster_a_run_fails_and_what_was_recommended_stays(
    engine: Engine, session: Session, said: list[str]
) -> None:
    assert distributed.config, "its defaults are there before one of them is set"
    with dask.config.set({"distributed.comm.timeouts.connect": "500ms"}):
        runs = refresh_all(engine, today=today(), cluster="tcp://127.0.0.1:9")
    assert [run.status for run in runs] == [RunStatus.FAILED, RunStatus.FAILED]
    assert all("127.0.0.1:9" in (run.error or "") for run in runs)
    assert _current(session) == said
