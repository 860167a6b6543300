"""What branches can take on, as their bank and others see it on screen."""

import pytest

from tests import factories
from vocabulary.roles import OrganizationKind


@pytest.fixture
def bank(session):
    return factories.make_organization(session, OrganizationKind.BANK)


@pytest.fixture
def branch(session, bank):
    return factories.make_branch(session, bank, visits_per_week=2)


@pytest.fixture
def product(session, bank, branch):
    supply = factories.make_loan_product(session, bank)
    supply.title = "产业链贷"
    session.commit()
    return supply


@pytest.fixture
def client(session, sign_in_as, bank, product):
    return sign_in_as(factories.make_user(session, bank))


def test_a_branch_states_its_visits_and_the_page_shows_them(session, client, branch):
    assert (
        client.post(f"/capacity/branches/{branch.public_id}", data={"visits_per_week": "3", "version": "1"}).status_code
        == 303
    )
    session.refresh(branch)
    assert branch.visits_per_week == 3
    page = client.get("/capacity/").text
    assert "产业链贷" in page


def test_the_second_editor_of_a_branch_sees_both_numbers(client, branch):
    address = f"/capacity/branches/{branch.public_id}"
    assert client.post(address, data={"visits_per_week": "3", "version": "1"}).status_code == 303
    late = client.post(address, data={"visits_per_week": "7", "version": "1"})
    assert late.status_code == 409
    assert 'value="7"' in late.text


def test_a_pause_in_the_past_is_refused_beside_its_field_and_nothing_is_lost(client, product):
    typed = {"quota_firms": "4", "paused_until": "2020-01-01", "pause_reason": "年末规模控制", "version": "1"}
    refused = client.post(f"/capacity/products/{product.public_id}", data=typed)
    assert refused.status_code == 422
    assert "不能早于今天" in refused.text
    assert "年末规模控制" in refused.text


def test_other_banks_and_offices_find_nothing(session, sign_in_as, branch, product):
    other = factories.make_user(session, factories.make_organization(session, OrganizationKind.BANK))
    stranger = sign_in_as(other)
    assert stranger.get(f"/capacity/branches/{branch.public_id}").status_code == 404
    assert stranger.get(f"/capacity/products/{product.public_id}").status_code == 404
    assert "产业链贷" not in stranger.get("/capacity/").text
