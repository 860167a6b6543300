"""How long an answer takes does not tell whether an address has an account here."""

import time
from statistics import median

import pytest

from models.organization import SignInAttempt
from models.sign_in import ResetRequest
from tests.factories import make_organization, make_user
from vocabulary.roles import OrganizationKind
from workflows.passwords import hash_password

PAIRS = 400


@pytest.fixture
def bank(session):
    return make_organization(session, OrganizationKind.BANK)


@pytest.fixture
def person(session, bank):
    user = make_user(session, bank, email="known@example.org", password_hash=hash_password("copper-wire-2026"))
    session.commit()
    return user


def _seconds(ask) -> float:
    """Of this process's work: what others do on the machine meanwhile does not count."""
    start = time.process_time()
    ask()
    return time.process_time() - start


def _compare(known, unknown, between=lambda: None):
    """Times of both in turn, the first few left out; by (median difference in ms, AUC of telling them apart)."""
    found = ([], [])
    for n in range(PAIRS + 10):
        for which in (0, 1) if n % 2 else (1, 0):
            found[which].append(_seconds((known, unknown)[which]))
        between()
    known_s, unknown_s = (times[10:] for times in found)
    wins = sum((a > b) + 0.5 * (a == b) for a in known_s for b in unknown_s)
    auc = wins / (len(known_s) * len(unknown_s))
    return abs(median(known_s) - median(unknown_s)) * 1000, max(auc, 1 - auc)


def _forget(session, table):
    def forget():
        session.exec(table.__table__.delete())
        session.commit()

    return forget


@pytest.mark.slow
def test_asking_for_a_reset_takes_as_long_for_an_unknown_address(client, session, person):
    def ask(email):
        return lambda: client.post("/forgot-password", data={"email": email})

    difference_ms, auc = _compare(ask("known@example.org"), ask("other@example.org"), _forget(session, ResetRequest))
    assert difference_ms <= 2, (difference_ms, auc)
    assert auc <= 0.60, (difference_ms, auc)


@pytest.mark.slow
def test_a_wrong_password_takes_as_long_for_an_unknown_address(client, session, person):
    def ask(email):
        return lambda: client.post("/sign-in", data={"email": email, "password": "guess"})

    difference_ms, auc = _compare(ask("known@example.org"), ask("other@example.org"), _forget(session, SignInAttempt))
    assert difference_ms <= 2, (difference_ms, auc)
    assert auc <= 0.60, (difference_ms, auc)


@pytest.mark.slow
def test_inviting_takes_as_long_for_an_unknown_address(sign_in_as, session, bank):
    """Somebody's manager invites: the answer does not tell whether the address has an account elsewhere."""
    make_user(session, make_organization(session, OrganizationKind.BANK), email="known@example.org")
    client = sign_in_as(make_user(session, bank))

    def ask(email):
        return lambda: client.post("/people", data={"email": email, "role": "officer"})

    difference_ms, auc = _compare(ask("known@example.org"), ask("other@example.org"))
    assert difference_ms <= 2, (difference_ms, auc)
    assert auc <= 0.60, (difference_ms, auc)


def test_the_measure_finds_a_difference_where_there_is_one(monkeypatch):
    """The harness itself: two kinds of work of which one takes a millisecond longer."""
    monkeypatch.setitem(globals(), "PAIRS", 40)
    difference_ms, auc = _compare(lambda: sum(range(60_000)), lambda: sum(range(1_000)))
    assert difference_ms > 0.1
    assert auc > 0.9
