"""The composition root: settings, rooms and the two ways in, `python app.py` and `flask --app app`."""

import signal
import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from alembic import command
from flask import Flask, jsonify
from flask_compress import Compress
from flask_mailman import Mail
from flask_openapi import APIBlueprint, OpenAPI
from flask_wtf import CSRFProtect
from sqlalchemy import Engine
from waitress import create_server
from werkzeug.middleware.proxy_fix import ProxyFix

import models
from access.lists.jobs import night_is_late
from cli.commands import register_commands
from config import Settings
from jobs.registry import Services
from jobs.webhooks import sender
from jobs.worker import JobWorker
from logs import configure_logging
from models.audit_chain import set_default_algorithm
from models.base import now
from models.search_term import fill_if_empty
from models.session import make_engine, open_session, reading
from startup import UnsafeStart, alembic_config, refuse_mixing, refuse_unsafe_start, schema
from vocabulary.imports import ImportNoun
from web.api import document
from web.api.refusals import refuse_invalid
from web.api.shapes import Problem
from web.common import mail
from web.common.assets import init_assets
from web.common.characters import init_characters
from web.common.database import engine, init_database
from web.common.errors import init_errors
from web.common.filters import init_filters
from web.common.guards import public
from web.common.headers import init_headers
from web.common.idempotency import init_idempotency
from web.common.identity import init_identity
from web.common.keys import init_keys
from web.common.languages import init_languages
from web.common.list_exports import init_list_exports
from web.common.logs import init_logs
from web.common.navigation import init_navigation
from web.common.operating import init_operating
from web.common.origins import init_origins
from web.imports.words import words_of
from web.reports import composing
from workflows import blind_pairs, clocks, files, ledger_anchors
from workflows.import_rows import Words
from workflows.ledger_anchors import Seal
from workflows.office_reports import Made
from workflows.recommendations import warm_up

_ROOT = Path(__file__).parent
_MAIL_BACKENDS = {"file": "file", "smtp": "smtp", "locmem": "locmem", "console": "console"}

BLUEPRINTS: tuple[str, ...] = (
    "web.common.pickers:blueprint",
    "web.common.operating:blueprint",
    "web.accounts:blueprint",
    "web.inbox.inbox:blueprint",
    "web.inbox.mails:blueprint",
    "web.imports.imports:firms",
    "web.imports.imports:purchase_needs",
    "web.imports.imports:financing_needs",
    "web.imports.imports:loan_products",
    "web.imports.imports:outcomes",
    "web.administration.model_versions:blueprint",
    "web.administration.jobs:blueprint",
    "web.administration.organizations:blueprint",
    "web.administration.reference_data:blueprint",
    "web.administration.retention:blueprint",
    "web.administration.system:blueprint",
    "web.common.progress:blueprint",
    "web.officials.organizations:blueprint",
    "web.search.search:blueprint",
    "web.officials.postings:blueprint",
    "web.officials.ledger:blueprint",
    "web.officials.profiles:blueprint",
    "web.officials.reasons:blueprint",
    "web.firms.profile:blueprint",
    "web.chains.chains:blueprint",
    "web.chains.keeping:blueprint",
    "web.chains.running:blueprint",
    "web.chains.placing:blueprint",
    "web.officials.ties:blueprint",
    "web.firms.needs:blueprint",
    "web.firms.lines:blueprint",
    "web.banks.products:blueprint",
    "web.banks.capacity:blueprint",
    "web.buyers.needs:blueprint",
    "web.firms.recommendations:blueprint",
    "web.counterparts.recommendations:blueprint",
    "web.officials.desk:blueprint",
    "web.officials.dashboard:blueprint",
    "web.officials.pairings:blueprint",
    "web.officials.replays:blueprint",
    "web.officials.assignments:blueprint",
    "web.officials.roadshow_participants:blueprint",
    "web.officials.roadshow_stage:blueprint",
    "web.officials.roadshow_meetings:blueprint",
    "web.officials.roadshow_day:blueprint",
    "web.officials.roadshow_board:blueprint",
    "web.officials.roadshow_reports:blueprint",
    "web.officials.roadshows:blueprint",
    "web.officials.projects:blueprint",
    "web.officials.refusals:blueprint",
    "web.officials.policy:blueprint",
    "web.banks.suggestions:blueprint",
    "web.officials.problems:blueprint",
    "web.officials.gaps:blueprint",
    "web.chains.leading:blueprint",
    "web.chains.planning:blueprint",
    "web.officials.recognitions:blueprint",
    "web.officials.funding_lists:blueprint",
    "web.firms.recognitions:blueprint",
    "web.firms.problems:blueprint",
    "web.firms.upgrades:blueprint",
    "web.reports.reports:blueprint",
    "web.reports.research:blueprint",
    "web.roadshows.notices:blueprint",
    "web.roadshows.visits:blueprint",
    "web.roadshows.meetings:blueprint",
    "web.roadshows.day:blueprint",
    "web.roadshows.materials:blueprint",
    "web.cases.cases:blueprint",
    "web.cases.dossiers:blueprint",
    "web.cases.handover:blueprint",
    "web.officials.follow_up:blueprint",
    "web.cases.orders:blueprint",
    "web.firms.consents:blueprint",
    "web.firms.receipts:blueprint",
    "web.firms.shares:blueprint",
    "web.officials.groups:blueprint",
    "web.integrations.keys:blueprint",
    "web.integrations.webhooks:blueprint",
    "web.api.document:blueprint",
    "web.api.document:swagger",
    "web.api.v1:blueprint",
)
"""`module:attribute` of every blueprint, audience by audience."""


