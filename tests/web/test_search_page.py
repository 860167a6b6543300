"""The search page: every hit leads to its page, and what was typed is still there."""

import re
from html import unescape

import pytest
from flask import Flask
from sqlmodel import select

from cli.demo_base import DOMAIN
from models.organization import User, UserSession
from models.session import unit_of_work
from tests.databases import Template
from web.common.identity import token_digest

pytestmark = pytest.mark.xdist_group("demo_world")
READERS = ("official", "coordinator", "firm", "bank", "buyer", "auditor", "admin")


@pytest.fixture(scope="module")
def demo_app(built_app: Flask, demo_database: Template) -> Flask:
    engine = demo_database.copy()
    with unit_of_work(engine) as session:
        for name in READERS:
            user = session.exec(select(User).where(User.email == f"{name}@{DOMAIN}")).one()
            session.add(UserSession(token_digest=token_digest(name), user_id=user.id or 0))
    built_app.extensions["engine"] = engine
    return built_app


def _client(app: Flask, name: str):
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = name, True
    return client


def _hits(page: str) -> list[str]:
    lists = re.findall(r'<ul class="found-rows">.*?</ul>', page, re.DOTALL)
    return [unescape(link) for rows in lists for link in re.findall(r'<a href="([^"]+)"', rows)]


@pytest.mark.parametrize("name", ["official", "coordinator", "firm", "bank", "buyer"])
def test_every_hit_leads_to_its_page(demo_app: Flask, name: str) -> None:
    client = _client(demo_app, name)
    links = _hits(client.get("/search/?q=铜").text)
    assert links
    assert [link for link in links if client.get(link).status_code != 200] == []


@pytest.mark.parametrize("name", ["auditor", "admin"])
def test_who_has_no_rows_finds_none_and_gets_no_field_in_the_bar(demo_app: Flask, name: str) -> None:
    page = _client(demo_app, name).get("/search/?q=铜").text
    assert _hits(page) == []
    assert "topbar-search" not in page


def test_what_was_typed_is_still_there(demo_app: Flask) -> None:
    page = _client(demo_app, "official").get('/search/?q="<b>没有这个词').text
    assert "没有找到" in page
    assert page.count('value="&#34;&lt;b&gt;没有这个词"') == 1
    assert "<b>没有" not in page
