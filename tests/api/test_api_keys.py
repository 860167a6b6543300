"""Keys: who they act for, what they open, and when they stop."""

import re
from datetime import timedelta

import pytest
from sqlmodel import select

from models.api_key import ApiKey, ApiUse
from models.audit_event import AuditEvent
from models.base import now
from models.organization import Membership
from models.session import open_session
from tests import factories
from vocabulary.integrations import SCOPES_OF_KIND, ApiKeyStatus, ApiScope
from vocabulary.lifecycles import UserStatus
from vocabulary.roles import OrganizationKind
from workflows import api_keys
from workflows.calendar import today


@pytest.fixture
def bank(session):
    return factories.make_organization(session, OrganizationKind.BANK)


def test_a_key_reads_its_organizations_rows_and_no_others(session, bank, make_key, api):
    other = factories.make_organization(session, OrganizationKind.BANK)
    mine, theirs = factories.make_loan_product(session, bank), factories.make_loan_product(session, other)
    _key, secret = make_key(bank)
    client = api(secret)
    assert [row["id"] for row in client.get("/api/v1/loan-products").json["items"]] == [mine.public_id]
    foreign = client.get(f"/api/v1/loan-products/{theirs.public_id}")
    missing = client.get("/api/v1/loan-products/222222222222")
    nonsense = client.get("/api/v1/loan-products/x'--")
    assert foreign.status_code == missing.status_code == nonsense.status_code == 404
    strip = lambda answer: {**answer.json, "request_id": ""}  # noqa: E731
    assert strip(foreign) == strip(missing) == strip(nonsense)


