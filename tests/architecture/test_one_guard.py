"""Every module that changes rows says what keeps two people apart who act at once, and the code bears it out."""

import csv
import re
from pathlib import Path

import pytest
from sqlalchemy import Index, UniqueConstraint
from sqlmodel import SQLModel

import models

assert models
ROOT = Path(__file__).parents[2]
with (ROOT / "tests" / "architecture" / "one_winner.csv").open(encoding="utf-8") as _file:
    GUARDS = list(csv.DictReader(_file))
_WRITES = re.compile(r"session\.(add|add_all|delete)\(|\binsert\(|\bupdate\(\w+\)|\bdelete\(\w+\)|\badvance\(")
_SIGNS = {
    "advance": r"\badvance\(",
    "version": r"\b(take_version|keep_version|require_seen)\(",
    "conditional": r"rowcount",
    "turn": r"\btake_turn\(|with_for_update",
}
"""What the code of a module must hold that names such a guard."""
_WITHOUT = {"append", "alone", "caller", "job"}
"""Nothing to guard: new rows only, one person's own, guarded by the caller, run by one clock or command."""


def _unique() -> set[str]:
    named = set()
    for table in SQLModel.metadata.tables.values():
        named |= {str(found.name) for found in table.constraints if isinstance(found, UniqueConstraint)}
        named |= {str(found.name) for found in table.indexes if isinstance(found, Index) and found.unique}
    return named


def test_every_module_that_writes_is_in_the_table():
    writing = {
        path.stem for path in (ROOT / "workflows").glob("*.py") if _WRITES.search(path.read_text(encoding="utf-8"))
    }
    assert writing - {line["module"] for line in GUARDS} == set()


@pytest.mark.parametrize("line", GUARDS, ids=lambda line: f"{line['module']}: {line['change']}")
def test_the_guard_is_there(line):
    text = (ROOT / "workflows" / f"{line['module']}.py").read_text(encoding="utf-8")
    match line["guard"]:
        case "unique":
            assert line["detail"] in _unique()
        case "advance" | "version" | "turn" | "conditional" as guard:
            assert re.search(_SIGNS[guard], text)
        case other:
            assert other in _WITHOUT
            assert line["detail"]


def test_only_one_function_assigns_a_status():
    elsewhere = {
        path.name
        for path in (ROOT / "workflows").glob("*.py")
        if re.search(r"\.status = |values\([^)]*\bstatus=", path.read_text(encoding="utf-8"))
    }
    assert elsewhere <= {"idempotency.py"}  # there it is that of an answer
