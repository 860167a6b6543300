"""Several processes send the outbox at once, and each message goes out once."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import select

from models.outbox import OutboxMessage
from models.session import open_session, unit_of_work
from vocabulary.lifecycles import OutboxStatus

ROOT = Path(__file__).parents[2]
_N = 24
_CHILD = """
import os, sys, time
from jobs import outbox
from models.base import now
from models.session import make_engine

log = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

def deliver(recipient, *_rest):
    os.write(log, f"{os.getpid()} {recipient}\\n".encode())
    time.sleep(0.05)

def without_condition(session, actor, lifecycle, row, status, **values):
    for name, value in {"status": status, **values}.items():
        setattr(row, name, value)

if sys.argv[3] == "without condition":
    outbox.advance = without_condition
engine = make_engine(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
outbox.send_due(engine, deliver, now())
"""


class Void(Exception):
    """Not both processes sent something, so nothing was shown."""


def _send_by_two(engine, log: Path, claim: str) -> Counter[str]:
    """How often each of the messages was handed over by two processes that begin together."""
    with unit_of_work(engine) as session:
        for n in range(_N):
            session.add(OutboxMessage(recipient=f"{n}@example.org", template="profile_returned"))
    url = engine.url.render_as_string(hide_password=False)
    senders = [
        subprocess.Popen(
            [sys.executable, "-c", _CHILD, url, str(log), claim], cwd=ROOT, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
        )
        for _sender in range(2)
    ]  # fmt: skip
    for sender in senders:
        assert sender.stdout.readline() == "ready\n"
    for sender in senders:
        sender.stdin.write("go\n")
        sender.stdin.flush()
    for sender in senders:
        sender.communicate(timeout=120)
    lines = [line.split() for line in log.read_text().splitlines()]
    if len({sender for sender, _recipient in lines}) < 2:
        raise Void
    return Counter(recipient for _sender, recipient in lines)


def test_of_two_processes_one_sends_each_message(engine, tmp_path):
    sent = _send_by_two(engine, tmp_path / "log", "as it is")
    assert sent == {f"{n}@example.org": 1 for n in range(_N)}
    with open_session(engine, read_only=True) as session:
        assert set(session.exec(select(OutboxMessage.status)).all()) == {OutboxStatus.SENT}


def test_without_the_condition_of_the_claim_messages_go_out_twice(engine, tmp_path):
    with pytest.raises(AssertionError):
        assert max(_send_by_two(engine, tmp_path / "log", "without condition").values()) == 1
