"""Every number that is marked as a count opens a list of exactly that many rows, whoever clicks it."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select

from cli.demo_base import DOMAIN
from models.organization import User, UserSession
from models.session import open_session
from tests.databases import Template
from web.common.identity import token_digest

pytestmark = pytest.mark.xdist_group("demo_world")

PAGES = ("/dashboard/", "/dashboard/?market=supply", "/dashboard/exposure", "/dashboard/exposure?market=supply")
"""Pages with counts; a page that marks its counts with `data-count` is added here."""
_COUNT = re.compile(r'data-count="(\d+)" href="([^"]+)"')
_TABLE = re.compile(r"<table[^>]*data-rows[^>]*>.*?</table>", re.DOTALL)
_NEXT = re.compile(r'<a rel="next" href="([^"]+)"')


@pytest.fixture(scope="module")
def demo_app(built_app: Flask, demo_database: Template) -> Flask:
    engine = demo_database.copy()
    with open_session(engine) as session:
        for name in ("official", "coordinator", "auditor", "bank"):
            user = session.exec(select(User).where(User.email == f"{name}@{DOMAIN}")).one()
            session.add(UserSession(token_digest=token_digest(name), user_id=user.id or 0))
        session.commit()
    built_app.extensions["engine"] = engine
    return built_app


def _client(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = name, True
    return client


def _rows(client: FlaskClient, path: str) -> int:
    """Rows of a list over all its pages."""
    n, here = 0, path
    while here:
        answer = client.get(here)
        assert answer.status_code == 200, here
        text = answer.get_data(as_text=True)
        n += sum(part.split("<tbody>", 1)[1].count("<tr>") for part in _TABLE.findall(text))
        found = _NEXT.search(text)
        here = unescape(found[1]) if found else ""
    return n


@pytest.mark.parametrize("name", ["official", "coordinator", "auditor"])
def test_every_count_opens_exactly_its_rows(demo_app: Flask, name: str) -> None:
    client = _client(demo_app, name)
    counts: dict[str, int] = {}
    for page in PAGES:
        answer = client.get(page)
        assert answer.status_code == 200, page
        counts |= {unescape(url): int(n) for n, url in _COUNT.findall(answer.get_data(as_text=True))}
    assert len(counts) > 40
    assert {url: n for url, n in counts.items() if _rows(client, url) != n} == {}


def test_a_bank_opens_neither_the_dashboard_nor_the_rows_behind_it(demo_app: Flask) -> None:
    client = _client(demo_app, "bank")
    answers = {path: client.get(path).status_code for path in (*PAGES, "/dashboard/rows/postings")}
    assert set(answers.values()) == {403}


def test_an_office_counts_only_firms_of_its_own_chain(demo_app: Flask) -> None:
    def filed(name: str) -> int:
        found = _COUNT.search(_client(demo_app, name).get("/dashboard/").get_data(as_text=True))
        return int(found[1]) if found else 0

    assert 0 < filed("official") < filed("coordinator") == filed("auditor")
