"""Of two people who edit the same thing, the second sees both values: every form that edits says how, or why not."""

import csv
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

EDITS = {
    "banks_products.edit": "components/posting.html",
    "buyers_needs.edit": "components/posting.html",
    "firms_lines.edit": "components/posting.html",
    "firms_needs.edit": "components/posting.html",
    "banks_capacity.branch": "banks/capacity/edit.html",
    "banks_capacity.product": "banks/capacity/edit.html",
    "chains_keeping.change": "chains/edit_link.html",
    "chains_keeping.edit": "chains/edit.html",
    "chains_planning.edit": "chains/plan_task.html",
    "chains_running.office": "chains/office.html",
    "firms_profile.edit": "firms/profile/edit.html",
    "officials_projects.edit": "officials/projects/edit.html",
    "officials_projects.save_report": "officials/projects/show.html",
    "officials_roadshows.edit": "officials/roadshows/edit.html",
    "officials_roadshow_meetings.move": "officials/roadshows/meeting.html",
}
"""Endpoints that edit -> the template whose form carries the version it was opened with and shows both values."""

OTHERWISE = {
    "accounts.change_details": "the own account; nobody else edits it",
    "accounts.change_user": "a step of a life",
    "accounts.correct_organization": "a step of a life",
    "api.correct_step": "the same step, the same UNIQUE",
    "cases.correct_step": "a step is corrected once: UNIQUE, the second is told",
    "chains_leading.set_target": "one figure; the ledger keeps who set which",
    "chains_planning.set_target": "one figure; the ledger keeps who set which",
    "firms_profile.autosave": "names the draft's version and is told 409",
    "officials_projects.set_target": "one figure; the ledger keeps who set which",
    "reports.schedule": "one switch and a day; the ledger keeps who set which",
    "roadshows_materials.own": "the own deck, shown as it is saved",
    "roadshows_meetings.choose": "one row for each wish; shown as it is saved",
}
_EDITING = re.compile(r"\.(edit|change\w*|correct\w*|set_\w+|save_\w+|autosave|schedule|move|own)$")
_STEPS = {"chains_planning.move", "officials_projects.move", "roadshows_meetings.schedule"}
"""Steps of a life, and a page that is only read."""


def test_every_route_that_edits_is_in_the_table():
    with (ROOT / "tests" / "architecture" / "routes.csv").open(encoding="utf-8") as file:
        endpoints = {row["endpoint"] for row in csv.DictReader(file)}
    assert EDITS.keys() | OTHERWISE.keys() | _STEPS <= endpoints
    named = {endpoint for endpoint in endpoints if _EDITING.search(endpoint)}
    assert named - EDITS.keys() - OTHERWISE.keys() - _STEPS == set()


@pytest.mark.parametrize("template", sorted(set(EDITS.values())))
def test_a_form_that_edits_carries_its_version_and_shows_both_values(template):
    text = (ROOT / "templates" / template).read_text(encoding="utf-8")
    assert re.search(r'name="version"|\.version\(\)', text)
    assert "conflict_table(conflict)" in text


def test_there_is_one_display_of_two_values():
    found = [
        path.name
        for path in (ROOT / "templates").rglob("*.html")
        if "有人保存了新的内容" in path.read_text(encoding="utf-8")
    ]
    assert found == ["conflict.html"]
