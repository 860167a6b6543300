"""The administrator keeps accounts, not business: he reaches no page with an amount of money or a contact of a firm."""

import re
from html import unescape
from urllib.parse import urlsplit

import pytest
from sqlmodel import select
from werkzeug.exceptions import HTTPException

from models.firm_profile import FirmProfile
from models.organization import User, UserSession
from models.session import open_session, unit_of_work
from vocabulary.bands import SCALES
from vocabulary.profile_fields import FIELDS, FieldKind, Visibility
from web.common.filters import band
from web.common.identity import token_digest

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("demo_world")]
_LINK = re.compile(r'href="(/[^"#]*)"')
_TAG = re.compile(r"<(script|style).*?</\1>|<[^>]+>", re.DOTALL)
_AMOUNT = re.compile(r"\d[\d,]*(?:\.\d+)?\s*(?:万元|亿元|元|亿|万)")
_NOT_FOLLOWED = ("/static", "/leave", "/vendor", "/bootstrap")


@pytest.fixture(scope="module")
def demo(built_app, demo_database):
    engine = demo_database.copy()
    before = built_app.extensions["engine"]
    built_app.extensions["engine"] = engine
    yield built_app, engine
    built_app.extensions["engine"] = before
    engine.dispose()


def _pages(demo, who: str, *, most_of_a_kind: int) -> dict[str, str]:
    """Address -> words of each page that a person reaches by links, and of every route without an id."""
    app, engine = demo
    with unit_of_work(engine) as session:
        user = session.exec(select(User).where(User.email == f"{who}@demo.lianrong.cn")).one()
        session.add(UserSession(token_digest=token_digest(f"token-{who}"), user_id=user.id))
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = f"token-{who}", True
    waiting = [rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments]
    seen, found, kinds = set(), {}, {}
    while waiting:
        url = waiting.pop(0)
        kind = _kind(app, url)
        if url in seen or url.startswith(_NOT_FOLLOWED) or kinds.get(kind, 0) >= most_of_a_kind:
            continue
        seen.add(url)
        answer = client.get(url)
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        found[url] = unescape(_TAG.sub(" ", answer.text))
        links = (unescape(link) for link in _LINK.findall(answer.text))
        waiting.extend(link for link in links if not urlsplit(link).netloc)
    return found


def _kind(app, url: str) -> str:
    try:
        return app.url_map.bind("localhost").match(urlsplit(url).path, method="GET")[0]
    except HTTPException:
        return url


def _contacts(engine) -> set[str]:
    """What firms filed as their telephone and mail."""
    kinds = (FieldKind.PHONE, FieldKind.EMAIL)
    names = [field.name for field in FIELDS if field.kind in kinds and field.visibility is Visibility.CONFIDENTIAL]
    with open_session(engine, read_only=True) as session:
        profiles = session.exec(select(FirmProfile)).all()
    return {value for profile in profiles for name in names if (value := getattr(profile, name))}


def test_the_administrator_meets_no_amount_and_no_contact_of_a_firm(demo):
    pages = _pages(demo, "admin", most_of_a_kind=100)
    assert {"/users", "/grants", "/mails/", "/who-may-do-what", "/inbox/"} <= pages.keys()
    with demo[0].test_request_context():  # edges of bands are public, and the same for all
        bands = " ".join(band(level, scale.code) for scale in SCALES.values() for level in scale.levels)
    edges = set(_AMOUNT.findall(bands))
    assert edges
    amounts = {url: [amount for amount in _AMOUNT.findall(text) if amount not in edges or url != "/reference-data/"]
               for url, text in pages.items()}  # fmt: skip
    assert {url: found[:3] for url, found in amounts.items() if found} == {}
    people = "\n".join(text for url, text in pages.items() if not url.startswith("/users"))
    assert [contact for contact in _contacts(demo[1]) if contact in people] == []


def test_the_auditor_meets_no_contact_of_a_firm(demo):
    pages = _pages(demo, "auditor", most_of_a_kind=3)
    assert len(pages) > 20
    text = "\n".join(pages.values())
    contacts = _contacts(demo[1])
    assert len(contacts) > 50
    assert [contact for contact in contacts if contact in text] == []


def test_the_search_finds_what_an_office_reads(demo):
    """The same walk where there is something to find."""
    text = "\n".join(_pages(demo, "official", most_of_a_kind=1).values())
    assert _AMOUNT.findall(text)
    assert [contact for contact in _contacts(demo[1]) if contact in text]
