"""A door at which each costs a tenth of a second: a few are served at once, the others are asked to come back.

Without it a storm of sign-ins takes every thread of the server, and whoever only reads waits behind strangers.
"""

from collections.abc import Callable
from functools import wraps
from threading import BoundedSemaphore
from typing import Any

from flask import request

AT_ONCE = 4
COME_BACK_IN = 2
"""Seconds."""
_room = BoundedSemaphore(AT_ONCE)


class Crowded(Exception):
    """Enough are being served."""


def few_at_once(view: Callable[..., Any]) -> Callable[..., Any]:
    """Serve at most `AT_ONCE` forms of all such views together; refuse the next before it reads or hashes anything."""

    @wraps(view)
    def served(*args: Any, **kwargs: Any) -> Any:
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return view(*args, **kwargs)
        if not _room.acquire(blocking=False):
            raise Crowded
        try:
            return view(*args, **kwargs)
        finally:
            _room.release()

    return served
