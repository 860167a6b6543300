"""The cookie by which a browser is known from an earlier sign-in; it opens nothing by itself."""

from flask import current_app, request
from werkzeug.wrappers import Response

_COOKIE = "device"
_SECONDS = 180 * 86400


def current_device() -> str:
    return request.cookies.get(_COOKIE, "")[:100]


def keep_device(response: Response, token: str) -> Response:
    response.set_cookie(
        _COOKIE,
        token,
        max_age=_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SETTINGS"].secure_cookies,
    )
    return response
