"""A full disk: nothing half done, a plain page, reading goes on, and all is well again once there is room."""

import errno
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from jobs.outbox import send_due
from models.base import now
from models.outbox import OutboxMessage
from models.session import open_session, unit_of_work
from models.sqlite import driver
from tests.databases import ON_POSTGRESQL
from tests.factories import make_organization, make_user
from tests.faults.small_disk import SmallDisk, mounted
from vocabulary.lifecycles import OutboxStatus
from workflows import ledger_anchors
from workflows.ledger_anchors import Seal, drop_anchor
from workflows.ledger_check import verify

pytestmark = pytest.mark.skipif(ON_POSTGRESQL, reason="the small disk holds a SQLite file")
NEED = {"title": "铜线扩产", "action": "save"}


@pytest.fixture
def disk(tmp_path) -> Iterator[SmallDisk]:
    with mounted(tmp_path / "disk") as disk:
        yield disk


@pytest.fixture
def strict(app, monkeypatch):
    """Errors become pages, as in production."""
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    return app


@pytest.fixture
def filer(strict, session, sign_in_as):
    return sign_in_as(make_user(session, make_organization(session)))


def test_a_mail_that_cannot_be_written_is_tried_again(disk, session, engine):
    session.add(OutboxMessage(recipient="a@example.org", language="zh", template="password_reset", values={}))
    session.commit()

    def deliver(*_message) -> None:
        with (disk.path / "mail.log").open("ab", buffering=0) as file:
            file.write(b"x" * 10_000)

    disk.fill()
    at = now() + timedelta(seconds=1)
    assert send_due(engine, deliver, at) == 0
    with open_session(engine, read_only=True) as own:
        row = own.exec(select(OutboxMessage)).one()
    assert (row.status, "No space left" in row.last_error) == (OutboxStatus.FAILED, True)
    disk.empty()
    assert send_due(engine, deliver, row.send_after + timedelta(seconds=1)) == 1


def test_an_anchor_that_finds_no_room_leaves_no_half_line(disk, engine, session):
    make_organization(session)
    session.commit()
    from access.actor import SYSTEM
    from vocabulary.audit_actions import AuditAction
    from workflows.audit import record

    with unit_of_work(engine) as own:
        record(own, SYSTEM, AuditAction.POSTING_EDITED, subject_kind="demand", subject_id=1)
    seal = Seal(disk.path / "anchors.jsonl", "k")
    while seal.path.stat().st_size % 4096 < 3900 if seal.path.exists() else True:  # the next line crosses a page
        drop_anchor(engine, seal)
    kept = ledger_anchors.read(seal.path)
    disk.fill()
    with pytest.raises(OSError, match="No space left"):
        drop_anchor(engine, seal)
    assert ledger_anchors.read(seal.path) == kept
    disk.empty()
    drop_anchor(engine, seal)
    assert verify(engine, seal).is_whole


@pytest.mark.parametrize(("language", "title"), [("zh", "存储空间已满"), ("en", "Storage is full")])
@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OperationalError("COMMIT", {}, driver.OperationalError("database or disk is full")),
    ],
)
def test_a_full_disk_has_its_page_wherever_it_shows(filer, monkeypatch, error, language, title):
    def fail(*_values, **_named):
        raise error

    monkeypatch.setattr("sqlmodel.Session.commit", fail)
    filer.set_cookie("lang", language)
    answer = filer.post("/financing-needs/new", data=NEED)
    assert (answer.status_code, title in answer.text) == (507, True)


def test_another_error_of_the_database_is_not_called_a_full_disk(filer, monkeypatch):
    def fail(*_values, **_named):
        raise OperationalError("COMMIT", {}, driver.OperationalError("disk I/O error"))

    monkeypatch.setattr("sqlmodel.Session.commit", fail)
    assert filer.post("/financing-needs/new", data=NEED).status_code == 500
