"""Where a request that changes something may come from: this site's own pages."""

from urllib.parse import urlsplit

from flask import Flask, request
from werkzeug.exceptions import Forbidden

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"", "same-origin", "none"})
"""`Sec-Fetch-Site` of our own pages, of an address typed by hand, and of clients that do not send it."""


def init_origins(app: Flask) -> None:
    """Refuse a change that another site's page asks for (Fetch standard, `Origin` and `Sec-Fetch-Site`).

    A second lock beside the form's token. Only hosts are compared: a proxy before us may end the encryption.
    """

    @app.before_request
    def _refuse_other_sites() -> None:
        if request.method in _READING:
            return
        origin = request.headers.get("Origin")
        is_own = origin is None or urlsplit(origin).netloc == request.host
        if not is_own or request.headers.get("Sec-Fetch-Site", "") not in _OWN_SITES:
            raise Forbidden
