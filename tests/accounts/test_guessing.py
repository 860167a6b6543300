"""Guessing: slowed down for strangers, never shutting the person out; nothing tells which accounts exist."""

import pytest
from sqlmodel import select

from models.organization import SignInAttempt, User
from tests.factories import make_organization, make_user
from vocabulary.roles import OrganizationKind
from web.common.languages import safe_next
from workflows import accounts
from workflows.passwords import PasswordProblem, hash_password, is_password, password_problem

PASSWORD = "copper-wire-2026"


@pytest.fixture
def person(session):
    organization = make_organization(session, OrganizationKind.BANK)
    user = make_user(session, organization, email="zhang@example.org", password_hash=hash_password(PASSWORD))
    session.commit()
    return user


def _post(client, password, address="10.1.1.1", email="zhang@example.org"):
    data = {"email": email, "password": password}
    return client.post("/sign-in", data=data, environ_base={"REMOTE_ADDR": address})


@pytest.mark.slow
def test_of_a_thousand_tries_from_fifty_addresses_few_reach_the_hash_and_the_person_gets_in(
    app, session, person, monkeypatch
):
    known = app.test_client()
    assert _post(known, PASSWORD).status_code == 303
    known.post("/sign-out")
    hashed = []

    def _counted(password, kept):
        hashed.append(password)
        return is_password(password, kept)

    monkeypatch.setattr(accounts, "is_password", _counted)
    stranger = app.test_client()
    for n in range(1000):
        assert _post(stranger, "guess", f"10.0.0.{n % 50}").status_code in (401, 429)
    assert 5 <= len(hashed) <= 100
    assert _post(stranger, PASSWORD, "10.0.0.7").status_code == 429, "the guard is on"
    assert _post(known, PASSWORD, "10.0.0.7").status_code == 303, "from a known device, even at a shared address"


def test_strangers_who_guess_do_not_shut_out_a_known_device(app, person):
    known, stranger = app.test_client(), app.test_client()
    _post(known, PASSWORD)
    known.post("/sign-out")
    answers = [_post(stranger, "guess", f"10.0.0.{n}").status_code for n in range(7)]
    assert answers == [401] * 5 + [429] * 2
    assert _post(stranger, PASSWORD, "10.0.0.9").status_code == 429
    assert _post(known, PASSWORD, "10.0.0.9").status_code == 303


def test_a_known_device_is_no_licence_to_guess(app, person):
    client = app.test_client()
    _post(client, PASSWORD)
    client.post("/sign-out")
    assert [_post(client, "guess").status_code for _ in range(7)] == [401] * 5 + [429] * 2


def test_a_device_known_to_one_account_is_a_stranger_to_another(app, session, person):
    other = make_user(
        session,
        make_organization(session, OrganizationKind.BANK),
        email="li@example.org",
        password_hash=hash_password("x"),
    )
    session.commit()
    client = app.test_client()
    _post(client, PASSWORD)
    client.post("/sign-out")
    for _ in range(5):
        _post(client, "guess", email=other.email)
    digests = {row.email_digest for row in session.exec(select(SignInAttempt)).all()}
    assert digests == {accounts.digest("li@example.org")}


@pytest.mark.parametrize(
    ("password", "has_factor", "problem"),
    [
        ("tin-coper-wi-14", False, None), ("tin-coper-wi-1", False, PasswordProblem.SHORT),
        ("tn-cp-w8", True, None), ("tn-cp-w", True, PasswordProblem.SHORT),
        ("football", True, PasswordProblem.COMMON), ("f00tball", True, PasswordProblem.COMMON),
        ("lianrong2026lr!", False, PasswordProblem.COMMON), ("basketballbasketball", False, PasswordProblem.COMMON),
        ("sunshine2026!!!", False, PasswordProblem.COMMON), ("chuanshan202612", False, PasswordProblem.COMMON),
        ("onlysmallletterswithoutanything", False, None), ("山高水长 一二三四五六七八九十", False, None),
    ],
)  # fmt: skip
def test_length_and_blocklist_decide_and_nothing_is_asked_of_composition(password, has_factor, problem):
    assert password_problem(password, has_factor=has_factor) == problem


def test_the_hash_is_argon2id_with_the_stated_cost():
    assert hash_password("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_reset_makes_every_known_device_a_stranger(app, session, person):
    client = app.test_client()
    _post(client, PASSWORD)
    user = session.exec(select(User)).one()
    accounts.forget_devices(session, user.id)
    session.commit()
    client.post("/sign-out")
    for n in range(5):
        _post(app.test_client(), "guess", f"10.0.0.{n}")
    assert _post(client, PASSWORD).status_code == 429


PAYLOADS = [
    "//evil.cn", "///evil.cn", "////evil.cn", "/\\evil.cn", "\\\\evil.cn", "\\/evil.cn", "https://evil.cn",
    "http://evil.cn",
    "https:evil.cn", "https:/evil.cn", "https:///evil.cn", "HTTPS://evil.cn", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x", "\t//evil.cn", "/\t/evil.cn", "/\n/evil.cn", "\n//evil.cn", "\r//evil.cn", " //evil.cn",
    "/\r\n/evil.cn", "\x00//evil.cn", "evil.cn", "@evil.cn", "//evil.cn@localhost", "//localhost@evil.cn",
    "ftp://evil.cn", "mailto:a@evil.cn", ".//evil.cn", "?next=//evil.cn", "#//evil.cn", "//[::1]/",
]  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_after_signing_in_nobody_leaves_the_site(app, person, payload):
    answer = app.test_client().post(
        "/sign-in", query_string={"next": payload}, data={"email": "zhang@example.org", "password": PASSWORD}
    )
    if "\0" in payload:  # refused at the door already
        assert (answer.status_code, answer.location) == (400, None)
        return
    assert answer.status_code == 303
    assert answer.location.startswith("/")
    assert answer.location[1:2] not in ("/", "\\")
    assert "evil" not in answer.location


def test_a_path_of_the_site_is_followed():
    assert safe_next("/chains/?q=1", "/") == "/chains/?q=1"


@pytest.mark.parametrize("host", ["evil.cn", "localhost.evil.cn", "127.0.0.1.evil.cn", "localhost@evil.cn"])
def test_a_forged_host_is_refused_before_it_reaches_a_mail(client, person, host):
    answer = client.post("/forgot-password", data={"email": "zhang@example.org"}, headers={"Host": host})
    assert answer.status_code == 400
