"""The second factor: set up, asked for, once only, few tries, spare codes, and who must have one."""

import re
import threading
from datetime import timedelta

import pyotp
import pytest
from sqlmodel import select

from models.base import now
from models.organization import UserSession
from models.session import unit_of_work
from models.sign_in import RecoveryCode, SecondFactor
from tests.factories import make_actor, make_organization, make_user
from vocabulary.roles import OrganizationKind, Role
from workflows import second_factor
from workflows.passwords import hash_password
from workflows.second_factor import NEEDING_ROLES, TooManyCodes, WrongCode

PASSWORD = "copper-wire-2026"
KEY = "test-key"


def _enrol(session, actor) -> tuple[str, list[str]]:
    """The secret and the spare codes of a factor set up a while ago, so that the code of this moment is still good."""
    secret = second_factor.begin(session, actor, key=KEY, account="a@b.cn", issuer="Lianrong").secret
    codes = second_factor.confirm(session, actor, key=KEY, code=pyotp.TOTP(secret).now())
    row = session.exec(select(SecondFactor).where(SecondFactor.user_id == actor.user_id)).one()
    row.last_step = 0
    session.add(row)
    session.commit()
    return secret, codes


@pytest.fixture
def actor(session):
    return make_actor(session, OrganizationKind.BANK)


def _check(session, actor, code):
    second_factor.check(session, actor.user_id, key=KEY, code=code)


def test_a_code_opens_once_however_it_is_written(session, actor):
    secret, _ = _enrol(session, actor)
    code = pyotp.TOTP(secret).now()
    _check(session, actor, code)
    for again in (code, f"{code[:3]} {code[3:]}", f" {code} "):
        with pytest.raises(WrongCode):
            _check(session, actor, again)


def test_an_earlier_code_is_refused_after_a_later_one(session, actor):
    secret, _ = _enrol(session, actor)
    totp = pyotp.TOTP(secret)
    _check(session, actor, totp.at(now(), counter_offset=1))
    with pytest.raises(WrongCode):
        _check(session, actor, totp.at(now()))


def test_codes_outside_one_step_of_drift_are_refused(session, actor):
    secret, _ = _enrol(session, actor)
    for steps in (-3, 3):
        with pytest.raises(WrongCode):
            _check(session, actor, pyotp.TOTP(secret).at(now(), counter_offset=steps))


def test_after_five_wrong_codes_the_right_one_waits_and_is_heard_later(session, actor, monkeypatch):
    secret, codes = _enrol(session, actor)
    right = pyotp.TOTP(secret).now()
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        with pytest.raises(WrongCode):
            _check(session, actor, wrong)
    for guess in (right, codes[0], *["222222"] * 13):
        with pytest.raises(TooManyCodes) as refused:
            _check(session, actor, guess)
        assert 0 < refused.value.seconds <= 301
    later = now() + timedelta(minutes=5, seconds=1)
    monkeypatch.setattr(second_factor, "now", lambda: later)
    _check(session, actor, pyotp.TOTP(secret).at(later))


def test_a_spare_code_opens_once_and_only_its_digest_is_kept(session, actor):
    _, codes = _enrol(session, actor)
    assert len(set(codes)) == 10
    kept = session.exec(select(RecoveryCode.code_digest)).all()
    assert not {code.replace("-", "") for code in codes} & set(kept)
    _check(session, actor, codes[3].upper())
    with pytest.raises(WrongCode):
        _check(session, actor, codes[3])
    assert second_factor.standing(session, actor.user_id).spare_codes == 9


def test_new_spare_codes_kill_the_old_ones(session, actor):
    _, codes = _enrol(session, actor)
    new = second_factor.renew_codes(session, actor)
    with pytest.raises(WrongCode):
        _check(session, actor, codes[0])
    _check(session, actor, new[0])


def test_the_secret_is_not_in_the_database_and_another_key_does_not_open_it(session, actor):
    secret, _ = _enrol(session, actor)
    row = session.exec(select(SecondFactor)).one()
    assert secret not in row.sealed_secret
    with pytest.raises(WrongCode):
        second_factor.check(session, actor.user_id, key="another", code=pyotp.TOTP(secret).now())


