"""A server in production does not start where it could lose, corrupt or betray what it keeps."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.starts import ENVIRONMENTS

ROOT = Path(__file__).parents[2]
STARTS = (
    "safe",
    "with two processes",
    "with an old SQLite",
    "with an old SQLite and two processes",
    "in production over a live city",
)
REFUSED = {
    "without a key": "needs LIANRONG_SECRET_KEY",
    "with a key of one letter": "too easy to guess",
    "with a short key": "too easy to guess",
    "with debugging": "FLASK_DEBUG",
    "with cookies over plain HTTP": "LIANRONG_SECURE_COOKIES",
    "with an old SQLite, two processes and no lock": "SQLite 3.40.1 can corrupt the file",
    "with foreign keys off": "foreign_keys is off",
    "with less than full durability": "synchronous is below FULL",
    "before the migrations": "python -m flask --app app init-db",
    "in production over the demo world": "holds the demo world",
    "as a demo over a live city": "holds a live city",
    "by app.py before the migrations": "python -m flask --app app init-db",
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("starts")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LIANRONG_", "FLASK_"))}
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.starts", folder],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_every_case_is_expected_to_start_or_to_be_refused():
    assert {*STARTS, *REFUSED} == set(ENVIRONMENTS)


@pytest.mark.parametrize("case", STARTS)
def test_a_server_starts(outcomes, case):
    assert outcomes[case] == "started"


@pytest.mark.parametrize(("case", "reason"), REFUSED.items())
def test_a_server_in_production_does_not_start(outcomes, case, reason):
    assert reason in outcomes[case]


def test_what_is_refused_does_not_print_the_key(outcomes):
    assert not [case for case, said in outcomes.items() if "0123456789abcdef" in said]