def create_app(settings: Settings | None = None, *, database_engine: Engine | None = None) -> Flask:
    """The application with everything wired; tests pass their own settings and engine."""
    settings = settings or Settings()
    clocks.limits()  # a limit that makes no sense stops the start, too
    files.limits()
    app = OpenAPI(
        "app", root_path=str(_ROOT), info=document.INFO, security_schemes=document.SECURITY, doc_ui=False,
        validation_error_model=Problem, validation_error_callback=refuse_invalid,
    )  # fmt: skip
    app.openapi_version = "3.1.0"
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.key,
        TRUSTED_HOSTS=list(settings.allowed_hosts),
        SESSION_COOKIE_NAME="lianrong",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=settings.idle_minutes * 60,
        MAX_CONTENT_LENGTH=settings.max_upload_mb * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        MAIL_BACKEND=_MAIL_BACKENDS[settings.mail_backend],
        MAIL_FILE_PATH=str(settings.data_dir / "mail"),
        MAIL_SERVER=settings.mail_server,
        MAIL_PORT=settings.mail_port,
        MAIL_USERNAME=settings.mail_username or None,
        MAIL_PASSWORD=settings.mail_password or None,
        MAIL_USE_TLS=settings.mail_use_tls,
        MAIL_DEFAULT_SENDER=settings.mail_sender,
    )
    app.url_map.strict_slashes = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    init_database(app, database_engine if database_engine is not None else _engine(settings))
    app.extensions["ledger_seal"] = Seal(settings.data_dir / ledger_anchors.FILE, settings.anchor_key)
    app.extensions["make_worker"] = partial(make_worker, app, is_embedded=False)
    set_default_algorithm(settings.ledger_hash)
    blind_pairs.set_share(settings.blind_percent / 100)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=1, x_host=0)  # type: ignore[method-assign]
    init_logs(app)
    init_operating(app)
    init_origins(app)
    init_keys(app)
    init_characters(app)
    csrf = CSRFProtect(app)
    Mail(app)
    Compress(app)
    init_languages(app)
    init_identity(app)
    init_filters(app)
    init_assets(app)
    init_headers(app)
    init_errors(app)
    init_navigation(app)
    init_idempotency(app)
    init_list_exports(app)
    for entry in BLUEPRINTS:
        module, _, attribute = entry.partition(":")
        found = getattr(import_module(module), attribute)
        if isinstance(found, APIBlueprint):
            app.register_api(found)
            csrf.exempt(found)  # no cookie is a credential there, so there is nothing to forge
        else:
            app.register_blueprint(found)
    app.add_url_rule("/livez", "livez", public(livez))
    app.add_url_rule("/healthz", "healthz", public(healthz))
    register_commands(app)
    return app


def livez() -> Any:
    """Whether this process answers at all: if not, start it again. Asks nobody else, so an outage restarts nothing."""
    return jsonify(status="ok")


