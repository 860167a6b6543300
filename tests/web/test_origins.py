"""A change that another site's page asks for is refused before anything is read."""

import pytest
from sqlmodel import select

from models.organization import UserSession
from tests.factories import make_organization, make_user


@pytest.fixture
def signed_in(session, sign_in_as):
    return sign_in_as(make_user(session, make_organization(session)))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://evil.example/localhost"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://localhost:8001"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_sites_page_changes_nothing(signed_in, session, headers):
    assert signed_in.post("/sign-out", headers=headers).status_code == 403
    assert session.exec(select(UserSession)).one().ended_at is None


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://localhost"}, {"Origin": "https://localhost", "Sec-Fetch-Site": "same-origin"}]
)
def test_own_pages_and_plain_clients_may(signed_in, session, headers):
    assert signed_in.post("/sign-out", headers=headers).status_code == 303
    assert session.exec(select(UserSession)).one().ended_at is not None


def test_reading_from_a_link_elsewhere_is_no_change(signed_in):
    assert signed_in.get("/account", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
