"""The ledger at its edges: unknown algorithms, a wholly broken chain, a full disk, rows of different ages."""

import json
import os
from datetime import datetime, timedelta, timezone

import pytest
from sqlmodel import select

from access.actor import SYSTEM
from models import audit_chain
from models.audit_chain import GENESIS, UnknownAlgorithm, digest, last, set_default_algorithm, use_algorithm
from models.audit_event import AuditCheckpoint, AuditEvent
from models.base import now
from models.outbox import OutboxMessage
from models.session import unit_of_work
from tests import factories
from vocabulary.audit_actions import AuditAction
from vocabulary.roles import OrganizationKind
from workflows import ledger_anchors
from workflows.audit import record
from workflows.calendar import today
from workflows.ledger_anchors import BrokenAnchors, Seal, anchor_daily, authenticate, drop_anchor, read
from workflows.ledger_check import MAX_FINDINGS, Finding, Report, Tampering, checkpoint_mac, verify
from workflows.ledger_retention import trim


@pytest.fixture
def seal(tmp_path):
    return Seal(tmp_path / "a room of its own" / "anchors.jsonl", "a key")


def _act(engine, **values) -> None:
    with unit_of_work(engine) as session:
        event = record(
            session, SYSTEM, AuditAction.POSTING_EDITED, subject_kind="demand", subject_id=1, new={"甲": (1,)}
        )
        for name, value in values.items():
            setattr(event, name, value)


def _events(engine) -> list[AuditEvent]:
    with unit_of_work(engine) as session:
        return list(session.exec(select(AuditEvent).order_by(AuditEvent.id)))


def test_a_hash_is_the_same_in_every_later_version():
    """Written down once: whoever changes how a row is hashed breaks every ledger there is."""
    at = datetime(2026, 11, 25, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=8)))
    values = dict.fromkeys(audit_chain._HASHED) | {
        "id": 1, "created_at": at, "occurred_at": at, "new": {"b": "乙", "a": [1]}, "previous_hash": GENESIS,
        "hash_algorithm": "sha256",
    }  # fmt: skip
    assert digest(values) == "b38dce623fabdce27101ceb41165e100fadabfb20311f5d0871b9e34441d5ad9"


def test_an_algorithm_this_machine_does_not_know_is_refused(engine):
    with unit_of_work(engine) as session:
        for ask in (
            lambda: digest({"hash_algorithm": "md5"}), lambda: use_algorithm(session, "md5"),
            lambda: set_default_algorithm("md5"),
        ):  # fmt: skip
            with pytest.raises(UnknownAlgorithm, match="md5"):
                ask()


@pytest.mark.skipif("sm3" not in audit_chain.ALGORITHMS, reason="the OpenSSL of this machine has no SM3")
def test_the_settings_choose_the_algorithm_of_new_rows(engine, monkeypatch):
    monkeypatch.setattr(audit_chain, "_default_algorithm", "sha256")
    _act(engine)
    set_default_algorithm("sm3")
    _act(engine)
    assert [row.hash_algorithm for row in _events(engine)] == ["sha256", "sm3"]


def test_rows_are_chained_and_hold_values_as_the_database_gives_them_back(engine):
    with unit_of_work(engine) as session:
        assert last(session) == (0, GENESIS)
    _act(engine)
    _act(engine)
    first, second = _events(engine)
    assert (first.id, first.previous_hash, second.id, second.previous_hash) == (1, GENESIS, 2, first.hash)
    assert (first.old, first.new) == (None, {"甲": [1]})
    with unit_of_work(engine) as session:
        assert last(session) == (2, second.hash)


def test_of_a_wholly_broken_chain_the_first_findings_say_enough():
    report = Report()
    assert report.is_whole
    for n in range(MAX_FINDINGS + 5):
        report.add(Tampering.EDITED, n, "why")
    assert not report.is_whole
    assert report.findings == [Finding(Tampering.EDITED, n, "why") for n in range(100)]


