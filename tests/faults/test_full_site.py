"""A real server whose disks fill up in turn, those of the data, of uploads on their way and of the log.

What cannot be kept is refused with 507 and leaves nothing; pages can be read; once there is room all is well again.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import SQLModel, col, func, select

from models.audit_event import AuditEvent
from models.firm_profile import ProfileSubmission
from models.posting import Demand
from models.recognition import Recognition
from models.session import make_engine, open_session, unit_of_work
from tests import factories
from tests.databases import ON_POSTGRESQL
from tests.documents import PDF
from tests.faults.small_disk import SmallDisk, mounted
from tests.faults.web_server import Server, Visitor, sign_in, stamp
from vocabulary.roles import OrganizationKind
from workflows import profiles
from workflows.ledger_anchors import Seal
from workflows.ledger_check import verify

pytestmark = pytest.mark.skipif(ON_POSTGRESQL, reason="the small disk holds a SQLite file")
RECOVERS_S = 5
_TITLES = count(1)
_TELLS_FULL = "存储空间已满"
_LONG = PDF[:-6] + b"% filling\n" * 70_000 + PDF[-6:]
"""More than what an upload may take of the memory, so that it goes over the disk."""


@dataclass
class Site:
    """A server on three small disks, with a firm and an official who may read the firm's filed profile."""

    server: Server
    engine: Engine
    data: SmallDisk
    uploads: SmallDisk
    log: SmallDisk
    firm: Visitor
    official: Visitor
    profile_page: str

    def save(self) -> int:
        return self.server.post("/financing-needs/new", self.firm, {"title": f"need {next(_TITLES)}", "action": "save"})

    def upload(self, kind: str = "high_tech") -> tuple[int, str]:
        values = {"kind": kind, "issuer": "湖南省科技厅", "issued_on": "2026-01-05", "csrf_token": self.firm.csrf_token}
        part = '--b\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
        fields = "".join(part.format(name, "") + f"{value}\r\n" for name, value in values.items())
        body = (fields + part.format("documents", '; filename="a.pdf"')).encode() + _LONG + b"\r\n--b--\r\n"
        return self.server.send(
            "POST", "/profile/recognitions/", self.firm, body, media_type="multipart/form-data; boundary=b"
        )

    def counts(self) -> tuple[int, int, int, int]:
        """(needs, lines of theirs in the ledger, titles, lines of theirs)"""
        with open_session(self.engine, read_only=True) as session:

            def number(kind: type[SQLModel], *conditions) -> int:
                return session.exec(select(func.count()).select_from(kind).where(*conditions)).one()

            return (
                number(Demand), number(AuditEvent, AuditEvent.action == "posting_created"),
                number(Recognition), number(AuditEvent, col(AuditEvent.subject_kind) == "recognition"),
            )  # fmt: skip

    def require_reading(self) -> None:
        for page in ("/financing-needs/", "/inbox/", "/profile/"):
            assert self.server.get(page, self.firm)[0] == 200, page
        assert self.server.get("/pairings/", self.official)[0] == 200
        assert self.server.get("/healthz")[0] == 200

    def require_sound(self) -> None:
        with self.engine.execution_options(read_only=True).connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert verify(self.engine, Seal(self.data.path / "no anchors", "k")).is_whole


@contextmanager
def _site(folder: Path, variant: str = "plain") -> Iterator[Site]:
    with mounted(folder / "data") as data, mounted(folder / "uploads") as uploads, mounted(folder / "log") as log:
        url = f"sqlite:///{data.path / 'lianrong.sqlite3'}"
        engine = make_engine(url)
        SQLModel.metadata.create_all(engine)
        stamp(engine)
        with unit_of_work(engine) as session:
            chain = factories.make_chain(session)
            firm = factories.make_organization(session, chain_id=chain.id)
            profile = factories.make_profile(session, firm)
            filer = factories.make_user(session, firm)
            office = factories.make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
            official = factories.make_user(session, office)
            filed = ProfileSubmission(
                organization_id=firm.id, chain_id=chain.id, submitted_by_id=filer.id,
                values=profiles.stored({name: getattr(profile, name) for name in profiles.BY_NAME}),
            )  # fmt: skip
            session.add(filed)
        visitors = sign_in(engine, filer.id), sign_in(engine, official.id)
        server = Server(url, data.path, variant, log=log.path / "log", TMPDIR=str(uploads.path), WEB_CONCURRENCY="1")
        with server:
            yield Site(server, engine, data, uploads, log, *visitors, f"/profiles/{filed.public_id}")
        engine.dispose()


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Site]:
    with _site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def site(running) -> Iterator[Site]:
    yield running
    for disk in (running.data, running.uploads, running.log):
        disk.empty()


def _soon(act: Callable[[], int]) -> None:
    """Within five seconds the same succeeds."""
    start = time.monotonic()
    while act() != 303:
        assert time.monotonic() - start < RECOVERS_S, "not well again"
    assert time.monotonic() - start < RECOVERS_S


def _fill_the_database(site: Site) -> None:
    """Fill the disk so that the next commit finds no room; then save. What was answered must be what is there."""
    with site.engine.connect() as connection:  # else the log beside the file has room left that was taken before
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    before = site.counts()
    site.data.fill()
    answers = [site.save() for _ in range(10)]
    n_kept = answers.count(303)
    after = site.counts()
    assert after == (before[0] + n_kept, before[1] + n_kept, *before[2:]), f"half kept, or not: {answers}"
    assert set(answers) <= {303, 507}
    assert 507 in answers, "void: the database found room"


def test_a_full_disk_of_data_refuses_what_it_cannot_keep(site):
    assert site.save() == 303
    assert site.server.get(site.profile_page, site.official)[0] == 200
    _fill_the_database(site)
    status, text = site.upload()
    assert (status, _TELLS_FULL in text) == (507, True)
    site.require_reading()
    # Reading what somebody filed in confidence leaves a line in the ledger first: no room, no page.
    status, text = site.server.get(site.profile_page, site.official)
    assert (status, _TELLS_FULL in text) == (507, True)
    site.data.empty()
    _soon(site.save)
    assert site.server.get(site.profile_page, site.official)[0] == 200
    site.require_sound()


def test_a_full_disk_of_uploads_refuses_them_and_nothing_else(site):
    before = site.counts()
    site.uploads.fill()
    status, text = site.upload()
    assert (status, _TELLS_FULL in text) == (507, True)
    assert site.counts() == before
    assert site.save() == 303
    site.require_reading()
    site.uploads.empty()
    _soon(lambda: site.upload()[0])
    after = site.counts()
    assert (after[2] - before[2], after[3] - before[3]) == (1, 1)
    site.require_sound()


def test_a_full_disk_of_the_log_stops_nothing(site):
    site.log.fill()
    size = site.server.log.stat().st_size
    assert [site.save() for _ in range(30)] == [303] * 30
    site.require_reading()
    assert site.server.log.stat().st_size - size < 4096, "void: the log found room"
    site.log.empty()
    start = time.monotonic()
    while site.server.log.stat().st_size < size + 4096:
        assert site.save() == 303
        assert time.monotonic() - start < RECOVERS_S
    site.require_sound()


@pytest.mark.slow
def test_the_harness_fails_where_a_full_disk_is_shrugged_off(tmp_path):
    with _site(tmp_path, "shrugging") as site, pytest.raises(AssertionError, match="half kept, or not"):
        _fill_the_database(site)
