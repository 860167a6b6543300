"""The API's blueprint: a route says which scope of a key opens it, and answers in one of a few forms."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Response, jsonify, request, url_for
from flask_openapi import APIBlueprint
from pydantic import BaseModel

from vocabulary.integrations import ApiScope
from web.api.shapes import ListQuery, Problem
from web.common.problems import MEDIA_TYPE

View = Callable[..., Any]
_REFUSALS = (400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428, 429)


def _refusal() -> dict[str, Any]:
    return {"content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}}


blueprint = APIBlueprint(
    "api",
    __name__,
    url_prefix="/api/v1",
    abp_responses={str(status): _refusal() for status in _REFUSALS},
    abp_security=[{"key": []}],
)


def needs(scope: ApiScope) -> Callable[[View], View]:
    """Let keys with the scope in. `web.common.keys` looks at this mark before anything that was sent is read; rows and
    deeds are limited by `access` and `workflows`, as on pages."""

    def mark(view: View) -> View:
        view.permission = None  # type: ignore[attr-defined]  # what pages ask for
        view.scope = scope  # type: ignore[attr-defined]
        return view

    return mark


def shown(model: BaseModel, status: int = 200) -> Response:
    """One thing."""
    response = jsonify(model.model_dump(mode="json", warnings=False))
    response.status_code = status
    return response


def listed(rows: Iterable[BaseModel], total: int, query: ListQuery) -> Response:
    """One page of a list; `next` is the address of the next one, and so says the header Link (RFC 8288)."""
    more = query.page * query.size < total
    arguments = {**(request.view_args or {}), **request.args.to_dict(), "page": query.page + 1, "size": query.size}
    following = url_for(str(request.endpoint), **arguments) if more else None
    items = [row.model_dump(mode="json", warnings=False) for row in rows]
    response = jsonify(items=items, total=total, next=following)
    if following:
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response
