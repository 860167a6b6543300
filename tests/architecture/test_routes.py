"""Every route says who may use it, and the table below says the same: a route that is not listed fails."""

import csv
from pathlib import Path

import pytest

from access.permissions import PERMISSIONS_OF_ROLE, Permission
from tests.factories import make_chain, make_organization, make_user
from vocabulary.roles import ROLES_OF_KIND, OrganizationKind, Role

MATRIX = Path(__file__).parent / "routes.csv"
"""endpoint, permission; an empty permission is a page for everybody."""
_KIND_OF_ROLE = {role: kind for kind, roles in ROLES_OF_KIND.items() for role in roles}
_PACKAGED = {"static", "vendor.static", "bootstrap.static", "swagger.static"}


def _listed() -> dict[str, str]:
    with MATRIX.open(encoding="utf-8", newline="") as file:
        return {row["endpoint"]: row["permission"] for row in csv.DictReader(file)}


def test_the_table_lists_exactly_the_routes_of_the_product(app):
    actual = {
        endpoint: getattr(view, "permission", "unguarded") or ""
        for endpoint, view in app.view_functions.items()
        if endpoint not in _PACKAGED
    }
    assert actual == _listed()


@pytest.mark.parametrize("role", list(Role))
def test_a_role_reaches_what_the_table_gives_it_and_nothing_else(app, session, sign_in_as, role):
    chain = make_chain(session)
    kind = _KIND_OF_ROLE[role]
    has_chain = kind in (OrganizationKind.ENTERPRISE, OrganizationKind.CHAIN_OFFICE)
    organization = make_organization(session, kind, chain_id=chain.id if has_chain else None)
    client = sign_in_as(make_user(session, organization, role))
    table = _listed()
    wrong = {}
    for rule in app.url_map.iter_rules():
        permission = table.get(rule.endpoint, "")
        if rule.endpoint in _PACKAGED or not permission or rule.endpoint == "accounts.leave":
            continue
        is_allowed = permission == Permission.HAVE_ACCOUNT or Permission(permission) in PERMISSIONS_OF_ROLE[role]
        for method in rule.methods & {"GET", "POST"}:
            with app.test_request_context():
                values = dict.fromkeys(rule.arguments, "nowhere")
                url = rule.build(values)[1]
            status = client.open(url, method=method).status_code
            if (status != 403) != is_allowed:
                wrong[f"{method} {url}"] = status
    assert wrong == {}


def test_strangers_are_sent_to_sign_in(app, client):
    for rule in app.url_map.iter_rules():
        permission = _listed().get(rule.endpoint, "")
        if rule.endpoint in _PACKAGED or not permission:
            continue
        with app.test_request_context():
            url = rule.build(dict.fromkeys(rule.arguments, "nowhere"))[1]
        method = "GET" if "GET" in rule.methods else "POST"
        answer = client.open(url, method=method)
        assert (answer.status_code, "/sign-in" in answer.location) == (302, True), url
