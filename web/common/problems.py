"""Answers to machines that ask for what cannot be: problem details (RFC 9457), in the reader's language."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, g, jsonify, request

API = "/api/v1/"
API_BYTES = 256 * 1024
"""Of the body of one request."""
MEDIA_TYPE = "application/problem+json"


def is_machine() -> bool:
    """Whether this request is for the API: no cookies count there, and no pages are given."""
    return request.path.startswith(API)


def problem(
    status: int,
    title: str,
    detail: str = "",
    *,
    errors: Iterable[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """`errors` names fields and what is wrong with each, and never repeats what was sent."""
    code = HTTPStatus(status).phrase.lower().replace(" ", "-")
    body = {
        "type": f"urn:lianrong:problem:{code}",
        "title": str(title),
        "status": status,
        "detail": str(detail),
        "request_id": g.get("request_id", ""),
        **more,
    }
    if found := list(errors):
        body["errors"] = found
    response = jsonify(body)
    response.status_code = status
    response.content_type = MEDIA_TYPE
    response.headers.update(headers or {})
    return response
