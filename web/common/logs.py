"""One line of log for each request, with an id that the page of a crash shows; JSON where machines read it."""

import logging
import re
import time
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request
from structlog.tracebacks import ExceptionDictTransformer

from web.common.identity import current_account_id

log = logging.getLogger("lianrong.request")
HEADER = "X-Request-ID"
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_QUIET = ("static", "vendor.static", "bootstrap.static", "healthz", "operating.readyz", "operating.metrics")
_SLOW_MS = 1_000
_TRACEBACKS = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
"""Where an error came from, without the values of variables: among them are figures filed in confidence."""


def configure_logging(*, as_json: bool) -> None:
    """All of this process's log to standard error, one line a record: JSON, or for a person's eyes.

    As JSON each request leaves a line; in words only what was slow or failed does.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendered: list[structlog.typing.Processor] = (
        [_TRACEBACKS, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=False)]
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered]
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("lianrong.request").setLevel(logging.INFO if as_json else logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def init_logs(app: Flask) -> None:
    """Number requests and note each with its route, never its address or query: these hold what people typed."""

    @app.before_request
    def _begin() -> None:
        given = request.headers.get(HEADER, "")
        g.request_id = given if _ID.fullmatch(given) else uuid4().hex
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def _note(response: Response) -> Response:
        if "request_id" not in g:  # refused before anything began: a foreign host
            return response
        response.headers[HEADER] = g.request_id
        if request.endpoint not in _QUIET:
            ms = round((time.perf_counter() - g.began) * 1000)
            level = logging.WARNING if response.status_code >= 500 or ms >= _SLOW_MS else logging.INFO
            noted = {
                "method": request.method,
                "route": str(request.url_rule or ""),
                "status": response.status_code,
                "ms": ms,
                "account": current_account_id() if "_login_user" in g else "",
            }
            log.log(level, "request", extra=noted)
        return response
