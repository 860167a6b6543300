"""The character that no database text can hold does not come in by any way."""

from io import BytesIO

import pytest


@pytest.mark.parametrize(
    "request_of",
    [
        lambda client: client.get("/sign-in?next=%00"),
        lambda client: client.get("/sign-in?a%00b=1"),
        lambda client: client.get("/sign-in%00"),
        lambda client: client.post("/sign-in", data={"email": "a\0b@example.org", "password": "x"}),
        lambda client: client.post("/sign-in", data={"email": ["a@example.org", "\0"]}),
        lambda client: client.post("/sign-in", data={"file": (BytesIO(b"x"), "a\0.pdf")}),
        lambda client: client.post("/sign-in", json={"email": "a\0b"}),
    ],
)
def test_a_request_with_it_is_refused(client, request_of):
    assert request_of(client).status_code == 400


def test_the_same_request_without_it_is_not(client):
    assert client.post("/sign-in", data={"email": "ab@example.org", "password": "x"}).status_code != 400
    assert client.get("/sign-in?next=/").status_code == 200
