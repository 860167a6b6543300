"""What the killed server serves: the product, or one that is broken on purpose.

`python -m tests.faults.served VARIANT` loads the program, and at each line it reads forks a gunicorn of its own process
group with the settings of deploy/ and writes the number of the group.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flask import Flask, Response, g, request
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

import app
from config import Settings
from models import session
from web.common import idempotency
from workflows import audit

PAUSE_S = 0.05
"""A broken server is broken for so long in each request."""


Change = Callable[[Flask], None]
"""What is done to the application once it is made."""


def _nothing(_built: Flask) -> None:
    pass


def _plain() -> Change:
    return _nothing


def _too_early() -> Change:
    """Broken: answers first and commits afterwards."""

    def change(built: Flask) -> None:
        true, at = _finishing(built)

        def finish(response: Response) -> Response:
            if request.method != "POST" or "db_session" not in g:
                return true(response)
            own = g.pop("db_session")

            def commit() -> None:
                time.sleep(PAUSE_S)
                own.commit()
                own.close()

            response.call_on_close(commit)
            return response

        built.after_request_funcs[None][at] = finish

    return change


def _piecemeal() -> Change:
    """Broken: a deed and its line in the ledger are two transactions."""
    true = audit.record

    def record(session: Session, *values: Any, **named: Any) -> Any:
        session.commit()
        time.sleep(PAUSE_S)
        return true(session, *values, **named)

    for module in list(sys.modules.values()):
        if getattr(module, "record", None) is true:
            module.record = record  # type: ignore[attr-defined]
    return _nothing


def _forgetful() -> Change:
    """Broken: looks at no key, and is slow to say what it did."""
    idempotency._claim = lambda: None

    def change(built: Flask) -> None:
        def dawdle(response: Response) -> Response:
            if request.method == "POST":
                time.sleep(PAUSE_S)
            return response

        built.after_request_funcs[None].insert(0, dawdle)  # the first is carried out last

    return change


def _careless() -> Change:
    """Broken: a commit waits for no disk."""
    true = session._PRAGMAS
    session._PRAGMAS = tuple(pragma.replace("synchronous=FULL", "synchronous=NORMAL") for pragma in true)
    app.refuse_unsafe_start = lambda *_values: None
    return _nothing


def _shrugging() -> Change:
    """Broken: what could not be kept is answered as if it had been."""

    def change(built: Flask) -> None:
        true, at = _finishing(built)

        def finish(response: Response) -> Response:
            try:
                return true(response)
            except OperationalError:
                g.db_session.rollback()
                return response

        built.after_request_funcs[None][at] = finish

    return change


def _finishing(built: Flask) -> tuple[Callable[[Response], Response], int]:
    """What commits at the end of a request, and its place in the list."""
    functions: list[Any] = built.after_request_funcs[None]
    at = next(n for n, function in enumerate(functions) if function.__name__ == "_finish")
    return functions[at], at


VARIANTS = {
    "plain": _plain, "too early": _too_early, "piecemeal": _piecemeal, "forgetful": _forgetful, "careless": _careless,
    "shrugging": _shrugging,
}  # fmt: skip


def serve(variant: str) -> Flask:
    """The application of a server process."""
    change = VARIANTS[variant]()
    built = app.serving_app()
    change(built)
    return built


def main() -> None:
    """Fork a server at each line; the end of the input is the end."""
    import gunicorn.app.wsgiapp
    from gunicorn.workers import gthread

    assert gthread
    settings = Settings()
    built = app.create_app(settings)  # loads every page, before the forks
    built.extensions["engine"].dispose()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead leave nothing behind
    child = 0
    for _line in sys.stdin:
        child = os.fork()
        os.setpgid(child, child)
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(2, 1)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            target = f"tests.faults.served:serve({sys.argv[1]!r})"
            sys.argv = ["gunicorn", "--config", "deploy/gunicorn.conf.py", target]
            gunicorn.app.wsgiapp.run()
            os._exit(1)
        print(child, flush=True)  # noqa: T201 -- what the test reads
    if child:
        with suppress(ProcessLookupError):  # whoever asked is gone
            os.killpg(child, signal.SIGKILL)


if __name__ == "__main__":
    main()