def healthz() -> Any:
    """Whether pages can be served: the database answers with the schema this code was written for.

    A late night is only told.
    """
    with reading(engine()).connect() as connection:
        found, wanted = schema(connection)
    is_well = found == wanted
    night = "unknown"
    if is_well:
        with open_session(engine(), read_only=True) as session:
            night = "late" if night_is_late(session, now()) else "ok"
    return jsonify(status="ok" if is_well else "schema differs", schema=found, night=night), 200 if is_well else 503


def _engine(settings: Settings) -> Engine:
    return make_engine(**settings.database)


def serving_app() -> Flask:
    """What a server with several processes loads: `gunicorn "app:serving_app()"`. Raises UnsafeStart."""
    settings = Settings()
    configure_logging(as_json=settings.logs_as_json)
    database_engine = _engine(settings)
    refuse_unsafe_start(settings, database_engine)
    database_engine.dispose()  # connections must not outlive the fork into workers
    return create_app(settings, database_engine=database_engine)


def migrate(database_engine: Engine) -> None:
    """Bring the schema to the newest version."""
    command.upgrade(alembic_config(database_engine), "head")
    fill_if_empty(database_engine)


def _deliver(app: Flask) -> Callable[[str, str, str, dict[str, Any]], None]:
    """What sends one message of the outbox: composed and handed over inside the application's context."""

    def deliver(recipient: str, language: str, template: str, values: dict[str, Any]) -> None:
        with app.test_request_context():
            mail.send(recipient, *mail.compose(template, language, values))

    return deliver


def report_composer(app: Flask) -> Callable[[Any, Any, Any], Made]:
    """What draws up one report, inside the application's context."""

    def compose_report(session: Any, report: Any, say: Any) -> Made:
        with app.test_request_context():
            return composing.compose(session, report, say)

    return compose_report


def _import_words(app: Flask) -> Callable[[ImportNoun], Words]:
    """How people write what tables hold, asked inside the application's context."""

    def words(noun: ImportNoun) -> Words:
        with app.test_request_context():
            return words_of(noun)

    return words


def server_limits(app: Flask) -> dict[str, int]:
    """What the server takes: a request far past the limit is refused before its body is kept anywhere."""
    return {"threads": 8, "max_request_body_size": 2 * int(app.config["MAX_CONTENT_LENGTH"] or 0)}


def job_services(app: Flask) -> Services:
    """What jobs need of the application."""
    settings: Settings = app.config["SETTINGS"]
    return Services(
        _deliver(app),
        report_composer(app),
        app.extensions["ledger_seal"],
        settings.digest_hour,
        send=sender(may_be_inside=settings.webhooks_inside),
        key=settings.key,
        import_words=_import_words(app),
        cluster=settings.cluster,
    )


def make_worker(app: Flask, *, is_embedded: bool) -> JobWorker:
    """Whoever does the jobs: only `python app.py` and the command `worker` ask for one, never a web worker."""
    settings: Settings = app.config["SETTINGS"]
    return JobWorker(
        app.extensions["engine"],
        job_services(app),
        data_dir=settings.data_dir,
        secret=settings.key,
        threads=settings.worker_threads,
        silence=settings.job_silence_seconds,
        is_embedded=is_embedded,
    )


def main() -> None:
    """Migrate, fill an empty demo database, then serve until told to stop, with a worker inside by default."""
    from cli.demo_world import ensure_demo_world, print_demo_accounts

    settings = Settings()
    configure_logging(as_json=settings.logs_as_json)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app = create_app(settings)
    database_engine: Engine = app.extensions["engine"]
    try:
        refuse_mixing(settings, database_engine)
        if settings.environment != "production":
            migrate(database_engine)
        refuse_unsafe_start(settings, database_engine)
    except UnsafeStart as reason:
        sys.exit(f"not started: {reason}")
    if settings.demo_world:
        ensure_demo_world(database_engine, report_composer(app))
    server = create_server(app, host=settings.host, port=settings.port, **server_limits(app))

    def _stop(_signal: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, _stop)
    print(f"链融 Lianrong  http://{settings.host}:{settings.port}/", flush=True)  # noqa: T201 -- the operator reads it
    if settings.demo_world:
        print_demo_accounts(database_engine)
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    try:
        with make_worker(app, is_embedded=True) if settings.embedded_worker else nullcontext():
            server.run()
    finally:
        server.close()
        database_engine.dispose()


assert models  # every table is known to the metadata before the first query

if __name__ == "__main__":
    main()
