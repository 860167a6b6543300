"""The house stays in order: no file outgrows a reader, rooms import downwards, no secret paths."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_ROOMS = ("access", "cli", "jobs", "matchmaking", "models", "vocabulary", "web", "workflows")


def test_no_module_is_longer_than_a_reader_can_hold():
    long = {
        str(path.relative_to(ROOT)): lines
        for room in _ROOMS
        for path in (ROOT / room).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert long == {}


def test_the_import_contracts_hold():
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_loading_the_app_does_not_load_the_learning_library():
    code = "import sys, app; app.create_app; print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
