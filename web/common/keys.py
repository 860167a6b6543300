"""From a key to an Actor: how requests of the API are let in, counted and read. No cookie is a credential there."""

from typing import Any

from flask import Flask, Response, current_app, g, request
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from access.actor import ANONYMOUS
from access.api_keys import KeyHolder, holder
from models.session import open_session
from web.common.database import engine
from web.common.problems import API_BYTES, is_machine, problem
from workflows.api_keys import count_request
from workflows.calendar import today

_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})


def init_keys(app: Flask) -> None:
    """Install this before whatever acts for the person behind a request."""
    app.before_request(_let_in)
    app.after_request(_say_limit)


def _let_in() -> Response | None:
    if not is_machine():
        return None
    g.actor = ANONYMOUS
    request.max_content_length = API_BYTES
    found = _holder()
    if found is None:
        return problem(
            401, _("需要有效的密钥"), _("请在 Authorization 头中以 Bearer 方式给出密钥；密钥可能已撤销或到期。"),
            headers={"WWW-Authenticate": 'Bearer realm="lianrong"'},
        )  # fmt: skip
    if (refused := _count(found.key_id)) is not None:
        return refused
    g.actor, g.api_key = found.actor, found
    return _refuse_scope(found) or _refuse_unreadable()


def _holder() -> KeyHolder | None:
    kind, _blank, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret.isascii():
        return None
    with open_session(engine(), read_only=True) as session:
        return holder(session, secret.strip(), on=today())


def _count(key_id: int) -> Response | None:
    most: int = current_app.config["SETTINGS"].api_requests_per_minute
    n_requests, seconds = count_request(engine(), key_id)
    g.api_limit = {"Limit": most, "Remaining": max(0, most - n_requests), "Reset": seconds}
    if n_requests <= most:
        return None
    text = _("这个密钥每分钟最多 %(n)s 次请求，请稍后再试。", n=most)
    return problem(429, _("请求太多"), text, headers={"Retry-After": str(seconds)})


def _refuse_scope(found: KeyHolder) -> Response | None:
    """Before anything that was sent is looked at; an address that does not exist is for the errors to say."""
    scope = getattr(current_app.view_functions.get(request.endpoint or ""), "scope", None)
    if scope is None or scope in found.scopes:
        return None
    return problem(403, _("没有权限"), _("这个密钥没有“%(scope)s”的范围。", scope=scope.value))


def _refuse_unreadable() -> Response | None:
    """A body that is no JSON is refused before anything is done with it."""
    if request.method in _WITHOUT_BODY or request.endpoint is None:
        return None
    if (request.content_length or 0) > API_BYTES:
        raise RequestEntityTooLarge
    if request.get_data() and not request.is_json:
        return problem(415, _("请求没有成功"), _("请求体须为 JSON（application/json）。"))
    try:
        if request.get_data():
            request.get_json()
    except (BadRequest, RecursionError):
        return problem(400, _("请求没有成功"), _("请求体不是可读的 JSON。"))
    return None


def _say_limit(response: Response) -> Any:
    for name, value in g.get("api_limit", {}).items():
        response.headers[f"RateLimit-{name}"] = str(value)
    return response