def test_only_the_beginning_that_is_old_enough_goes(engine, seal):
    old = now() - timedelta(days=4 * 366)
    for created_at in (old, old, now(), old):
        _act(engine, created_at=created_at)
    kept = _events(engine)
    done = trim(engine, seal, at=now())
    assert (done.n_removed, done.through_id) == (2, 2)
    assert [row.id for row in _events(engine)] == [3, 4, 5], "the younger row ends it, so that no gap arises"
    with unit_of_work(engine) as session:
        checkpoint = session.exec(select(AuditCheckpoint)).one()
        assert (checkpoint.through_id, checkpoint.hash, checkpoint.n_removed) == (2, kept[1].hash, 2)
        assert checkpoint.mac == checkpoint_mac(seal, 2, kept[1].hash, 2)
    assert verify(engine, seal).is_whole
    assert trim(engine, seal, at=now()) is None
    assert not verify(engine, Seal(seal.path, "another key")).is_whole


def test_an_anchor_says_how_the_chain_ended(engine, seal):
    with unit_of_work(engine) as session:
        office = factories.make_organization(session, OrganizationKind.AUDIT_OFFICE)
        auditor = factories.make_user(session, office)
        factories.make_user(session, factories.make_organization(session, OrganizationKind.IT_OFFICE))
        address = auditor.email
    assert read(seal.path) == []
    _act(engine)
    first = drop_anchor(engine, seal)
    with unit_of_work(engine) as session:
        assert session.exec(select(OutboxMessage)).all() == [], "nobody is told of what was not asked for"
    _act(engine)
    assert anchor_daily(engine, seal) is None, "today has its anchor"
    second = drop_anchor(engine, seal, tell=True)
    assert read(seal.path) == [first, second]
    newest = _events(engine)[-1]
    assert (second.on, second.last_id, second.hash, second.count) == (today().isoformat(), 2, newest.hash, 2)
    assert second.at.startswith(now().isoformat(timespec="seconds")[:13])
    assert "." not in second.at
    assert (first.is_genuine(seal, ""), second.is_genuine(seal, first.mac)) == (True, True)
    assert not second.is_genuine(seal, "")
    assert not first.is_genuine(Seal(seal.path, "another key"), "")
    with unit_of_work(engine) as session:
        mail = session.exec(select(OutboxMessage)).one()
        assert (mail.recipient, mail.template) == (address, "ledger_anchor")
        assert mail.values == {"on": second.on, "last_id": 2, "hash": second.hash, "count": 2}


def test_what_authenticates_a_line_is_the_same_in_every_later_version():
    assert authenticate("钥", {"b": 1, "a": "乙"}) == "26115fdb9a0e12cbee8b50bc4f6840922e799c12fe356a10f6595eff0c1fbd51"


@pytest.mark.parametrize("line", ["no line at all", "[]", '{"on": "2026-11-25"}'])
def test_a_line_that_is_none_is_named(tmp_path, line):
    path = tmp_path / "anchors.jsonl"
    right = json.dumps(dict.fromkeys(("on", "at", "last_id", "hash", "count", "mac"), "甲"), ensure_ascii=False)
    path.write_text(f"{right}\n{line}\n", encoding="utf-8")
    with pytest.raises(BrokenAnchors, match="line 2 of the anchor file cannot be read") as broken:
        read(path)
    assert broken.value.line == 2


@pytest.mark.parametrize("disk", ["full", "broken"])
def test_half_a_line_is_taken_off_again(engine, seal, monkeypatch, disk):
    _act(engine)
    drop_anchor(engine, seal)
    before, real = seal.path.read_bytes(), os.write

    def half(descriptor, content):
        return real(descriptor, content[:5])

    def fails(_descriptor):
        raise OSError(5, "broken disk")

    monkeypatch.setattr(ledger_anchors.os, *(("write", half) if disk == "full" else ("fsync", fails)))
    with pytest.raises(OSError) as error:
        drop_anchor(engine, seal, tell=True)
    monkeypatch.undo()
    assert seal.path.read_bytes() == before
    if disk == "full":
        assert (error.value.errno, error.value.filename) == (28, str(seal.path))
        assert error.value.strerror == os.strerror(28)
    assert drop_anchor(engine, seal) is not None
    assert verify(engine, seal).is_whole
    assert seal.path.stat().st_mode & 0o777 == 0o600
