"""Documents that were handed in, given back to be saved and never shown inside our pages."""

from io import BytesIO
from typing import Protocol

from flask import Response, send_file

from workflows.file_content import EXTENSIONS

DOCUMENT_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""For somebody's document: whatever is in it, it runs nothing and belongs to no origin."""


class Kept(Protocol):
    """What a page needs of a stored document."""

    media_type: str
    content: bytes


def stored_document(found: Kept, name: str) -> Response:
    """As a download under a name of our own."""
    response = send_file(
        BytesIO(found.content),
        mimetype=found.media_type,
        as_attachment=True,
        download_name=f"{name}.{EXTENSIONS[found.media_type]}",
    )
    response.headers["Content-Security-Policy"] = DOCUMENT_POLICY
    return response
