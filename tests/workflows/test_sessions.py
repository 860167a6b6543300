"""Writers of one process take turns; whoever reads waits for nobody."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import pytest
from sqlmodel import select

from models.organization import Organization
from models.session import open_session, unit_of_work
from models.sqlite import WriteTurn, is_affected
from tests.databases import ON_POSTGRESQL
from tests.factories import make_organization

ROOT = Path(__file__).parents[2]


def test_twenty_writers_take_turns_and_lose_no_change(engine, session):
    organization = make_organization(session, phone="0")
    organization_id = organization.id
    session.commit()

    def add_one():
        for _ in range(10):
            with unit_of_work(engine) as own:
                row = own.get_one(Organization, organization_id)
                row.phone = str(int(row.phone) + 1)

    writers = [Thread(target=add_one) for _ in range(20)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with open_session(engine, read_only=True) as own:
        assert own.get_one(Organization, organization_id).phone == "200"


def test_a_writer_that_fails_gives_up_its_turn(engine, session):
    session.close()
    for _ in range(3):
        try:
            with unit_of_work(engine) as own:
                own.exec(select(Organization)).first()
                raise ValueError
        except ValueError:
            pass
    with unit_of_work(engine) as own:
        assert own.exec(select(Organization)).first() is None


def test_a_reader_does_not_wait_for_a_writer(engine, session):
    session.close()
    with unit_of_work(engine) as writer:
        make_organization(writer)
        with open_session(engine, read_only=True) as reader:
            assert reader.exec(select(Organization)).first() is None


ON_A_FILE = pytest.mark.skipif(ON_POSTGRESQL, reason="of SQLite files")
_OTHER_PROCESS = """
import sys
from models.session import make_engine, unit_of_work
from models.organization import Organization
engine = make_engine(f"sqlite:///{sys.argv[1]}")
for _ in range(int(sys.argv[3])):
    with unit_of_work(engine) as session:
        row = session.get_one(Organization, int(sys.argv[2]))
        row.phone = str(int(row.phone) + 1)
"""


@ON_A_FILE
def test_two_processes_take_turns_and_lose_no_change(engine, session):
    organization_id = make_organization(session, phone="0").id
    session.commit()
    command = [sys.executable, "-c", _OTHER_PROCESS, engine.url.database, str(organization_id), "30"]
    others = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [other.wait(timeout=60) for other in others] == [0, 0]
    with open_session(engine, read_only=True) as own:
        assert own.get_one(Organization, organization_id).phone == "60"


def test_a_process_waits_for_the_turn_of_another_and_gets_it_when_that_one_dies(tmp_path):
    path = tmp_path / "lock"
    hold = f"from models.sqlite import WriteTurn; t = WriteTurn({str(path)!r}); t.acquire(1); print(1); input()"
    holder = subprocess.Popen(
        [sys.executable, "-uc", hold], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    holder.stdout.readline()
    turn = WriteTurn(path)
    assert not turn.acquire(0.05)
    holder.kill()
    holder.wait()
    assert turn.acquire(5)
    turn.release()
    assert turn.acquire(0.05)
    turn.release()


def test_a_lock_file_that_cannot_be_opened_takes_no_turn_with_it(tmp_path):
    turn = WriteTurn(tmp_path / "missing" / "lock")
    for _ in range(2):
        with pytest.raises(OSError):
            turn.acquire(0.05)


@ON_A_FILE
def test_each_connection_syncs_at_every_commit_and_checks_its_references(engine):
    with ExitStack() as stack:
        connections = [stack.enter_context(open_session(engine, read_only=True)).connection() for _ in range(3)]
        for name, value in (("synchronous", 2), ("foreign_keys", 1), ("journal_mode", "wal")):
            assert [c.exec_driver_sql(f"PRAGMA {name}").scalar_one() for c in connections] == [value] * 3


def test_the_library_of_sqlite_is_outside_the_range_of_the_wal_reset_bug():
    assert [is_affected(version) for version in ((3, 6, 23), (3, 7, 0), (3, 51, 2), (3, 51, 3))] == [
        False, True, True, False,
    ]  # fmt: skip
    if sys.platform == "linux":
        assert not is_affected()
