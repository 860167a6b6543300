"""Refusals counted for the office; a bank reads where its reasons are at odds with its own terms."""

import re

import pytest

from tests.factories import make_chain, make_organization, make_user
from tests.workflows.test_refusals import World
from vocabulary.classifications import DeclineReason
from vocabulary.roles import OrganizationKind


@pytest.fixture
def world(session):
    found = World(session)
    found.refuse(DeclineReason.DEBT_TOO_HIGH)
    session.commit()
    return found


@pytest.fixture
def office(session, sign_in_as, world):
    chain_office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=world.pairing.chain_id)
    return sign_in_as(make_user(session, chain_office))


def _add_refusals(session, world, reasons):
    """More refusals of the same bank, each on a pairing of its own."""
    for reason in reasons:
        other = World(session)
        other.pairing.chain_id = world.pairing.chain_id
        other.refuse(reason)
    session.commit()


def test_every_number_opens_exactly_the_cases_it_counts(session, office, world):
    _add_refusals(session, world, [DeclineReason.OTHER, DeclineReason.OTHER, DeclineReason.COLLATERAL_INSUFFICIENT])
    page = office.get("/refusals/").text
    counted = re.findall(r'<a class="count" href="(/refusals/[^"]*)">(\d+)<', page)
    assert len(counted) >= 6
    for url, number in counted:
        answer = office.get(url.replace("&amp;", "&")).text
        assert len(re.findall(r'<th scope="row"><a href="/pairings/', answer)) == int(number), url


def test_the_share_of_other_needs_five_cases(session, office, world):
    _add_refusals(session, world, [DeclineReason.OTHER] * 3)
    assert "样本不足（4 件）" in office.get("/refusals/").text
    _add_refusals(session, world, [DeclineReason.COLLATERAL_INSUFFICIENT])
    assert "60%（3 / 5 件）" in office.get("/refusals/").text


def test_an_office_of_another_chain_counts_nothing(session, sign_in_as, world):
    other = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    page = sign_in_as(make_user(session, other)).get("/refusals/").text
    assert "没有婉拒的案件" in page
    assert world.firm_row.legal_name not in page


def test_the_bank_reads_which_refusals_its_terms_do_not_state(sign_in_as, world):
    address = f"/loan-products/{world.products[0].public_id}"
    page = sign_in_as(world.officers[0]).get(address).text
    assert "1 件因“负债偏高”婉拒，而这一条件没有写明" in page
    assert f"/cases/{world.pairing.public_id}" in page
    other = sign_in_as(world.officers[1]).get(f"/loan-products/{world.products[1].public_id}").text
    assert "这一条件没有写明" not in other
