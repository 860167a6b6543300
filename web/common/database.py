"""One session per request: read-only for GET, committed once at the end of a successful other request."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, Response, current_app, g, request
from sqlalchemy import Engine
from sqlmodel import Session

from models.session import open_session
from workflows import idempotency
from workflows.idempotency import Answer, Request

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSED_FORM = frozenset({401, 410, 422, 429})
"""Answers to a refused form: what the workflow wrote on purpose (a draft, a failed sign-in, the line of a refused
reading) is kept."""


def engine() -> Engine:
    """The application's database engine."""
    found: Engine = current_app.extensions["engine"]
    return found


def db() -> Session:
    """The session of this request."""
    if "db_session" not in g:
        g.db_session = open_session(engine(), read_only=request.method in _READING)
    session: Session = g.db_session
    return session


class AnsweredMeanwhile(Exception):
    """Another copy of this request was carried out while this one computed."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def claimed() -> Request | None:
    """This request as its key names it, if it has one."""
    found: Request | None = g.get("claimed")
    return found


@contextmanager
def long_reading() -> Iterator[Session]:
    """A reading session for a computation of seconds; the request gives up its turn to write before it begins.

    Its key too: a commit before the end must not look like an answer. Raises AnsweredMeanwhile if a copy was faster.
    """
    if (mine := claimed()) is not None:
        idempotency.release(db(), mine)
    db().commit()
    with open_session(engine(), read_only=True) as session:
        yield session
    if mine is not None and (answer := idempotency.claim(db(), mine)) is not None:
        raise AnsweredMeanwhile(answer)


def init_database(app: Flask, database_engine: Engine) -> None:
    """Keep the engine with the app, commit after success and close at the end."""
    app.extensions["engine"] = database_engine

    @app.after_request
    def _finish(response: Response) -> Response:
        session: Session | None = g.get("db_session")
        if session is None or request.method in _READING:
            return response
        if response.status_code < 400 or response.status_code in _REFUSED_FORM:
            session.commit()
        else:
            session.rollback()
        return response

    @app.teardown_request
    def _close(_error: BaseException | None) -> None:
        session: Session | None = g.pop("db_session", None)
        if session is not None:
            session.close()
