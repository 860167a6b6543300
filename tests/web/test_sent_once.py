"""A form that is sent again - double click, reload, back button - is carried out once and answered alike."""

import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from flask import redirect
from sqlalchemy import func
from sqlmodel import select

from models.assignment import AssignmentProposal
from models.base import now
from models.idempotency import IdempotencyKey
from models.organization import Invitation
from models.pairing import CaseStep
from models.session import open_session, unit_of_work
from tests.case_worlds import make_case_world
from tests.documents import PDF
from tests.factories import make_chain, make_organization, make_user
from vocabulary.roles import OrganizationKind, Role
from web.common.idempotency import FIELD, HEADER, MADE_ANEW, MOST_ADDRESS
from workflows import idempotency
from workflows.calendar import today
from workflows.idempotency import Answer, KeyReused, Request

KEY, OTHER = "k" * 32, "o" * 32
TEMPLATES = sorted((Path(__file__).parents[2] / "templates").rglob("*.html"))


def count(engine, model):
    with open_session(engine, read_only=True) as session:
        return session.exec(select(func.count()).select_from(model)).one()


def messages(client):
    with client.session_transaction() as cookie:
        return cookie.get("_flashes", [])


@pytest.fixture
def manager(session):
    return make_user(session, make_organization(session, OrganizationKind.BANK))


def invite(client, key=KEY, email="new@example.org", **headers):
    return client.post("/people", data={"email": email, "role": "officer", FIELD: key}, headers=headers)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_tokens_and_keys_are_made_in_one_place_which_every_form_uses(path):
    text = path.read_text(encoding="utf-8")
    is_the_place = path.name == "forms.html" and path.parent.name == "components"
    assert text.count("csrf_token()") == text.count("form_key()") == int(is_the_place)
    for form in re.findall(r"<form[^>]*method=\"?post.*?</form>", text, re.S | re.I):
        assert "{{ csrf() }}" in form


def test_every_route_that_changes_something_looks_at_the_key(app, sign_in_as, manager):
    client, ignoring = sign_in_as(manager), set()
    writing = {"POST", "PUT", "PATCH", "DELETE"}
    rules = [rule for rule in app.url_map.iter_rules() if rule.methods & writing and "/api/v1/" not in rule.rule]
    for rule in sorted(rules, key=lambda rule: rule.endpoint == "accounts.leave"):  # signing out comes last
        with app.test_request_context():
            url = rule.build(dict.fromkeys(rule.arguments, "nowhere"))[1]
        if client.post(url, data={FIELD: "bad key"}).status_code != 400:
            ignoring.add(rule.endpoint)
    assert ignoring == set(MADE_ANEW)


def test_the_second_copy_gets_the_first_ones_answer_and_message(engine, sign_in_as, manager):
    client, again = sign_in_as(manager), sign_in_as(manager)
    first, second = invite(client), invite(again)
    assert (first.status_code, first.location, first.text) == (second.status_code, second.location, second.text)
    assert messages(client) == messages(again) != []
    assert count(engine, Invitation) == 1
    assert invite(again).status_code == 303
    assert len(messages(again)) == 1


def test_pages_give_every_form_another_key(sign_in_as, manager):
    client = sign_in_as(manager)
    keys = re.findall(rf'name="{FIELD}" value="([^"]+)"', client.get("/people").text + client.get("/people").text)
    assert len(keys) == len(set(keys)) >= 6


def test_other_contents_under_the_same_key_are_not_carried_out_but_kept_on_the_page(engine, sign_in_as, manager):
    client = sign_in_as(manager)
    invite(client)
    refused = invite(client, email="other@example.org")
    assert refused.status_code == 422
    assert 'value="other@example.org"' in refused.text
    assert count(engine, Invitation) == 1
    new_key = re.findall(rf'name="{FIELD}" value="([^"]+)"', refused.text)[-1]
    assert invite(client, key=new_key, email="other@example.org").status_code == 303
    assert count(engine, Invitation) == 2


def test_a_refused_form_is_corrected_under_the_same_key(engine, sign_in_as, manager):
    client = sign_in_as(manager)
    assert invite(client, email="no address").status_code == 422
    assert count(engine, IdempotencyKey) == 0
    assert invite(client).status_code == 303


def test_a_crash_keeps_nothing_and_the_next_copy_is_carried_out(app, engine, sign_in_as, manager, monkeypatch):
    client = sign_in_as(manager)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    with monkeypatch.context() as broken:
        broken.setattr("web.accounts.people.flash", lambda *_: 1 / 0)
        assert invite(client).status_code == 500
    assert (count(engine, IdempotencyKey), count(engine, Invitation)) == (0, 0)
    assert invite(client).status_code == 303
    assert count(engine, Invitation) == 1


