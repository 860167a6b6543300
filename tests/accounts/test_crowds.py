"""A storm of sign-ins: a few are served, the others told when to come back, and readers do not notice."""

import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import psutil
import pytest
from waitress import create_server

from app import server_limits
from tests.factories import make_organization, make_user
from vocabulary.roles import OrganizationKind
from web.common import crowding
from workflows import passwords
from workflows.passwords import hash_password, is_password

PASSWORD = "copper-wire-2026"


@pytest.fixture
def person(session):
    organization = make_organization(session, OrganizationKind.BANK)
    user = make_user(session, organization, email="zhang@example.org", password_hash=hash_password(PASSWORD))
    session.commit()
    return user


@pytest.mark.parametrize("address", ["/sign-in", "/register", "/join/x", "/reset-password/x"])
def test_whoever_comes_when_the_room_is_full_is_told_when_to_come_back(client, person, address):
    for _ in range(crowding.AT_ONCE):
        assert crowding._room.acquire(blocking=False)
    try:
        answer = client.post(address, data={"email": "zhang@example.org", "password": PASSWORD})
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
        assert "请 2 秒后再试" in answer.text
        assert client.get("/sign-in").status_code == 200
    finally:
        crowding._room.release(crowding.AT_ONCE)


def test_the_room_is_empty_again_whatever_became_of_them(client, person):
    for _ in range(3 * crowding.AT_ONCE):
        assert client.post("/sign-in", data={"email": "x@example.org", "password": "y"}).status_code in (401, 429)
        assert client.post("/reset-password/x", data={}).status_code == 410
    with pytest.raises(ValueError):
        crowding._room.release()  # a bounded semaphore that is full refuses


def test_at_most_two_passwords_are_hashed_at_once(monkeypatch):
    present, most = [0], [0]

    class Counting:
        def verify(self, _password, _kept):
            present[0] += 1
            most[0] = max(most[0], present[0])
            time.sleep(0.01)
            present[0] -= 1
            return True

    monkeypatch.setattr(passwords, "_HASH", Counting())
    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(lambda _n: is_password("a", "b"), range(24)))
    assert most == [2]


@pytest.mark.slow
def test_a_storm_of_sign_ins_leaves_readers_alone(app, person):
    """100 a second for 10 s. Void unless the storm really blew: most were sent, and some were told to come back."""
    server = create_server(app, host="127.0.0.1", port=0, **server_limits(app))
    threading.Thread(target=server.run, daemon=True).start()
    try:
        _read(server.effective_port, 40)
        quiet = _p99(_read(server.effective_port, 150))
        before = psutil.Process().memory_info().rss
        stop, answers = threading.Event(), []
        storm = threading.Thread(target=_storm, args=(server.effective_port, 100, 10, answers, stop))
        storm.start()
        during, rise = [], 0
        while storm.is_alive():
            during += _read(server.effective_port, 10)
            rise = max(rise, psutil.Process().memory_info().rss - before)
    finally:
        server.task_dispatcher.shutdown()
        server.close()
    assert len(answers) >= 900
    assert answers.count(429) > 100
    assert set(answers) <= {401, 429}
    assert rise <= 200 * 1024 * 1024
    assert _p99(during) <= max(3 * quiet, 0.25), (quiet, _p99(during))


def _storm(port: int, per_second: int, seconds: int, answers: list[int], stop: threading.Event) -> None:
    start = time.monotonic()
    with ThreadPoolExecutor(60) as pool:
        for n in range(per_second * seconds):
            time.sleep(max(0.0, start + n / per_second - time.monotonic()))
            pool.submit(lambda n=n: answers.append(_sign_in(port, n)))


def _sign_in(port: int, n: int) -> int:
    """Each for an account of its own, so that patience with one account does not take the load away."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = urlencode({"email": f"nobody{n}@example.org", "password": "guess"})
    connection.request("POST", "/sign-in", body, {"Content-Type": "application/x-www-form-urlencoded"})
    status = connection.getresponse().status
    connection.close()
    return status


def _read(port: int, times: int) -> list[float]:
    """Seconds that a page of a reader takes, each."""
    found = []
    for _ in range(times):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        start = time.perf_counter()
        connection.request("GET", "/register")
        assert connection.getresponse().status == 200
        found.append(time.perf_counter() - start)
        connection.close()
    return found


def _p99(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99) - 1]
