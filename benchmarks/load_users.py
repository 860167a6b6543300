"""People at their desks, for locust; `benchmarks.load` starts it. LOAD_PEOPLE names a JSON file:

{"people": [{"cookie": …, "pages": [path, …]}, …], "officials": [{"cookie": …, "csrf": …}, …], "pairings": [id, …]}
"""

import json
import os
import random
import secrets
from itertools import count
from pathlib import Path

from locust import FastHttpUser, between, constant, constant_pacing, task

_WORLD = json.loads(Path(os.environ["LOAD_PEOPLE"]).read_text(encoding="utf-8"))
_numbers = count()


class Desk(FastHttpUser):
    """Opens pages of their own role, five seconds apart."""

    wait_time = between(2.5, 7.5)

    def on_start(self) -> None:
        self.person = _WORLD["people"][next(_numbers) % len(_WORLD["people"])]

    @task
    def open_page(self) -> None:
        path = random.choice(self.person["pages"])
        self.client.get(path, headers={"Cookie": self.person["cookie"]}, name="page")


class Official(FastHttpUser):
    """Confirms a pairing now and then."""

    wait_time = between(2.5, 7.5)

    def on_start(self) -> None:
        self.person = _WORLD["officials"][next(_numbers) % len(_WORLD["officials"])]

    @task
    def confirm(self) -> None:
        if _WORLD["pairings"]:
            form = {
                "csrf_token": self.person["csrf"], "idempotency_key": secrets.token_hex(16), "verdict": "confirm",
                "reason": "facts_verified",
            }  # fmt: skip
            path = f"/pairings/{_WORLD['pairings'].pop()}"
            headers = {"Cookie": self.person["cookie"]}
            with self.client.post(
                path, data=form, headers=headers, allow_redirects=False, name="confirm", catch_response=True
            ) as answer:
                if answer.status_code != 303:
                    answer.failure(f"status {answer.status_code}")


class Reader(Desk):
    """Reads without a pause for thought, to be timed while others sign in."""

    wait_time = constant(0.2)


class Stormer(FastHttpUser):
    """Tries a password each second. 429 is the right answer to most."""

    wait_time = constant_pacing(1)

    def on_start(self) -> None:
        page = self.client.get("/sign-in", name="form").text or ""
        self.token = page.partition('name="csrf_token" value="')[2].partition('"')[0]

    @task
    def sign_in(self) -> None:
        form = {
            "email": f"{secrets.token_hex(4)}@example.org", "password": secrets.token_hex(8), "csrf_token": self.token,
        }  # fmt: skip
        address = f"10.{random.randrange(250)}.{random.randrange(250)}.7"
        headers = {"X-Forwarded-For": address}
        with self.client.post("/sign-in", data=form, headers=headers, name="sign in", catch_response=True) as answer:
            if answer.status_code in (200, 401, 422, 429):
                answer.success()
