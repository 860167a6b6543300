"""Chinese is the language of the source; English is its one catalogue, read from the .po file at start."""

from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Blueprint, Flask, current_app, make_response, redirect, request
from flask_babel import Babel, Domain, get_locale
from werkzeug.wrappers import Response

from web.common.guards import public
from web.common.problems import is_machine

LANGUAGES = {"zh": "中文", "en": "English"}
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
_COOKIE = "lang"

blueprint = Blueprint("languages", __name__)


class Catalogue(Domain):
    """Translations held in memory, so no compiled file needs to be kept in step."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        with path.open("rb") as file:
            compiled = BytesIO()
            write_mo(compiled, read_po(file, locale="en"))
        compiled.seek(0)
        self._english = Translations(compiled)
        self._source = NullTranslations()

    def get_translations(self) -> NullTranslations:
        return self._english if language() == "en" else self._source


def language() -> str:
    """`zh` or `en`, for the current request."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "zh"


def _choose() -> str:
    if is_machine():
        chosen = "en" if request.accept_languages.best_match(("zh", "en"), "zh") == "en" else "zh"
    else:
        chosen = request.cookies.get(_COOKIE, "zh")
    return LOCALES.get(chosen, LOCALES["zh"])


def init_languages(app: Flask) -> None:
    """Choose the language by cookie, Chinese first; times are shown in China Standard Time."""
    babel = Babel()
    babel.init_app(app, default_locale=LOCALES["zh"], locale_selector=_choose, default_timezone="Asia/Shanghai")
    babel.domain_instance = Catalogue(Path(app.root_path) / "translations" / "en" / "LC_MESSAGES" / "messages.po")
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(language=language, languages=LANGUAGES)


def safe_next(target: str | None, fallback: str) -> str:
    """`target` if it is a path of this site, else the fallback: no redirect leaves the site."""
    if not target or any(ord(character) < 32 or character == "\\" for character in target):
        return fallback
    parts = urlsplit(target)
    is_local = not parts.scheme and not parts.netloc and target.startswith("/") and not target.startswith("//")
    return target if is_local else fallback


@blueprint.post("/language/<code>")
@public
def choose(code: str) -> Response:
    """Keep the language in a cookie for a year."""
    response = make_response(redirect(safe_next(request.form.get("next"), "/")))
    return keep_language(response, code)


def keep_language(response: Response, code: str | None) -> Response:
    """Show the next pages in this language, if there is one; for a year."""
    if code in LANGUAGES:
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(_COOKIE, str(code), max_age=365 * 86400, httponly=True, samesite="Lax", secure=secure)
    return response
