"""Style sheets, scripts and icons, all served from this machine."""

import hashlib
import re
from functools import cache
from pathlib import Path

import flask_bootstrap
import js_lib_htmx
from flask import Blueprint, Flask, url_for
from markupsafe import Markup

_BOOTSTRAP = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5"
HTMX = Path(js_lib_htmx.__path__[0]) / "static" / "htmx"

blueprint = Blueprint("vendor", __name__, static_folder=str(HTMX), static_url_path="/vendor/htmx")
bootstrap = Blueprint("bootstrap", __name__, static_folder=str(_BOOTSTRAP), static_url_path="/vendor/bootstrap")


def init_assets(app: Flask) -> None:
    """Serve the packaged libraries and give templates `asset()` and `icon()`."""
    app.register_blueprint(blueprint)
    app.register_blueprint(bootstrap)
    app.jinja_env.globals.update(asset=asset, icon=icon)


@cache
def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def asset(name: str) -> str:
    """URL of an own static file; the content's digest in it lets browsers keep the file for long."""
    folder = Path(__file__).parents[2] / "static"
    return url_for("static", filename=name, v=_version(folder / name))


@cache
def _symbols() -> dict[str, tuple[str, str]]:
    sprite = (_BOOTSTRAP / "icons" / "bootstrap-icons.svg").read_text(encoding="utf-8")
    found = re.findall(r'<symbol[^>]*viewBox="([^"]+)"[^>]*id="([^"]+)"[^>]*>(.*?)</symbol>', sprite, re.S)
    return {name: (view_box, body) for view_box, name, body in found}


@cache
def icon(name: str) -> Markup:
    """One Bootstrap icon as inline SVG, hidden from screen readers: words stand beside it."""
    view_box, body = _symbols()[name]
    # The sprite is a packaged file, not anybody's input.
    return Markup('<svg class="icon" viewBox="{}" fill="currentColor" aria-hidden="true" focusable="false">').format(
        view_box
    ) + Markup(body + "</svg>")  # noqa: S704 -- packaged file