def test_the_same_code_sent_eight_times_at_once_opens_once(session, engine, actor):
    secret, _ = _enrol(session, actor)
    code, answers = pyotp.TOTP(secret).now(), []
    start = threading.Barrier(8)

    def _send() -> None:
        start.wait()
        try:
            with unit_of_work(engine) as own:
                second_factor.check(own, actor.user_id, key=KEY, code=code)
            answers.append("in")
        except (WrongCode, TooManyCodes):
            answers.append("out")

    threads = [threading.Thread(target=_send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["in", *["out"] * 7]


@pytest.fixture
def person(session):
    organization = make_organization(session, OrganizationKind.BANK)
    user = make_user(session, organization, email="zhang@example.org", password_hash=hash_password(PASSWORD))
    session.commit()
    return user


def _set_up(client) -> tuple[str, list[str], str]:
    client.post("/account/second-factor/begin")
    page = client.get("/account/second-factor").text
    secret = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page).group().replace(" ", "")
    done = client.post("/account/second-factor/confirm", data={"code": pyotp.TOTP(secret).now()})
    return secret, re.findall(r"<code>([2-9a-z]{5}-[2-9a-z]{5})</code>", done.text), page


def _allow_again(session) -> None:
    for row in session.exec(select(SecondFactor)).all():
        row.last_step = 0
        session.add(row)
    session.commit()


def test_the_page_shows_the_secret_as_picture_and_text_and_the_spare_codes_once(client, session, person, sign_in_as):
    client = sign_in_as(person)
    _secret, codes, page = _set_up(client)
    assert 'src="data:image/svg+xml' in page
    assert "style=" not in page.split("<main")[1].split("</main>")[0]
    assert len(codes) == 10
    later = client.get("/account/second-factor").text
    assert not any(code in later for code in codes)
    assert "data:image/svg" not in later


def test_with_a_factor_the_password_alone_opens_nothing(app, session, person, sign_in_as):
    secret, codes, _ = _set_up(sign_in_as(person))
    _allow_again(session)
    sessions = len(session.exec(select(UserSession)).all())
    session.rollback()
    client = app.test_client()
    first = client.post("/sign-in", data={"email": "zhang@example.org", "password": PASSWORD})
    session.rollback()
    assert "/sign-in/code" in first.location
    assert client.get("/account").status_code == 302
    assert len(session.exec(select(UserSession)).all()) == sessions
    session.rollback()
    assert client.post("/sign-in/code", data={"code": "12"}).status_code == 401
    code = pyotp.TOTP(secret).now()
    assert client.post("/sign-in/code", data={"code": code}).status_code == 303
    assert client.get("/account").status_code == 200
    again = app.test_client()
    again.post("/sign-in", data={"email": "zhang@example.org", "password": PASSWORD})
    assert again.post("/sign-in/code", data={"code": code}).status_code == 401
    assert again.post("/sign-in/code", data={"code": codes[0]}).status_code == 303


def test_twenty_guesses_end_in_429(app, session, person, sign_in_as):
    _set_up(sign_in_as(person))
    client = app.test_client()
    client.post("/sign-in", data={"email": "zhang@example.org", "password": PASSWORD})
    answers = [client.post("/sign-in/code", data={"code": f"{n:06d}"}).status_code for n in range(20)]
    assert answers == [401] * 5 + [429] * 15


def test_the_second_step_is_nobodys_without_the_first_or_after_a_new_password(client, session, person, sign_in_as):
    assert client.get("/sign-in/code").location.startswith("/sign-in")
    _set_up(sign_in_as(person))
    client.post("/sign-in", data={"email": "zhang@example.org", "password": PASSWORD})
    assert client.get("/sign-in/code").status_code == 200
    session.refresh(person)
    person.password_hash = hash_password("another-copper-wire")
    session.add(person)
    session.commit()
    assert client.get("/sign-in/code").status_code == 303


@pytest.fixture
def strict(app):
    kept = app.config["SETTINGS"]
    app.config["SETTINGS"] = kept.model_copy(update={"second_factor_required": True})
    yield
    app.config["SETTINGS"] = kept


_KIND = {
    Role.FILER: OrganizationKind.ENTERPRISE, Role.SIGNATORY: OrganizationKind.ENTERPRISE,
    Role.OFFICER: OrganizationKind.BANK, Role.BUYER: OrganizationKind.BUYER,
    Role.OFFICIAL: OrganizationKind.CHAIN_OFFICE, Role.COORDINATOR: OrganizationKind.JOINT_OFFICE,
    Role.AUDITOR: OrganizationKind.AUDIT_OFFICE, Role.ADMIN: OrganizationKind.IT_OFFICE,
}  # fmt: skip


@pytest.mark.parametrize("role", list(Role))
def test_roles_with_power_must_set_one_up_first_where_the_settings_say_so(session, sign_in_as, strict, role):
    client = sign_in_as(make_user(session, make_organization(session, _KIND[role]), role))
    answer = client.get("/search/")
    if role in NEEDING_ROLES:
        assert (answer.status_code, answer.location) == (303, "/account/second-factor")
        _set_up(client)
        assert client.get("/search/").status_code == 200
    else:
        assert "second-factor" not in (answer.location or "")


def test_roles_with_power_are_offices_banks_auditors_and_administrators():
    assert set(Role) - NEEDING_ROLES == {Role.FILER, Role.SIGNATORY, Role.BUYER}


def test_production_asks_for_it_and_the_demo_does_not():
    from config import Settings

    live = Settings(environment="production", secret_key="0123456789abcdef" * 2, secure_cookies=True)
    assert (live.needs_second_factor, Settings(environment="demo").needs_second_factor) == (True, False)


def test_an_administrator_takes_away_a_lost_factor_but_not_his_own(session, sign_in_as, person):
    _set_up(sign_in_as(person))
    admin = make_user(session, make_organization(session, OrganizationKind.IT_OFFICE))
    client = sign_in_as(admin)
    assert client.post(f"/users/{admin.public_id}/take-factor").status_code == 404
    assert client.post(f"/users/{person.public_id}/take-factor").status_code == 303
    assert session.exec(select(SecondFactor)).all() == []