def test_an_answer_at_a_longer_address_than_is_kept_is_given_and_not_kept(engine, sign_in_as, manager, monkeypatch):
    monkeypatch.setattr("web.accounts.people.redirect", lambda *_: redirect(f"/people?q={'a' * MOST_ADDRESS}", 303))
    assert invite(sign_in_as(manager)).status_code == 303
    assert (count(engine, IdempotencyKey), count(engine, Invitation)) == (0, 1)


def test_keys_belong_to_persons(engine, session, sign_in_as, manager):
    other = make_user(session, make_organization(session, OrganizationKind.BANK))
    assert invite(sign_in_as(manager)).status_code == invite(sign_in_as(other)).status_code == 303
    assert count(engine, Invitation) == 2


def test_who_is_sent_to_set_up_a_factor_first_may_send_the_form_afterwards(
    app, engine, session, sign_in_as, monkeypatch
):
    client = sign_in_as(make_user(session, make_organization(session, OrganizationKind.BANK)))
    with monkeypatch.context() as strict:
        strict.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update={"password_max_age_days": 1}))
        strict.setattr("web.common.guards.is_too_old", lambda *_a, **_k: True)
        assert invite(client).location.endswith("/account")
    assert count(engine, IdempotencyKey) == 0
    assert invite(client).location.endswith("/people")


def test_a_client_may_send_the_key_as_a_header(engine, sign_in_as, manager):
    client = sign_in_as(manager)
    for _ in range(2):
        assert invite(client, key="", **{HEADER: KEY}).status_code == 303
    assert count(engine, Invitation) == 1
    refused = invite(client, key="", email="other@example.org", **{HEADER: KEY})
    assert (refused.status_code, refused.json["error"]) == (422, "idempotency_key_reused")


def test_documents_count_by_their_content(engine, session, sign_in_as):
    world = make_case_world(session, introduced_at=now() - timedelta(days=9))
    session.commit()
    client = sign_in_as(world.handler)

    def post(content):
        data = {"kind": "contact", "happened_on": today().isoformat(), "note": "电话联系", FIELD: KEY}
        files = {"documents": [(BytesIO(content), "批复.pdf")]}
        return client.post(f"/cases/{world.pairing.public_id}/steps", data=data | files)

    before = count(engine, CaseStep)
    assert [post(PDF).status_code, post(PDF).status_code, post(PDF + b"%").status_code] == [303, 303, 422]
    assert count(engine, CaseStep) == before + 1


def test_nobody_signed_in_has_the_keys_of_the_browser(app, engine, session, manager):
    session.commit()
    client, stranger = app.test_client(), app.test_client()
    for each in (client, stranger):
        each.get("/forgot-password")  # the form's token makes the browser known
    data = {"email": manager.email, FIELD: KEY}
    pages = [each.post("/forgot-password", data=data) for each in (client, client, stranger)]
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert pages[0].text == pages[1].text
    assert count(engine, IdempotencyKey) == 2


def test_a_computation_that_is_asked_for_twice_is_done_once(engine, session, sign_in_as, do_jobs):
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    client = sign_in_as(make_user(session, office, Role.OFFICIAL))
    answers = [client.post("/assignments/", data={FIELD: KEY}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert do_jobs() == 1
    assert count(engine, AssignmentProposal) == 1


def test_keys_are_kept_for_a_day_and_hold_neither_contents_nor_secrets(engine, session, sign_in_as, manager):
    invite(sign_in_as(manager))
    with open_session(engine) as writing:
        row = writing.exec(select(IdempotencyKey)).one()
        assert "new@example.org" not in f"{row.model_dump()}"
        made = row.created_at
        assert idempotency.forget_old(writing, made + timedelta(hours=23, minutes=59)) == 0
        assert idempotency.forget_old(writing, made + timedelta(hours=24, seconds=1)) == 1


def test_the_three_functions_alone(engine):
    """What the API calls."""
    asked = Request("token:5", KEY, "POST /api/needs", "d" * 64)
    with unit_of_work(engine) as session:
        assert idempotency.claim(session, asked) is None
        idempotency.keep(session, asked, Answer(201, "", "application/json", b'{"id": 1}'))
    with unit_of_work(engine) as session:
        assert idempotency.claim(session, asked) == Answer(201, "", "application/json", b'{"id": 1}')
    with pytest.raises(KeyReused), unit_of_work(engine) as session:
        idempotency.claim(session, Request("token:5", KEY, "POST /api/needs", "e" * 64))
    with open_session(engine) as session:
        assert idempotency.claim(session, Request("token:5", OTHER, "POST /api/needs", "d" * 64)) is None
        session.rollback()
    with unit_of_work(engine) as session:
        assert idempotency.claim(session, Request("token:5", OTHER, "POST /api/needs", "d" * 64)) is None
