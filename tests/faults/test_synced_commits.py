"""What is acknowledged was first handed to the disk: counted at the system calls of a real server."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.databases import ON_POSTGRESQL
from tests.faults.test_killed_web import prepare
from tests.faults.web_server import Server, stamp

pytestmark = pytest.mark.skipif(ON_POSTGRESQL, reason="PostgreSQL syncs in processes of its own")
N_DEEDS = 60
_CALLS = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s.*\b(?:fsync|fdatasync)$", re.MULTILINE)


def synced(engine, folder: Path, variant: str) -> tuple[int, int]:
    """(deeds acknowledged, calls of fsync and fdatasync of the server from its start to its end)"""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    counted = folder / "calls"
    strace = ("strace", "-f", "--seccomp-bpf", "-c", "-e", "trace=fsync,fdatasync", "-o", str(counted))
    if subprocess.run([*strace, "true"], capture_output=True).returncode:
        pytest.skip("strace may not look at processes here")
    stamp(engine)
    deeds = prepare(engine, N_DEEDS)
    with Server(str(engine.url), folder, variant, under=strace, WEB_CONCURRENCY="1") as server:
        answers = [server.post(deed.path, deed.visitor, dict(deed.values), deed.key) for deed in deeds]
    assert answers == [303] * N_DEEDS, "void: deeds were refused"
    return len(answers), sum(int(number) for number in _CALLS.findall(counted.read_text()))


@pytest.mark.slow
def test_every_acknowledged_deed_was_synced(engine, tmp_path):
    acknowledged, calls = synced(engine, tmp_path, "plain")
    print(f"{acknowledged} acknowledged, {calls} calls")  # noqa: T201 -- the figures of the run, shown with -s
    assert calls >= acknowledged


@pytest.mark.slow
def test_the_count_fails_where_commits_wait_for_no_disk(engine, tmp_path):
    acknowledged, calls = synced(engine, tmp_path, "careless")
    assert 0 < calls < acknowledged
