"""What makes a password acceptable, and what failing costs."""

from datetime import timedelta

import pytest
from sqlmodel import delete

from models.base import now
from models.organization import SignInAttempt
from tests.factories import make_user
from workflows.accounts import Throttled, WrongCredentials, authenticate, digest
from workflows.passwords import PasswordProblem, hash_password, is_password, password_problem


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("copper-wire", PasswordProblem.SHORT),
        ("x1y2" * 40, PasswordProblem.LONG),
        ("password1234567", PasswordProblem.COMMON),
        ("aaaaaaaaaaaaaaa", PasswordProblem.COMMON),
        ("abcdefghijklmno", PasswordProblem.COMMON),
        ("Ming-20Ming-2026", PasswordProblem.PERSONAL),
        ("longyuan-202-xy", PasswordProblem.PERSONAL),
        ("隆源铜业的老板爱喝衡阳米酒两杯", None),
        ("tinned-copper-77", None),
    ],
)
def test_a_password_is_refused_by_the_first_thing_wrong_with_it(password: str, problem: PasswordProblem | None):
    assert password_problem(password, own_words=("li.ming-20@longyuan.cn", "李明")) == problem


def test_a_hash_knows_its_password_and_nobody_has_none():
    kept = hash_password("tinned-copper-77")
    assert is_password("tinned-copper-77", kept)
    assert not is_password("tinned-copper-78", kept)
    assert not is_password("no account has this password", None)


def test_the_wait_grows_and_the_right_password_is_heard_after_it(session):
    make_user(session, email="li@example.org", password_hash=hash_password("tinned-copper-77"))
    waits = []
    for failures in (5, 6, 7, 12):
        _fail(session, failures)
        with pytest.raises(Throttled) as refused:
            _try(session, "tinned-copper-77")
        waits.append(refused.value.seconds)
    assert waits == [30, 60, 120, 900]
    _fail(session, 5, ago=timedelta(seconds=31))
    assert _try(session, "tinned-copper-77").email == "li@example.org"
    with pytest.raises(WrongCredentials):
        _try(session, "wrong")


def test_one_address_cannot_try_many_accounts(session):
    session.add_all(SignInAttempt(email_digest=digest(str(n)), address="10.0.0.1") for n in range(50))
    session.flush()
    with pytest.raises(Throttled):
        _try(session, "tinned-copper-77")


def _fail(session, times: int, *, ago: timedelta = timedelta(0)) -> None:
    session.exec(delete(SignInAttempt))
    when = now() - ago
    session.add_all(
        SignInAttempt(email_digest=digest("li@example.org"), address="10.9.9.9", created_at=when) for _ in range(times)
    )
    session.flush()


def _try(session, password: str):
    return authenticate(session, email=" LI@example.org ", password=password, address="10.0.0.1")
