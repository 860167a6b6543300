"""Documents from somebody with bad intent are refused at their field, or lie where they harm nobody."""

import http.client
import re
import shlex
import sys
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from io import BytesIO
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func
from sqlmodel import SQLModel, col, select
from waitress import create_server

from app import server_limits
from models.audit_event import AuditEvent
from models.base import now
from models.pairing import CaseEvidence, CaseStep
from models.session import open_session
from models.stored_file import StoredFile
from tests.case_worlds import make_case_world
from tests.documents import DOCX, JPEG, PDF, PNG, XLSX
from tests.security.hostile_files import HOSTILE
from workflows import file_retention, files
from workflows.calendar import today
from workflows.files import FileLimits

_MB = 1024 * 1024


@pytest.fixture
def world(session):
    found = make_case_world(session, introduced_at=now() - timedelta(days=9))
    session.commit()
    return found


@pytest.fixture
def bank(sign_in_as, world):
    return sign_in_as(world.handler)


@pytest.fixture
def limited(monkeypatch):
    """Set limits of this installation."""

    def _limited(**values):
        chosen = FileLimits(**values)
        monkeypatch.setattr(files, "limits", lambda: chosen)
        monkeypatch.setattr(file_retention, "limits", lambda: chosen)

    return _limited


def _post(client, world, name, content, **values):
    plain = {"kind": "contact", "happened_on": today().isoformat(), "note": "电话联系", **values}
    return client.post(
        f"/cases/{world.pairing.public_id}/steps", data={**plain, "documents": [(BytesIO(content), name)]}
    )


def _error(answer) -> str:
    found = re.search(r'id="documents-error".*?</svg>(.*?)</', answer.text, re.S)
    return unescape(found.group(1)) if found else ""


def _stored(engine) -> list[StoredFile]:
    with open_session(engine, read_only=True) as session:
        return list(session.exec(select(StoredFile).order_by(StoredFile.id)).all())


def test_every_hostile_document_is_refused_at_its_field_or_inert(engine, bank, world):
    assert len(HOSTILE) >= 30
    wrong, n_inert = {}, 0
    with _watched_memory() as watch:
        for name, content, words in HOSTILE:
            answer = _post(bank, world, name, content)
            if words and (answer.status_code, words in _error(answer)) != (422, True):
                wrong[name] = (answer.status_code, _error(answer))
            elif not words:
                n_inert += 1
                assert answer.status_code == 303, name
                answer = bank.get(f"/cases/documents/{_stored(engine)[-1].public_id}")
                disposition = answer.headers["Content-Disposition"]
                assert re.search(r"^attachment;.*\.(pdf|jpg)$", disposition), disposition
                assert not re.search(r"passwd|exe|\.\.|[<>\\\\]", disposition)
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert wrong == {}
    assert len(_stored(engine)) == n_inert
    assert watch.rise_mb <= 100


@pytest.mark.parametrize("content", [PDF, PNG, JPEG, XLSX, DOCX])
def test_honest_documents_of_every_kind_are_taken(engine, bank, world, content):
    assert _post(bank, world, "批复", content).status_code == 303
    assert [row.media_type for row in _stored(engine)] == [files.media_type(content)]


def test_a_hundred_megabytes_are_refused_before_they_are_anywhere(app, bank, world, tmp_path):
    server = create_server(app, host="127.0.0.1", port=0, **server_limits(app))
    threading.Thread(target=server.run, daemon=True).start()
    before = sum(path.stat().st_size for path in tmp_path.rglob("*"))
    try:
        with _watched_memory() as watch:
            assert _sent(server.effective_port, 100 * _MB) in (413, "cut off")
            assert _sent(server.effective_port, 30 * _MB) in (413, "cut off")
    finally:
        server.task_dispatcher.shutdown()
        server.close()
    assert watch.rise_mb <= 100
    assert sum(path.stat().st_size for path in tmp_path.rglob("*")) - before <= _MB


def _sent(port: int, n_bytes: int) -> int | str:
    """The answer to a form of so many bytes; "cut off" where the server did not even listen to the end."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest("POST", "/sign-in")
    connection.putheader("Content-Type", "multipart/form-data; boundary=b")
    connection.putheader("Content-Length", str(n_bytes))
    connection.endheaders()
    try:
        for _ in range(n_bytes // 65_536):
            connection.send(b"\0" * 65_536)
        return connection.getresponse().status
    except OSError:
        return "cut off"
    finally:
        connection.close()


def _bytes_on_disk(engine, folder) -> int:
    """Bytes on disk."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            return connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    return sum(path.stat().st_size for path in folder.rglob("*.sqlite3*"))


