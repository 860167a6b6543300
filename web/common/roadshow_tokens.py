"""The signed words in a badge's QR code: they name a participant, cannot be guessed and open nothing by themselves."""

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="roadshow-badge")


def badge_token(participant_public_id: str) -> str:
    """What the QR code of a participant carries."""
    return str(_serializer().dumps(participant_public_id))


def read_badge(token: str) -> str | None:
    """The participant's public id, or None if the token is not ours."""
    try:
        found = _serializer().loads(token)
    except BadSignature:
        return None
    return found if isinstance(found, str) else None
