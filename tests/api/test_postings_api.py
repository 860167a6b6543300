"""Own postings by key: made, changed by version, published, and never another organization's."""

import pytest
from sqlmodel import select

from models.audit_event import AuditEvent
from models.base import now
from models.loan_product import LoanProductVersion
from models.posting import Supply
from models.session import open_session
from tests import factories
from vocabulary.integrations import ApiScope
from vocabulary.roles import OrganizationKind

PRODUCT = {
    "title": "链信贷", "min_amount_fen": 50_000_000, "max_amount_fen": 1_000_000_000, "min_term_months": 6,
    "max_term_months": 36, "rate_from_bps": 345, "rate_to_bps": 480, "purposes": ["working_capital"],
    "guarantee_methods": ["mortgage"], "regions": ["430400"], "expires_on": f"{now().year + 1}-06-30",
}  # fmt: skip


@pytest.fixture
def bank(session):
    return factories.make_organization(session, OrganizationKind.BANK)


@pytest.fixture
def client(bank, make_key, api):
    return api(make_key(bank)[1])


def count(engine, model):
    with open_session(engine, read_only=True) as session:
        return len(session.exec(select(model)).all())


def test_a_product_is_posted_changed_and_published(engine, client):
    made = client.post("/api/v1/loan-products", json=PRODUCT)
    assert (made.status_code, made.json["status"]) == (201, "draft")
    url = made.headers["Location"]
    assert {name: made.json[name] for name in PRODUCT} == PRODUCT
    edited = client.put(url, json=PRODUCT | {"rate_to_bps": 450}, headers={"If-Match": made.headers["ETag"]})
    assert (edited.status_code, edited.json["rate_to_bps"], edited.json["version"]) == (200, 450, 2)
    assert client.post(f"{url}/publish").json["status"] == "open"
    assert client.post(f"{url}/pause").json["status"] == "paused"
    assert client.post(f"{url}/close", json={"reason": ""}).status_code == 422
    assert client.post(f"{url}/close", json={"reason": "改版"}).json["status"] == "closed"
    assert client.post(f"{url}/publish").status_code == 409
    with open_session(engine, read_only=True) as session:
        acts = session.exec(select(AuditEvent.action, AuditEvent.actor_name).order_by(AuditEvent.id)).all()
    assert [act for act, _who in acts if act.startswith(("posting", "supply"))] == [
        "posting_created", "posting_edited", "posting_open", "posting_paused", "posting_closed"
    ]  # fmt: skip
    assert all("lr_" in who for act, who in acts if act.startswith("posting"))


def test_of_two_who_change_one_version_the_second_is_told(client):
    made = client.post("/api/v1/loan-products", json=PRODUCT)
    url, version = made.headers["Location"], {"If-Match": made.headers["ETag"]}
    assert client.put(url, json=PRODUCT | {"title": "甲"}, headers=version).status_code == 200
    assert client.put(url, json=PRODUCT | {"title": "乙"}, headers=version).status_code == 412
    assert client.put(url, json=PRODUCT | {"title": "丙"}).status_code == 428
    assert client.get(url).json["title"] == "甲"


def test_a_request_that_comes_twice_is_carried_out_once(engine, client):
    key = {"Idempotency-Key": "5d9b6c1e-once"}
    first, second = (client.post("/api/v1/loan-products", json=PRODUCT, headers=key) for _n in range(2))
    assert (first.status_code, first.data) == (second.status_code, second.data)
    assert [first.headers[name] for name in ("Location", "ETag")] == [
        second.headers[name] for name in ("Location", "ETag")
    ]
    assert count(engine, Supply) == 1
    other = client.post("/api/v1/loan-products", json=PRODUCT | {"title": "别的"}, headers=key)
    assert (other.status_code, other.content_type) == (422, "application/problem+json")
    assert count(engine, Supply) == 1


def test_two_keys_of_one_bank_choose_their_idempotency_keys_apart(engine, bank, make_key, api, client):
    other = api(make_key(bank)[1])
    key = {"Idempotency-Key": "5d9b6c1e-once"}
    statuses = [each.post("/api/v1/loan-products", json=PRODUCT, headers=key).status_code for each in (client, other)]
    assert statuses == [201, 201]
    assert count(engine, Supply) == 2


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"title": ""}, "title", "string_too_short"),
        ({"title": "a\x01b"}, "title", "string_pattern_mismatch"),
        ({"title": "\ud800"}, "title", "string_unicode"),
        ({"min_amount_fen": False}, "min_amount_fen", "int_type"),
        ({"min_amount_fen": "5"}, "min_amount_fen", "int_type"),
        ({"min_amount_fen": 2_000_000_000}, "max_amount_fen", "min_amount_fen_above_max_amount_fen"),
        ({"expires_on": 20261125}, "expires_on", "date_type"),
        ({"expires_on": "2020-01-01"}, "expires_on", "in_past"),
        ({"regions": ["nowhere"]}, "regions.0", "unknown_code"),
        ({"purposes": ["gambling"]}, "purposes.0", "enum"),
        ({"min_revenue_band": 8}, "min_revenue_band", "less_than_equal"),
        ({"organization_id": 7}, "organization_id", "extra_forbidden"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_sent_is_not_repeated(engine, client, change, field, code):
    answer = client.post("/api/v1/loan-products", json=PRODUCT | change)
    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.json["errors"]] == [(field, code)]
    assert answer.json["errors"][0]["message"]
    assert not {"nowhere", "gambling"} & set(answer.text.split('"'))
    assert count(engine, LoanProductVersion) == 0


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        ("{", "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ('{"title": "x"}', "text/plain", 415),
        ("", "application/json", 422),
        ('{"title": "' + "x" * 300_000 + '"}', "application/json", 413),
        ("9" * 5_000, "application/json", 400),
    ],
)
def test_bodies_that_are_no_json_are_refused(client, body, media_type, status):
    answer = client.post("/api/v1/loan-products", data=body, content_type=media_type)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")


def test_a_key_that_only_reads_changes_nothing(engine, session, bank, make_key, api):
    product = factories.make_loan_product(session, bank)
    session.commit()
    client = api(make_key(bank, scopes=[ApiScope.POSTINGS_READ])[1])
    url = f"/api/v1/loan-products/{product.public_id}"
    version = {"If-Match": client.get(url).headers["ETag"]}
    assert client.post("/api/v1/loan-products", json=PRODUCT).status_code == 403
    assert client.put(url, json=PRODUCT, headers=version).status_code == 403
    assert client.post(f"{url}/close", json={"reason": "x"}).status_code == 403
    assert client.get(url).headers["ETag"] == version["If-Match"]


def test_a_bank_posts_no_needs_and_touches_no_other_banks_products(session, client):
    other = factories.make_organization(session, OrganizationKind.BANK)
    theirs = factories.make_loan_product(session, other).public_id
    session.commit()
    assert client.post("/api/v1/financing-needs", json={"title": "x"}).status_code == 403
    assert client.get("/api/v1/financing-needs").json["items"] == []
    for method, path, body in (("PUT", "", PRODUCT), ("POST", "/publish", None), ("POST", "/close", {"reason": "x"})):
        answer = client.open(f"/api/v1/loan-products/{theirs}{path}", method=method, json=body)
        assert answer.status_code == 404
