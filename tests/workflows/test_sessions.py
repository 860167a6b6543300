"""Writers of one process take turns; whoever reads waits for nobody."""

from threading import Thread

from sqlmodel import select

from models.organization import Organization
from models.session import open_session, unit_of_work
from tests.factories import make_organization


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
