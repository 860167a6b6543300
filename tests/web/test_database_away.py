"""The database does not answer, or has no turn to give: a page says so in both languages, and when to retry."""

import psycopg
import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from models.session import make_engine
from tests.factories import make_organization, make_user

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"
WORDS = {"zh": "数据库暂时没有应答", "en": "The database does not answer at the moment."}


@pytest.fixture
def signed_in(app, session, sign_in_as, monkeypatch):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    return sign_in_as(make_user(session, make_organization(session)))


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_database_that_is_away(app, signed_in, language, method):
    app.extensions["engine"] = make_engine(NOWHERE)
    signed_in.set_cookie("lang", language)
    answer = signed_in.open("/inbox/", method=method)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert WORDS[language] in answer.text


def test_a_database_that_goes_away_while_the_answer_is_finished(app, signed_in, monkeypatch):
    def gone(_session):
        raise OperationalError("COMMIT", {}, psycopg.errors.AdminShutdown("terminating connection"))

    monkeypatch.setattr(Session, "commit", gone)
    answer = signed_in.post("/sign-out")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "是否已经生效" in answer.text, "whether it was committed is not known"


def test_another_error_of_the_database_is_a_crash(app, signed_in, monkeypatch):
    def wrong(*_values, **_options):
        raise OperationalError("SELECT 1", {}, Exception("no such table: x"))

    monkeypatch.setattr("access.lists.notices.inbox", wrong)
    answer = signed_in.get("/inbox/")
    assert answer.status_code == 500
    assert "Retry-After" not in answer.headers


def test_a_process_lives_without_its_database_and_says_not_to_send_readers(app, monkeypatch):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    app.extensions["engine"] = make_engine(NOWHERE)
    client = app.test_client()
    assert (client.get("/livez").status_code, client.get("/healthz").status_code) == (200, 503)
