"""Before release and user administration the person proves anew who he is, and loses nothing that was typed."""

from datetime import timedelta

import pytest
from sqlmodel import select

from models.base import now
from models.organization import Invitation, SignInAttempt, UserSession
from tests.factories import make_organization, make_user
from vocabulary.roles import OrganizationKind
from workflows.passwords import hash_password

PASSWORD = "copper-wire-2026"
FORM = {"email": "new@bank.cn", "role": "officer", "branch": "雁峰支行 <b>&", "ends_on": ""}


@pytest.fixture
def stale(session, sign_in_as):
    """A bank officer whose last proof is sixteen minutes old."""
    user = make_user(session, make_organization(session, OrganizationKind.BANK), password_hash=hash_password(PASSWORD))
    client = sign_in_as(user)
    row = session.exec(select(UserSession)).one()
    row.proved_at = now() - timedelta(minutes=16)
    session.add(row)
    session.commit()
    return client


def _invitations(session):
    found = [row.branch for row in session.exec(select(Invitation)).all()]
    session.rollback()
    return found


def test_a_stale_session_is_asked_and_everything_typed_is_carried(stale, session):
    answer = stale.post("/people", data=FORM)
    assert answer.status_code == 401
    assert 'value="雁峰支行 &lt;b&gt;&amp;"' in answer.text
    assert 'action="/people"' in answer.text
    assert _invitations(session) == []


def test_the_password_lets_the_very_step_through_and_the_next_is_not_asked(stale, session):
    done = stale.post("/people", data=FORM | {"identity_asked": "1", "identity_proof": PASSWORD})
    assert done.status_code == 303, done.text
    assert _invitations(session) == [FORM["branch"]]
    assert stale.post("/people", data=FORM | {"email": "b@bank.cn"}).status_code == 303


def test_a_wrong_password_does_nothing_and_counts(stale, session):
    for _ in range(5):
        answer = stale.post("/people", data=FORM | {"identity_asked": "1", "identity_proof": "wrong"})
        assert answer.status_code == 401
        assert "雁峰支行" in answer.text
        assert "wrong" not in answer.text.split("<main")[1].split("</main>")[0]
    assert _invitations(session) == []
    assert len(session.exec(select(SignInAttempt)).all()) == 5
    session.rollback()
    throttled = stale.post("/people", data=FORM | {"identity_asked": "1", "identity_proof": PASSWORD})
    assert throttled.status_code == 429
    assert _invitations(session) == []


def test_reading_is_never_asked(stale):
    assert stale.get("/people").status_code == 200


def test_release_and_user_administration_are_marked(app):
    wanted = {
        "officials_pairings.show", "officials_pairings.confirm_bulk", "officials_roadshow_board.decide",
        "accounts.change_user", "accounts.people", "accounts.end_membership", "accounts.begin_factor",
        "accounts.confirm_factor", "accounts.renew_codes", "accounts.remove_factor",
    }  # fmt: skip
    marked = {name for name, view in app.view_functions.items() if getattr(view, "needs_fresh", False)}
    assert wanted <= marked


def test_an_idle_browser_is_signed_out_and_a_used_one_is_not(app, session, monkeypatch):
    import itsdangerous.timed as timed

    user = make_user(session, make_organization(session, OrganizationKind.BANK), password_hash=hash_password(PASSWORD))
    session.commit()
    client, clock = app.test_client(), [0]
    real = timed.time.time
    monkeypatch.setattr(timed.TimestampSigner, "get_timestamp", lambda self: int(real()) + clock[0])
    client.post("/sign-in", data={"email": user.email, "password": PASSWORD})
    for minutes in (50, 100, 150):
        clock[0] = minutes * 60
        assert client.get("/account").status_code == 200
    clock[0] += 61 * 60
    assert client.get("/account").status_code == 302


def test_a_session_ends_after_its_hours_however_busy(session, sign_in_as):
    client = sign_in_as(make_user(session, make_organization(session, OrganizationKind.BANK)))
    assert client.get("/account").status_code == 200
    row = session.exec(select(UserSession)).one()
    row.created_at = now() - timedelta(hours=12, seconds=1)
    session.add(row)
    session.commit()
    assert client.get("/account").status_code == 302


def test_all_other_devices_are_signed_out_at_once(session, sign_in_as):
    user = make_user(session, make_organization(session, OrganizationKind.BANK))
    here, there = sign_in_as(user), sign_in_as(user)
    assert "退出其他所有设备" in here.get("/account").text
    assert here.post("/account/sessions/end-others").status_code == 303
    assert (here.get("/account").status_code, there.get("/account").status_code) == (200, 302)
