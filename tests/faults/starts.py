"""Start the server once for each case, in a process of its own: `python -m tests.faults.starts FOLDER`.

The program is loaded once and forks for each case, since loading takes seconds. Prints {case: what it ended with}.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import app
from config import Settings
from models import session, sqlite
from tests.factories import make_organization

SAFE = {
    "LIANRONG_ENVIRONMENT": "production",
    "LIANRONG_SECRET_KEY": "0123456789abcdef" * 4,
    "LIANRONG_SECURE_COOKIES": "true",
}
ENVIRONMENTS: dict[str, dict[str, str]] = {
    "safe": {},
    "without a key": {"LIANRONG_SECRET_KEY": ""},
    "with a key of one letter": {"LIANRONG_SECRET_KEY": "x" * 64},
    "with a short key": {"LIANRONG_SECRET_KEY": "change-me"},
    "with debugging": {"FLASK_DEBUG": "1"},
    "with cookies over plain HTTP": {"LIANRONG_SECURE_COOKIES": "false"},
    "with two processes": {"WEB_CONCURRENCY": "2"},
    "with an old SQLite": {"OLD_SQLITE": "1"},
    "with an old SQLite and two processes": {"OLD_SQLITE": "1", "WEB_CONCURRENCY": "2"},
    "with an old SQLite, two processes and no lock": {
        "OLD_SQLITE": "1", "WEB_CONCURRENCY": "2", "LIANRONG_WRITE_LOCK": "false",
    },
    "with foreign keys off": {"PRAGMAS": "foreign_keys=OFF"},
    "with less than full durability": {"PRAGMAS": "synchronous=NORMAL"},
    "before the migrations": {"LIANRONG_DATA_DIR": "empty"},
    "in production over the demo world": {"LIANRONG_DATA_DIR": "demo"},
    "as a demo over a live city": {"LIANRONG_DATA_DIR": "live", "LIANRONG_ENVIRONMENT": "demo", "BY": "main"},
    "in production over a live city": {"LIANRONG_DATA_DIR": "live"},
    "by app.py before the migrations": {"LIANRONG_DATA_DIR": "empty", "BY": "main"},
}  # fmt: skip


def start(environment: dict[str, str]) -> None:
    """Start as a server does; raises or exits where it refuses."""
    os.environ.update(environment)
    if environment.get("OLD_SQLITE"):
        sqlite.VERSION = (3, 40, 1)
    if environment.get("PRAGMAS"):
        session._PRAGMAS = (*session._PRAGMAS, environment["PRAGMAS"])
    if environment.get("BY") == "main":
        app.main()
    app.serving_app()


def outcome(begin: Callable[[], None]) -> str:
    """`started`, or what the child process said before it ended with another code than 0."""
    with tempfile.TemporaryFile("w+") as said:
        child = os.fork()
        if child == 0:
            os.dup2(said.fileno(), 2)
            code = 1
            try:
                begin()
                code = 0
            except BaseException as error:
                print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)  # noqa: T201 -- what is tested
            finally:
                os._exit(code)
        _pid, status = os.waitpid(child, 0)
        said.seek(0)
        return "started" if status == 0 else said.read()


def _plant(folder: Path, *, is_demo: bool) -> None:
    """A migrated database with one organization."""
    folder.mkdir()
    engine = session.make_engine(Settings(data_dir=folder).url)
    app.migrate(engine)
    with session.unit_of_work(engine) as rows:
        make_organization(rows, is_demo=is_demo)
    engine.dispose()


def main() -> None:
    """Migrate a database, then start over it in every case."""
    folder = Path(sys.argv[1])
    for name in ("empty", "migrated"):
        (folder / name).mkdir()
    for name, is_demo in (("demo", True), ("live", False)):
        _plant(folder / name, is_demo=is_demo)
    built = app.create_app(Settings(data_dir=folder / "migrated"))  # which also loads every page, before the forks
    engine = built.extensions["engine"]
    app.migrate(engine)
    engine.dispose()
    found = {}
    for case, environment in ENVIRONMENTS.items():
        data = folder / environment.get("LIANRONG_DATA_DIR", "migrated")
        found[case] = outcome(lambda e=SAFE | environment | {"LIANRONG_DATA_DIR": str(data)}: start(e))
    print(json.dumps(found))  # noqa: T201 -- what the test reads


if __name__ == "__main__":
    main()
