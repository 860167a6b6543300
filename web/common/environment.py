"""What is shown and given out anywhere but in production says so."""

from flask import current_app
from flask_babel import gettext as _


def mark() -> str:
    """The words for a demo or a test environment; empty in production."""
    words = {"demo": _("演示"), "test": _("测试")}
    return words.get(current_app.config["SETTINGS"].environment, "")
