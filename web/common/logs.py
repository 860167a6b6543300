"""One line of log for each request, with an id that the page of a crash shows."""

import logging
import re
import time
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from web.common.identity import current_account_id

log = logging.getLogger("lianrong.request")
HEADER = "X-Request-ID"
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_QUIET = ("static", "vendor.static", "bootstrap.static", "swagger.static", "livez", "healthz", "operating.metrics")
_SLOW_MS = 1_000


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
