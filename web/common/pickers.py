"""Searching the long code lists: an answer of a few lines for the picker field."""

from flask import Blueprint, abort, jsonify, request
from werkzeug.wrappers import Response

from vocabulary.search import industry_picker, region_picker
from web.common.guards import public

blueprint = Blueprint("pickers", __name__)
_PICKERS = {"industries": industry_picker, "regions": region_picker}


@blueprint.get("/pick/<name>")
@public
def search(name: str) -> Response:
    """Up to 20 entries for `?q=`; Chinese, code, pinyin or initials."""
    if name not in _PICKERS:
        abort(404)
    found = _PICKERS[name]().search(request.args.get("q", "")[:40])
    return jsonify([{"code": entry.code, "text": entry.text, "context": entry.context} for entry in found])