def test_only_the_digest_is_kept(session, bank, make_key):
    key, secret = make_key(bank)
    assert secret.startswith(f"lr_{key.public_id}_")
    assert len(secret) > 55
    assert secret not in str(key.model_dump())
    assert key.digest == api_keys.digest(secret)
    event = session.exec(select(AuditEvent).where(AuditEvent.action == "api_key_made")).one()
    assert secret[20:] not in str(event.model_dump())


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer lr_222222222222_x", "Basic {}", "Bearer ключ", "{}"])
def test_without_a_key_nothing_opens(bank, make_key, client, header):
    _key, secret = make_key(bank)
    headers = {"Authorization": header.format(secret).encode().decode("latin-1")} if header else {}
    answer = client.get("/api/v1/cases", headers=headers)
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_cookie_is_no_credential_and_none_is_set(session, bank, sign_in_as, make_key, api):
    browser = sign_in_as(factories.make_user(session, bank))
    answer = browser.get("/api/v1/cases")
    assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (401, [])
    _key, secret = make_key(bank)
    answer = browser.get("/api/v1/cases", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (200, [])


def test_a_key_is_no_credential_on_pages(bank, make_key, api):
    _key, secret = make_key(bank)
    assert api(secret).get("/cases/").status_code == 302


@pytest.mark.parametrize("scope", list(ApiScope))
def test_each_scope_opens_its_routes_and_no_others(app, session, make_key, api, scope):
    kind = next(kind for kind, scopes in SCOPES_OF_KIND.items() if scope in scopes)
    _key, secret = make_key(factories.make_organization(session, kind), scopes=[scope])
    client = api(secret)
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1/"):
            continue
        wanted = app.view_functions[rule.endpoint].scope
        url = re.sub(r"<\w+>", "222222222222", rule.rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            status = client.open(url, method=method).status_code
            assert (status == 403) == (wanted is not scope), (method, url, status)


def test_revoked_expired_and_orphaned_keys_open_nothing(session, bank, make_key, api):
    manager = factories.make_user(session, bank)
    user = factories.make_user(session, bank)
    secrets = {}
    for name in ("revoked", "expired", "gone", "disabled"):
        person = {"gone": factories.make_user(session, bank), "disabled": factories.make_user(session, bank)}.get(
            name, user
        )
        secrets[name] = (person, *make_key(bank, person, name=name))
    assert {api(secret).get("/api/v1/cases").status_code for _who, _key, secret in secrets.values()} == {200}
    api_keys.revoke(session, factories.actor_of(manager, bank), secrets["revoked"][1])
    secrets["expired"][1].expires_on = today() - timedelta(days=1)
    member = session.exec(select(Membership).where(Membership.user_id == secrets["gone"][0].id)).one()
    member.ended_at = now()
    secrets["disabled"][0].status = UserStatus.DISABLED
    session.add_all((secrets["expired"][1], member, secrets["disabled"][0]))
    session.commit()
    assert {api(secret).get("/api/v1/cases").status_code for _who, _key, secret in secrets.values()} == {401}


def test_a_key_counts_for_all_processes_and_is_refused_beyond_its_limit(
    app, engine, session, bank, make_key, api, monkeypatch
):
    settings = app.config["SETTINGS"].model_copy(update={"api_requests_per_minute": 3})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    at = now()
    monkeypatch.setattr(api_keys, "now", lambda: at)
    key, secret = make_key(bank)
    client = api(secret)
    assert [client.get("/api/v1/cases").status_code for _n in range(2)] == [200, 200]
    api_keys.count_request(engine, key.id)  # another process
    answer = client.get("/api/v1/cases")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert (answer.headers["RateLimit-Limit"], answer.headers["RateLimit-Remaining"]) == ("3", "0")
    api_keys.forget_old_uses(session)
    session.commit()
    with open_session(engine, read_only=True) as fresh:
        assert fresh.exec(select(ApiUse.n_requests)).all() == [4]
        assert fresh.exec(select(ApiUse)).one().key_id == key.id  # the last one says when the key was used


def test_problems_come_in_the_readers_language(bank, make_key, api):
    _key, secret = make_key(bank)
    path = "/api/v1/loan-products/222222222222"
    assert api(secret).get(path, headers={"Accept-Language": "en-GB,en;q=0.9"}).json["title"] == "Not found"
    assert api(secret).get(path, headers={"Accept-Language": "zh-CN"}).json["title"] == "没有找到"
    assert api(secret).get("/api/v1/nowhere").content_type == "application/problem+json"
    refused = api(secret).post("/api/v1/cases", json={})
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_a_long_list_names_its_next_page(session, bank, make_key, api):
    made = {factories.make_loan_product(session, bank).public_id for _n in range(5)}
    _key, secret = make_key(bank)
    client, url, found = api(secret), "/api/v1/loan-products?size=2", []
    while url:
        answer = client.get(url)
        found += [row["id"] for row in answer.json["items"]]
        url = answer.json["next"]
        assert ("Link" in answer.headers) == bool(url)
    assert (len(found), set(found)) == (5, made)
    assert client.get("/api/v1/loan-products?size=1000").status_code == 422
    assert client.get("/api/v1/loan-products?status=nonsense").json["errors"][0]["field"] == "status"


def test_a_manager_makes_a_key_that_is_shown_once_and_revokes_it(session, bank, sign_in_as, api):
    browser = sign_in_as(factories.make_user(session, bank))
    form = {"name": "信贷系统", "expires_on": today().isoformat(), "scopes": ["cases:read", "cases:write"]}
    page = browser.post("/api-keys/", data=form)
    secret = re.search(r"lr_[2-9a-z]{12}_[\w-]{43}", page.text).group()
    assert api(secret).get("/api/v1/cases").status_code == 200
    listed = browser.get("/api-keys/").text
    assert (secret in listed, secret[:15] in listed) == (False, True)
    assert browser.post("/api-keys/", data=form).status_code == 422  # the name is taken
    revoke = f"/api-keys/{secret[3:15]}/revoke"
    assert browser.post(revoke).status_code == 303
    assert api(secret).get("/api/v1/cases").status_code == 401
    assert browser.post(revoke).status_code == 409
    assert session.exec(select(ApiKey.status)).all() == [ApiKeyStatus.REVOKED]


def test_no_organization_gives_a_key_what_its_kind_cannot_have(session, bank, sign_in_as):
    browser = sign_in_as(factories.make_user(session, bank))
    form = {"name": "x", "expires_on": today().isoformat(), "scopes": ["pairings:read"]}
    assert browser.post("/api-keys/", data=form).status_code == 422
    page = browser.get("/api-keys/").text
    assert ("pairings:read" in page, "dossiers:read" in page) == (False, True)


def test_all_that_is_missing_is_said_at_once(session, bank, sign_in_as):
    browser = sign_in_as(factories.make_user(session, bank))
    for path, fields in (("/api-keys/", ("name", "expires_on", "scopes")), ("/webhooks/", ("url", "events"))):
        page = browser.post(path, data={}).text
        assert [field for field in fields if f'id="{field}-error"' not in page] == []


def test_another_bank_cannot_see_or_revoke_a_key(session, bank, make_key, sign_in_as):
    key, _secret = make_key(bank)
    other = sign_in_as(factories.make_user(session, factories.make_organization(session, OrganizationKind.BANK)))
    assert key.public_id not in other.get("/api-keys/").text
    assert other.post(f"/api-keys/{key.public_id}/revoke").status_code == 404


def test_the_description_is_openapi_3_1_and_names_every_route(app, client):
    found = client.get("/api/docs/openapi.json").json
    assert found["openapi"] == "3.1.0"
    routes = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    described = {(path, method) for path, item in found["paths"].items() for method in item}
    assert described == routes
    names = [operation["operationId"] for item in found["paths"].values() for operation in item.values()]
    assert len(names) == len(set(names))
    for path, item in found["paths"].items():
        assert {tag for operation in item.values() for tag in operation["tags"]} == {path.split("/")[3]}
    assert client.get("/api/docs/").status_code == 200
