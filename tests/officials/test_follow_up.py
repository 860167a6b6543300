"""The office's list of late cases, and the page that says when a day is a guess."""

from datetime import UTC, datetime

import pytest
import time_machine

from jobs.follow_up import follow_up
from models.base import now
from tests import factories
from tests.case_worlds import make_case_world
from vocabulary.roles import OrganizationKind

INTRODUCED = datetime(2026, 9, 30, 2, 0, tzinfo=UTC)
"""The day before National Day: the first contact is due on 8 October."""


@pytest.fixture
def travel():
    with time_machine.travel(datetime(2026, 10, 9, 2, 0, tzinfo=UTC), tick=False) as clock:
        yield clock


@pytest.fixture
def world(session, travel):
    found = make_case_world(session, introduced_at=INTRODUCED)
    found.counterpart.legal_name, found.handler.full_name = "衡阳银行", "赵强"
    session.commit()
    return found


def test_a_late_case_stands_in_the_list_with_level_days_and_people(engine, sign_in_as, world):
    follow_up(engine, now())
    client = sign_in_as(world.official)
    page = client.get("/follow-up/").text
    for words in ("衡阳银行", "赵强", "首次联系", "2026-10-08", "已逾期", "已报链办", world.official.full_name):
        assert words in page, words
    assert 'title="待办">1<' in page
    assert "已报链办" in sign_in_as(world.handler).get(f"/cases/{world.pairing.public_id}").text
    assert "逾期，报链办" in client.get(f"/pairings/{world.pairing.public_id}").text


@pytest.mark.parametrize(
    ("query", "is_listed"),
    [
        ("level=chain_office", True), ("level=joint_office", False), ("level=handler", False),
        ("follower={follower}", True), ("follower=nobody", False),
        ("counterpart={counterpart}", True), ("counterpart=nobody", False), ("level=nonsense", True),
    ],
)  # fmt: skip
def test_the_list_is_filtered_by_level_official_and_bank(engine, sign_in_as, world, query, is_listed):
    follow_up(engine, now())
    query = query.format(follower=world.official.public_id, counterpart=world.counterpart.public_id)
    page = sign_in_as(world.official).get(f"/follow-up/?{query}").text
    assert (f"/pairings/{world.pairing.public_id}#progress" in page) is is_listed


def test_another_chains_office_sees_none_of_it_and_the_joint_office_all(engine, session, sign_in_as, world):
    follow_up(engine, now())
    chain = factories.make_chain(session)
    office = factories.make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    assert "衡阳银行" not in sign_in_as(factories.make_user(session, office)).get("/follow-up/").text
    assert "衡阳银行" in sign_in_as(world.coordinator).get("/follow-up/").text
    assert sign_in_as(world.handler).get("/follow-up/").status_code == 403
    other = sign_in_as(factories.make_user(session, office))
    assert other.post(f"/follow-up/{world.pairing.public_id}/follow").status_code == 404


def test_a_guessed_year_is_told_to_the_office_and_the_administrator(session, sign_in_as, travel):
    office = factories.make_organization(
        session, OrganizationKind.CHAIN_OFFICE, chain_id=factories.make_chain(session).id
    )
    admin = factories.make_organization(session, OrganizationKind.IT_OFFICE)
    official, administrator = factories.make_user(session, office), factories.make_user(session, admin)
    travel.move_to(datetime(2026, 9, 1, 2, 0, tzinfo=UTC))
    for address, person in (("/desk/", official), ("/follow-up/", official), ("/users", administrator)):
        assert "节假日安排尚未载入" not in sign_in_as(person).get(address).text, address
    travel.move_to(datetime(2026, 11, 25, 2, 0, tzinfo=UTC))
    for address, person in (("/desk/", official), ("/follow-up/", official), ("/users", administrator)):
        assert "2027 年的节假日安排尚未载入" in sign_in_as(person).get(address).text, address


def test_a_guessed_day_says_so_beside_it(session, sign_in_as, travel):
    travel.move_to(datetime(2026, 12, 31, 4, 0, tzinfo=UTC))
    world = make_case_world(session, introduced_at=datetime(2026, 12, 31, 2, 0, tzinfo=UTC))
    session.commit()
    client = sign_in_as(world.handler)
    for address in (f"/cases/{world.pairing.public_id}", "/cases/"):
        page = client.get(address).text
        assert "2027-01-01" in page, address
        assert "暂按周一至周五推算" in page, address
