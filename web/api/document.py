"""The description of the API (OpenAPI 3.1) and its page, which works under the site's content policy."""

from pathlib import Path
from typing import Any

import flask_openapi_swagger
from flask import Blueprint, Response, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_openapi import Info, SecurityScheme

from vocabulary.integrations import ApiScope
from web.common.guards import public

_SWAGGER = Path(flask_openapi_swagger.__file__).parent / "templates" / "swagger"
INFO = Info(
    title="Lianrong API",
    version="1.0",
    description=(
        "Amounts are whole fen, rates basis points a year, quantities thousandths of the unit, days ISO dates in China "
        "Standard Time. Errors are problem details (RFC 9457) in Chinese or English by Accept-Language."
    ),
)
SECURITY: dict[str, SecurityScheme | dict[str, Any]] = {
    "key": SecurityScheme(
        type="http",
        scheme="bearer",
        description="A key of the own organization. Scopes: " + ", ".join(scope.value for scope in ApiScope),
    )
}

blueprint = Blueprint("api_docs", __name__, url_prefix="/api/docs")
swagger = Blueprint("swagger", __name__, static_folder=str(_SWAGGER), static_url_path="/vendor/swagger")


@blueprint.get("/")
@public
def page() -> ResponseReturnValue:
    return render_template("api/docs.html")


@blueprint.get("/openapi.json")
@public
def openapi() -> Response:
    """Routes stand under the first word of their path."""
    description: dict[str, Any] = current_app.api_doc  # type: ignore[attr-defined]
    for path, item in description["paths"].items():
        for operation in item.values():
            operation["tags"] = [path.split("/")[3]]
    return jsonify(description)
