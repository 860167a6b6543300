"""Getting in and staying out."""

import re
from datetime import timedelta

import pytest
from sqlmodel import select

from models.base import now
from models.organization import Membership, Organization, PasswordReset, User
from models.outbox import OutboxMessage
from models.sign_in import ResetRequest
from tests.factories import make_organization, make_user
from vocabulary.lifecycles import OrganizationStatus, UserStatus
from vocabulary.roles import OrganizationKind, Role
from workflows import reset_requests
from workflows.passwords import hash_password

PASSWORD = "copper-wire-2026"


@pytest.fixture
def person(session):
    organization = make_organization(session, OrganizationKind.BANK)
    user = make_user(session, organization, email="zhang@example.org", password_hash=hash_password(PASSWORD))
    session.commit()
    return user


def _same(answer) -> str:
    """The page without its CSRF tokens, which change with the clock."""
    return re.sub(r'name="(?:csrf_token|idempotency_key)" value="[^"]+"', "", answer.text)


def _sign_in(client, email="zhang@example.org", password=PASSWORD, **query):
    return client.post("/sign-in", data={"email": email, "password": password}, query_string=query)


def test_the_right_password_opens_the_desk(client, person):
    assert _sign_in(client).status_code == 303
    assert client.get("/account").status_code == 200


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client, person):
    wrong = _sign_in(client, password="something-else")
    unknown = _sign_in(client, email="nobody@example.org")
    assert wrong.status_code == unknown.status_code == 401
    assert "zhang@example.org" in wrong.text, "what was typed is still there"
    assert _same(wrong).replace("zhang@", "nobody@") == _same(unknown)


def test_guessing_is_stopped_for_the_account(client, person):
    for _ in range(5):
        assert _sign_in(client, password="guess").status_code == 401
    assert _sign_in(client).status_code == 429


def test_a_copied_cookie_is_dead_after_signing_out(app, client, person):
    _sign_in(client)
    cookie = client.get_cookie("lianrong")
    thief = app.test_client()
    thief.set_cookie("lianrong", cookie.value)
    assert thief.get("/account").status_code == 200
    client.post("/sign-out")
    assert thief.get("/account").status_code == 302


def test_a_disabled_account_is_out_on_the_next_request(client, session, person):
    _sign_in(client)
    person.status = UserStatus.DISABLED
    session.add(person)
    session.commit()
    assert client.get("/account").status_code == 302


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_no_redirect_leaves_the_site(client, person, target):
    location = _sign_in(client, next=target).location
    assert location.startswith("/")
    assert "evil" not in location


def test_a_reset_link_works_once_and_ends_all_sessions(app, client, session, person):
    _sign_in(client)
    other = app.test_client()
    assert other.post("/forgot-password", data={"email": "zhang@example.org"}).status_code == 200
    _clock(session)
    link = session.exec(select(OutboxMessage)).one().values["link"]
    session.rollback()
    path = "/" + link.split("/", 3)[3]
    new = {"password": "another-copper-wire", "again": "another-copper-wire"}
    assert other.post(path, data=new).status_code == 303
    assert client.get("/account").status_code == 302
    assert other.post(path, data=new).status_code == 410
    assert _sign_in(other, password="another-copper-wire").status_code == 303


def test_an_old_reset_link_is_refused(client, session, person):
    client.post("/forgot-password", data={"email": "zhang@example.org"})
    _clock(session)
    reset = session.exec(select(PasswordReset)).one()
    reset.expires_at = now() - timedelta(minutes=1)
    session.add(reset)
    session.commit()
    link = session.exec(select(OutboxMessage)).one().values["link"]
    session.rollback()
    assert client.get("/" + link.split("/", 3)[3]).status_code == 410


def test_asking_for_a_reset_does_not_tell_whether_the_address_is_known(client, session, person):
    known = client.post("/forgot-password", data={"email": "zhang@example.org"})
    unknown = client.post("/forgot-password", data={"email": "nobody@example.org"})
    assert _same(known).replace("zhang@", "nobody@") == _same(unknown)
    assert session.exec(select(OutboxMessage)).all() == [], "looked up by the clock, not by the page"
    assert len(session.exec(select(ResetRequest)).all()) == 2
    _clock(session)
    assert [message.recipient for message in session.exec(select(OutboxMessage)).all()] == ["zhang@example.org"]
    assert {request.email for request in session.exec(select(ResetRequest)).all()} == {""}, "nothing typed is kept"
    _clock(session)
    assert len(session.exec(select(OutboxMessage)).all()) == 1


def test_one_address_cannot_ask_for_resets_without_end(client):
    answers = [client.post("/forgot-password", data={"email": f"nobody{n}@example.org"}) for n in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert answers[-1].headers["Retry-After"] == "3600"
    assert "尝试次数太多" in answers[-1].text
    assert "nobody30@example.org" in answers[-1].text


def _clock(session):
    """What the clock does with requests at its next tick."""
    reset_requests.see_to(session, now())
    session.commit()


def test_registering_opens_an_organization_that_waits_for_an_official(client, session):
    answer = client.post("/register", data=_registration())
    assert answer.status_code == 303, answer.text
    organization = session.exec(select(Organization)).one()
    assert organization.status is OrganizationStatus.REGISTERED
    assert organization.name_core == "隆源铜业"
    assert session.exec(select(Membership)).one().role is Role.OFFICER
    assert client.get("/account").status_code == 200


def test_a_taken_credit_code_is_named_beside_its_field_and_nothing_typed_is_lost(client, session):
    client.post("/register", data=_registration())
    client.post("/sign-out")
    answer = client.post("/register", data=_registration(email="second@example.org"))
    assert answer.status_code == 422
    assert "该统一社会信用代码已注册" in answer.text
    assert "second@example.org" in answer.text
    assert len(session.exec(select(User)).all()) == 1


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("uscc", "91430400MA4L16JQ9", "应为 18 位"),
        ("uscc", "91430400MA4L16JQ90", "校验码"),
        ("email", "not-an-address", "邮箱格式不正确"),
        ("password", "short", "密码至少"),
        ("region_code", "nowhere", "请从列表中选择"),
        ("agreed", "", "请先确认"),
    ],
)
def test_bad_input_is_answered_beside_its_field(client, session, field, value, message):
    values = _registration() | {field: value}
    if field == "password":
        values["again"] = value
    answer = client.post("/register", data=values)
    assert answer.status_code == 422
    assert message in answer.text
    assert "常宁市隆源铜业有限公司" in answer.text
    assert session.exec(select(Organization)).all() == []


def _registration(**values):
    return {
        "kind": "bank",
        "uscc": "91430400MA4L16JQ9W",
        "legal_name": "常宁市隆源铜业有限公司",
        "region_code": "430482",
        "phone": "0734-1234567",
        "full_name": "张三",
        "email": "new@example.org",
        "password": PASSWORD,
        "again": PASSWORD,
        "agreed": "y",
    } | values
