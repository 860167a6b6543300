"""Headers and cookies that a browser is given, by settings."""

from secrets import token_hex

import pytest

from app import create_app
from config import Settings
from models.session import make_engine
from tests.factories import make_organization, make_user
from workflows.passwords import hash_password

_PRODUCTION = {
    "environment": "production", "secret_key": token_hex(32), "secure_cookies": True, "second_factor_required": False,
}  # fmt: skip


@pytest.fixture
def production(engine, session, tmp_path):
    """A client of an application with the settings of production, and an account to sign in with."""

    def _production(**values):
        settings = Settings(data_dir=tmp_path, mail_backend="locmem", **_PRODUCTION | values)
        made = create_app(settings, database_engine=make_engine(str(engine.url)))
        made.config["WTF_CSRF_ENABLED"] = False
        make_user(session, make_organization(session), email="zhang@example.org", password_hash=hash_password("x"))
        session.commit()
        return made.test_client()

    return _production


def test_in_production_browsers_come_back_by_https_only_for_a_year(production):
    answer = production().get("/sign-in", base_url="https://localhost")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_it_can_be_said_for_less_and_not_at_all(production):
    client = production(hsts_days=1)
    assert client.get("/sign-in").headers["Strict-Transport-Security"] == "max-age=86400"


def test_without_secure_cookies_nothing_is_said_of_https(client):
    assert "Strict-Transport-Security" not in client.get("/sign-in").headers


def test_with_no_days_nothing_is_said_of_https(production):
    assert "Strict-Transport-Security" not in production(hsts_days=0).get("/sign-in").headers


def test_every_cookie_of_production_is_secure_kept_from_scripts_and_from_other_sites(production):
    client = production()
    site = {"base_url": "https://localhost"}
    answers = [
        client.post("/sign-in", data={"email": "zhang@example.org", "password": "x"}, **site),
        client.post("/language/en", data={"next": "/"}, **site),
        client.get("/account", **site),
    ]
    cookies = [cookie for answer in answers for cookie in answer.headers.getlist("Set-Cookie")]
    assert {cookie.partition("=")[0] for cookie in cookies} == {"lianrong", "device", "lang"}
    for cookie in cookies:
        assert "; Secure" in cookie, cookie
        assert "; HttpOnly" in cookie, cookie
        assert "; SameSite=Lax" in cookie, cookie


@pytest.mark.parametrize("address", ["/", "/sign-in", "/nowhere", "/static/app.js"])
def test_no_page_of_ours_stands_in_a_frame_or_runs_what_is_inline(client, address):
    headers = client.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
