"""What a request leaves in the log and in the metrics, and what never gets there."""

import io
import json
import logging

import pytest
from flask import Flask

from config import Settings
from logs import configure_logging
from tests.factories import make_organization, make_user
from vocabulary.roles import Role


@pytest.fixture
def lines():
    """The process's log as JSON, read back; logging is put back as it was."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    configure_logging(as_json=True)
    root.handlers[0].setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_request_leaves_its_route_but_not_what_was_typed(session, sign_in_as, lines):
    user = make_user(session, make_organization(session), Role.FILER)
    client = sign_in_as(user)
    answer = client.get("/search/?q=常宁机密铜业", headers={"X-Request-ID": "from-the-proxy-1"})
    (line,) = [line for line in lines() if line["event"] == "request"]
    assert {key: line[key] for key in ("request_id", "route", "method", "status", "account", "level")} == {
        "request_id": "from-the-proxy-1", "route": "/search/", "method": "GET", "status": 200,
        "account": user.public_id, "level": "info",
    }  # fmt: skip
    assert answer.headers["X-Request-ID"] == "from-the-proxy-1"
    assert "机密" not in json.dumps(line, ensure_ascii=False)


def test_an_id_of_another_form_is_not_taken_over(client):
    answer = client.get("/sign-in", headers={"X-Request-ID": 'x"\u2028"'.encode().decode("latin-1")})
    assert len(answer.headers["X-Request-ID"]) == 32


def test_a_crash_is_logged_with_the_number_on_its_page_and_without_values(app: Flask, client, lines, monkeypatch):
    def crash() -> str:
        revenue = "营收八千万"
        raise RuntimeError(len(revenue))

    app.testing = False
    monkeypatch.setitem(app.view_functions, "accounts.sign_in", crash)
    answer = client.get("/sign-in", headers={"X-Request-ID": "abcdef-123456-000000"})
    app.testing = True
    assert answer.status_code == 500
    assert "abcdef-12345" in answer.text
    found = lines()
    (error,) = [line for line in found if line.get("exception")]
    assert error["request_id"] == "abcdef-123456-000000"
    assert error["exception"][0]["exc_type"] == "RuntimeError"
    assert "八千万" not in json.dumps(found, ensure_ascii=False)


def test_only_the_token_opens_the_metrics(app: Flask, client):
    assert client.get("/metrics").status_code == 404
    given = app.config["SETTINGS"]
    app.config["SETTINGS"] = Settings(environment="test", metrics_token="pull-token", data_dir=given.data_dir)
    try:
        assert client.get("/metrics", headers={"Authorization": "Bearer other"}).status_code == 404
        client.get("/sign-in")
        page = client.get("/metrics", headers={"Authorization": "Bearer pull-token"}).text
    finally:
        app.config["SETTINGS"] = given
    assert 'flask_http_request_duration_seconds_count{method="GET",status="200",url_rule="/sign-in"}' in page
    assert 'lianrong_outbox_messages{status="failed"} 0.0' in page
    assert 'lianrong_jobs{status="running"} 0.0' in page
