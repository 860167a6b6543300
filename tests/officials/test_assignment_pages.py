"""The assignment on screen: run, compared, adopted or dropped."""

import re

import pytest
from sqlmodel import select

from models.pairing import Pairing
from tests import factories
from tests.workflows.test_assignments import City
from vocabulary.classifications import PairingOrigin
from vocabulary.lifecycles import PairingStatus
from vocabulary.roles import OrganizationKind


@pytest.fixture
def city(session):
    found = City(session, n_firms=3, visits=[1, 1])
    found.recommend()
    session.commit()
    return found


@pytest.fixture
def client(session, sign_in_as):
    return sign_in_as(factories.make_user(session, factories.make_organization(session, OrganizationKind.JOINT_OFFICE)))


@pytest.fixture
def run(client, do_jobs):
    def _run(**settings):
        """Ask for a run, follow it, and give the address of the proposal."""
        followed = client.post("/assignments/", data=settings).headers["Location"]
        assert "排在队里" in client.get(followed).text
        assert do_jobs() == 1
        assert client.get(followed, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
        return client.get(followed).headers["Location"]

    return _run


def test_a_run_shows_the_comparison_the_prices_and_who_is_left(client, city, run):
    page = client.get(run(weeks="1")).text
    assert "先到先得" in page
    assert "可多为 1 家企业找到银行" in page  # three firms, two visits
    tabs = [int(count) for count in re.findall(r'class="count">(\d+)<', page)]
    assert tabs == [2, 1]


def test_adopting_proposes_pairings_that_an_official_still_decides(session, client, city, run):
    address = run()
    assert client.post(f"{address}/adopt").status_code == 303
    assert client.post(f"{address}/adopt").status_code == 409
    pairings = session.exec(select(Pairing)).all()
    assert {(row.status, row.origin) for row in pairings} == {(PairingStatus.PROPOSED, PairingOrigin.ASSIGNMENT)}


def test_a_dropped_proposal_can_still_be_read(session, client, city, run):
    address = run()
    assert client.post(f"{address}/drop", data={"note": "名额有变"}).status_code == 303
    assert "名额有变" in client.get(address).text
    assert session.exec(select(Pairing)).all() == []


def test_nothing_to_assign_is_said_in_words(client, run):
    assert "目前没有待对接的融资需求" in client.get(run()).text


def test_a_chain_office_does_not_find_the_citys_proposal(session, sign_in_as, client, city, run):
    address = run()
    other = factories.make_organization(
        session, OrganizationKind.CHAIN_OFFICE, chain_id=factories.make_chain(session).id
    )
    assert sign_in_as(factories.make_user(session, other)).get(address).status_code == 404
