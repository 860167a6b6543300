"""What the product imports, its own requirements install: the suite runs with more than a server has."""

import ast
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
ROOMS = ("access", "cli", "jobs", "matchmaking", "migrations", "models", "vocabulary", "web", "workflows")
APART = {"distributed": "requirements-cluster.txt", "dask": "requirements-cluster.txt"}
"""Only who asks for a cluster needs these."""


def _imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def _installed() -> set[str]:
    """Distributions that requirements.txt installs, with what those need here."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    todo = [line for line in lines if line and line[0] not in "#-"]
    found: set[str] = set()
    while todo:
        wanted = Requirement(todo.pop())
        name = canonicalize_name(wanted.name)
        if name not in found and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
            found.add(name)
            todo += requires(name) or ()
    return found


def test_what_the_product_imports_its_requirements_install():
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    files += [*ROOT.glob("*.py"), ROOT / "deploy" / "gunicorn.conf.py"]
    own = {path.stem for path in ROOT.glob("*.py")} | {*ROOMS}
    names = set().union(*map(_imported, files)) - set(sys.stdlib_module_names) - own - set(APART)
    known, installed = packages_distributions(), _installed()
    assert {
        name for name in names if not {canonicalize_name(each) for each in known.get(name, ())} & installed
    } == set()
