"""What code may not do at the edges: fetch addresses, load pickles, trust markup, write tables by a second door."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_ROOMS = ("access", "cli", "jobs", "matchmaking", "models", "vocabulary", "web", "workflows")
_FILES = [ROOT / "app.py", ROOT / "config.py", *(path for room in _ROOMS for path in (ROOT / room).rglob("*.py"))]

_FETCHING = re.compile(
    r"^\s*(?:from|import)\s+(?:urllib\.request|requests|httpx|aiohttp|urllib3|ftplib|socket|http\.client)\b", re.M
)
_UNPICKLING = re.compile(
    r"^\s*(?:from|import)\s+(?:\w+\.)*(?:pickle|cPickle|dill|cloudpickle|joblib|marshal|shelve|skops)\b"
    r"|allow_pickle\s*=\s*True|\bread_pickle\(|\byaml\.(?:unsafe_)?load\(|\btorch\.load\(|(?<![\w.])(?:eval|exec)\(",
    re.M,
)
_MARKUP = re.compile(r"\bMarkup\(|\|\s*safe\b|autoescape\s+false|\bmark_safe\b|render_template_string|\.unescape\(")
_TABLES = re.compile(r"^\s*(?:from|import)\s+(?:xlsxwriter|openpyxl|xlwt)\b|csv\.(?:Dict)?[wW]riter|text/csv", re.M)


def _with(pattern: re.Pattern[str], files=_FILES) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in files if pattern.search(path.read_text(encoding="utf-8"))}


def test_the_server_fetches_no_address():
    """But one module, which looks at where each address leads: `tests/jobs/test_webhooks.py`."""
    assert _with(_FETCHING) == {"jobs/webhooks.py"}


def test_nothing_is_unpickled():
    """The engine on several machines sends itself to workers of its own; it reads nothing from a file."""
    assert _with(_UNPICKLING) == {"matchmaking/cluster.py"}


def test_markup_is_made_of_packaged_files_and_of_nothing_else():
    assert _with(_MARKUP) == {"web/common/assets.py"}
    templates = [path for path in (ROOT / "templates").rglob("*") if path.is_file()]
    assert _with(_MARKUP, templates) == set()


def test_spreadsheets_leave_by_one_door():
    """Marked files and templates of imports are written with the same options; lists also leave as tamed CSV."""
    doors = {f"web/common/{name}.py" for name in ("spreadsheets", "sheet_files", "list_exports")}
    assert _with(_TABLES) == doors
    assert "OPTIONS" in (ROOT / "web/common/sheet_files.py").read_text()


def test_every_kind_of_template_is_escaped_or_is_no_markup(app):
    suffixes = {path.suffix for path in (ROOT / "templates").rglob("*") if path.is_file()}
    assert suffixes <= {".html", ".svg", ".txt", ".typ"}, "a new kind of template: is it escaped?"
    for suffix in suffixes & {".html", ".svg"}:
        assert app.select_jinja_autoescape(f"x{suffix}"), suffix
    plain = list((ROOT / "templates").rglob("*.txt"))
    assert {path.parent.name for path in plain} == {"emails"}, "text that is not escaped is mail, sent as text/plain"


@pytest.mark.parametrize("name", ["x.html", "x.svg"])
def test_what_is_escaped_is_escaped(app, name):
    from jinja2 import DictLoader

    environment = app.jinja_env.overlay(loader=DictLoader({name: "{{ text }}"}))
    with app.app_context():
        assert environment.get_template(name).render(text="<b>'\"&") == "&lt;b&gt;&#39;&#34;&amp;"


def test_the_gates_find_what_they_look_for():
    assert _FETCHING.search("from urllib.request import urlopen")
    assert _UNPICKLING.search("import joblib")
    assert _UNPICKLING.search("x = eval(text)")
    assert _MARKUP.search("{{ name | safe }}")
    assert _TABLES.search("csv.writer(file)")
