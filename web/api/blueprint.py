"""The API's blueprint: a route says which scope of a key opens it, and answers in one of a few forms."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Response, jsonify, request, url_for
from flask_babel import gettext as _
from flask_openapi import APIBlueprint
from pydantic import BaseModel, Field
from werkzeug.http import parse_etags

from vocabulary.integrations import ApiScope
from web.api.shapes import ListQuery, Problem
from web.common.problems import MEDIA_TYPE, problem

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


class IfMatch(BaseModel):
    """The version that a change was made from (RFC 9110)."""

    if_match: str | None = Field(default=None, alias="If-Match", max_length=200, description="The ETag that was read.")


def not_matching(header: IfMatch, etag: str) -> Response | None:
    """428 without a version, 412 for another than the present one."""
    if not header.if_match:
        return problem(428, _("需要版本"), _("请在 If-Match 头中给出读取时的 ETag。"))
    if not parse_etags(header.if_match).contains(etag):
        return problem(412, _("内容刚刚被修改"), _("请重新读取，再修改一次。"))
    return None


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