def test_an_organization_fills_its_share_and_no_more(engine, bank, world, limited, tmp_path):
    limited(quota_mb=2)
    before = _bytes_on_disk(engine, tmp_path)
    content = PDF[:-6] + b"%" + b"0" * 600_000 + b"\n%%EOF\n"
    answers = [_post(bank, world, "批复.pdf", content) for _ in range(8)]
    assert [answer.status_code for answer in answers] == [303] * 3 + [422] * 5
    assert "合计不能超过 2 MB" in _error(answers[-1])
    assert "电话联系" in answers[-1].text
    assert _bytes_on_disk(engine, tmp_path) - before <= 2 * _MB


def test_the_number_of_documents_has_its_limit_too(bank, world, limited):
    limited(quota_files=2)
    answers = [_post(bank, world, "批复.pdf", PDF) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 422]
    assert "最多保存 2 个文件" in _error(answers[-1])


def _scanner(tmp_path, body: str) -> str:
    """A scanner of one line; `text` is the document."""
    program = tmp_path / "scanner.py"
    program.write_text(f"import sys, time\ntext = sys.stdin.buffer.read()\n{body}\n")
    return shlex.join([sys.executable, str(program)])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sys.exit(b'%PDF' in text)", "未通过病毒检查"),
        ("sys.exit(2)", "病毒检查暂时不可用"),
        ("time.sleep(9)", "病毒检查暂时不可用"),
        ("import no_such_module", "未通过病毒检查"),
        ("sys.exit(0)", ""),
    ],
)
def test_where_there_is_a_scanner_it_has_the_last_word_also_when_it_fails(
    engine, bank, world, limited, tmp_path, body, words
):
    limited(antivirus_command=_scanner(tmp_path, body), antivirus_seconds=1)
    answer = _post(bank, world, "批复.pdf", PDF)
    assert (answer.status_code, words in _error(answer)) == (422 if words else 303, bool(words) or _error(answer) == "")
    assert len(_stored(engine)) == (0 if words else 1)


def test_a_scanner_that_is_not_there_lets_nothing_pass(engine, bank, world, limited):
    limited(antivirus_command="/nowhere/clamdscan -")
    assert "病毒检查暂时不可用" in _error(_post(bank, world, "批复.pdf", PDF))
    assert _stored(engine) == []


def test_a_removed_document_gives_its_bytes_back_after_its_time_and_stays_known(engine, session, bank, world, limited):
    limited(removed_documents_days=30)
    _post(bank, world, "留.pdf", PDF)
    _post(bank, world, "去.png", PNG)
    _kept, dropped = _stored(engine)
    step = session.exec(select(CaseEvidence).where(CaseEvidence.file_id == dropped.id)).one()
    public_id = session.get_one(CaseStep, step.step_id).public_id
    address = f"/cases/{world.pairing.public_id}/steps/{public_id}"
    session.rollback()
    answer = bank.post(
        address,
        data={"happened_on": today().isoformat(), "note": "更正", "dropped": [dropped.public_id]},
    )
    assert answer.status_code == 303
    nights = [file_retention.give_back(session, now() + timedelta(days=days)) for days in (0, 29, 31, 32)]
    session.commit()
    assert nights == [0, 0, 1, 0]
    found = {row.name: row for row in _stored(engine)}
    assert (found["留.pdf"].content, found["留.pdf"].unused_since) == (PDF, None)
    assert (found["去.png"].content, found["去.png"].sha256) == (b"", dropped.sha256)
    assert session.exec(select(AuditEvent.new).where(AuditEvent.action == "documents_emptied")).one() == {
        "n": 1, "n_bytes": len(PNG),
    }  # fmt: skip
    n_counting = select(func.count()).where(col(StoredFile.emptied_at).is_(None))
    assert session.exec(n_counting).one() == 1, "what was given back no longer counts for the share"


def test_whatever_refers_to_documents_is_heard_before_bytes_are_given_back():
    referring = {
        f"{table.name}.{key.parent.name}"
        for table in SQLModel.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "stored_file"
    }
    assert referring == file_retention.HOLDERS


def test_documents_are_read_from_requests_in_one_place():
    web = Path(__file__).parents[2] / "web"
    reading = {
        path.name for path in web.rglob("*.py") if re.search(r"request\.files|\.stream\b", path.read_text("utf-8"))
    }
    assert reading == {"uploads.py", "idempotency.py", "characters.py"}, "these compare what was sent twice, and names"


class _Watch:
    rise_mb = 0.0


@contextmanager
def _watched_memory():
    """How far this process's memory rose meanwhile, looked at every 5 ms."""
    process, watch, stop = psutil.Process(), _Watch(), threading.Event()
    first = process.memory_info().rss

    def look():
        while not stop.is_set():
            watch.rise_mb = max(watch.rise_mb, (process.memory_info().rss - first) / _MB)
            time.sleep(0.005)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    yield watch
    stop.set()
    thread.join()
