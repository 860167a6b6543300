"""The matrix of rights is complete, says what it means, and is what the routes obey."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from access import permissions
from access.permissions import MATRIX, PERMISSIONS_OF_ROLE, Action, Permission, Reach, Right, reach_of, read_matrix
from tests.factories import make_organization, make_user
from vocabulary.roles import OrganizationKind, Role
from web.common.permission_words import ACTIONS, MEANINGS, REACHES, RESOURCES

FILE = Path(permissions.__file__).with_name("matrix.csv")
ROUTES = Path(__file__).parents[1] / "architecture" / "routes.csv"
OPENED_BY_FORM = {"dossiers.read"}
"""What is only read, but by a form, so that the reading leaves its receipt in the same transaction."""


def _routes() -> dict[str, str]:
    with ROUTES.open(encoding="utf-8", newline="") as file:
        return {row["endpoint"]: row["permission"] for row in csv.DictReader(file)}


def test_every_cell_is_written_and_no_line_twice():
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["resource", "action", "permission", "anonymous", *[role.value for role in Role]]
    assert [row for row in rows if len(row) != len(rows[0]) or "" in row[:2] + row[3:]] == []
    twice = [key for key, n in Counter((row[0], row[1], row[2]) for row in rows).items() if n > 1]
    assert twice == []


def test_strangers_are_let_in_only_where_no_permission_stands():
    assert [right for right in MATRIX if right.is_public and right.permission is not None] == []


def test_every_permission_has_a_line_and_guards_a_route():
    assert {right.permission for right in MATRIX} - {None} == set(Permission)
    assert {Permission(name) for name in _routes().values() if name} == set(Permission)


def test_nobody_is_given_what_no_permission_opens():
    closed = [right for right in MATRIX if right.permission is None and not right.is_public]
    assert [(right.resource, right.action) for right in closed if any(right.reach.values())] == []
    assert ("ledger", Action.WRITE) in [(right.resource, right.action) for right in closed]


def test_no_form_stands_behind_a_permission_that_only_reads(app):
    """One guard for looking and for doing is how a reader comes to write."""
    doing = {right.permission for right in MATRIX if right.action is not Action.READ}
    wrong = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and (name := _routes().get(rule.endpoint)) and Permission(name) not in doing
    }
    assert wrong == OPENED_BY_FORM


def test_confidential_values_stay_where_the_matrix_says():
    """The line that matters most, said once more by hand."""
    readers = {
        role: set().union(
            *(r.reach[role] for r in MATRIX if (r.resource, r.action) == ("profile_confidential", "read"))
        )
        for role in Role
    }
    assert readers[Role.ADMIN] == set()
    assert readers[Role.AUDITOR] == {Reach.META}
    assert readers[Role.OFFICER] == readers[Role.BUYER] == {Reach.RELEASED}
    assert Reach.ALL not in readers[Role.OFFICIAL]
    assert all(Reach.PUBLIC not in reach and Reach.BAND not in reach for reach in readers.values())


@pytest.mark.parametrize(("good", "bad"), [(",chain,", ",chains,"), ("decide_pairings", "decide_pairing")])
def test_a_slip_of_the_pen_is_refused(tmp_path, good, bad):
    path = tmp_path / "matrix.csv"
    path.write_text(FILE.read_text(encoding="utf-8").replace(good, bad, 1), encoding="utf-8")
    with pytest.raises(ValueError):
        read_matrix(path)


def test_a_line_is_read_as_it_is_written(tmp_path):
    path = tmp_path / "matrix.csv"
    head = FILE.read_text(encoding="utf-8").splitlines()[0]
    path.write_text(
        f"{head}\nroadshow,read,,pub,pub,-,-,-,-,-,-,-\nmail,decide,follow_mail,-,-,own,-,-,all+brk+2p,-,-,meta\n",
        encoding="utf-8",
    )
    nobody = dict.fromkeys(Role, frozenset())
    assert read_matrix(path) == (
        Right("roadshow", Action.READ, None, True, nobody | {Role.FILER: frozenset({Reach.PUBLIC})}),
        Right(
            "mail", Action.DECIDE, Permission.FOLLOW_MAIL, False,
            nobody | {
                Role.SIGNATORY: frozenset({Reach.OWN}), Role.ADMIN: frozenset({Reach.META}),
                Role.OFFICIAL: frozenset({Reach.ALL, Reach.REASON, Reach.SECOND}),
            },
        ),
    )  # fmt: skip
    path.write_text(f'{head}\n"roadshow"s,read,,pub,pub,-,-,-,-,-,-,-\n', encoding="utf-8")
    with pytest.raises(csv.Error):
        read_matrix(path)


def test_a_role_reaches_as_far_as_all_lines_of_a_resource_and_an_action_say():
    for role, resource, action, reach in (
        (Role.COORDINATOR, "profile_confidential", Action.READ, {Reach.ALL, Reach.REASON, Reach.META}),
        (Role.SIGNATORY, "profile_confidential", Action.READ, {Reach.OWN, Reach.RELEASED}),
        (Role.COORDINATOR, "profile_confidential", Action.WRITE, set()),
        (Role.COORDINATOR, "nothing", Action.READ, set()),
        (None, "roadshow", Action.READ, set()),
    ):
        assert reach_of(role, resource, action) == reach


def test_an_opened_door_is_in_the_file_alone(tmp_path):
    """A line changed in a copy changes what the same reader makes of it: nothing else gives a right."""
    path = tmp_path / "matrix.csv"
    line = "mail,decide,follow_mail,-,-,-,-,-,-,-,-,meta"
    text = FILE.read_text(encoding="utf-8")
    assert line in text
    path.write_text(text.replace(line, line.replace("-,-,meta", "-,all,meta")), encoding="utf-8")
    changed = [right for right in read_matrix(path) if right.permission is Permission.FOLLOW_MAIL]
    assert [role for role in Role if changed[0].reach[role]] == [Role.AUDITOR, Role.ADMIN]
    assert Permission.FOLLOW_MAIL not in PERMISSIONS_OF_ROLE[Role.AUDITOR]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_shows_every_line_of_the_file(session, sign_in_as, language):
    assert set(RESOURCES) == {right.resource for right in MATRIX}
    assert (set(ACTIONS), set(REACHES), set(MEANINGS)) == (set(Action), set(Reach), set(Reach))
    client = sign_in_as(make_user(session, make_organization(session, OrganizationKind.AUDIT_OFFICE)))
    page = client.get("/who-may-do-what", headers={"Accept-Language": language})
    assert page.status_code == 200
    assert page.text.count("<tr>") == 1 + len({(right.resource, right.action) for right in MATRIX})
