"""Every page a role reaches from its menu and from the first row of each list, with its time and its queries."""

import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlmodel import col, select

from access.permissions import PERMISSIONS_OF_ROLE, Permission
from benchmarks.world import sign_in
from models.chain import Chain
from models.organization import Organization
from models.session import unit_of_work
from vocabulary.roles import ROLES_OF_KIND, OrganizationKind, Role

_NOT_LISTS = ("pickers.search", "languages.choose", "accounts.leave")
_ROW_LINK = re.compile(r'<th[^>]*scope="row"[^>]*>\s*<a[^>]*href="(/[^"#]*)"')


@dataclass(frozen=True)
class Measured:
    """One page: the median milliseconds of its rounds, and the statements of the last."""

    endpoint: str
    milliseconds: float
    statements: tuple[str, ...]


def measure(
    app: Flask, engine: Engine, role: Role, *, rounds: int = 1, client: FlaskClient | None = None
) -> dict[str, Measured]:
    """Path -> what it took, for a person of this role in the first organization of its kind."""
    client = client or signed_in(app, engine, role)
    found: dict[str, Measured] = {}
    todo = list(_menu_pages(app, role))
    for path in todo:
        endpoint = _endpoint(app, path)
        if endpoint in _NOT_LISTS or any(endpoint == other.endpoint and "?" not in path for other in found.values()):
            continue
        found[path], text = _open(engine, client, path, endpoint, rounds)
        todo += [link for link in _ROW_LINK.findall(text)[:1] if link not in todo]
    return found


def _menu_pages(app: Flask, role: Role) -> Iterator[str]:
    """Pages without an id that the role may read."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        permission = getattr(app.view_functions[rule.endpoint], "permission", None)
        is_allowed = permission == Permission.HAVE_ACCOUNT or permission in PERMISSIONS_OF_ROLE[role]
        if "GET" in (rule.methods or ()) and not rule.arguments and permission and is_allowed:
            yield rule.rule


def _endpoint(app: Flask, path: str) -> str:
    return app.url_map.bind("localhost").match(path.partition("?")[0])[0]


def _open(engine: Engine, client: FlaskClient, path: str, endpoint: str, rounds: int) -> tuple[Measured, str]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "PRAGMA")):
            statements.append(statement)

    times = []
    event.listen(engine, "before_cursor_execute", note)
    for _ in range(rounds):
        statements.clear()
        start = time.perf_counter()
        answer = client.get(path, follow_redirects=True)
        times.append((time.perf_counter() - start) * 1_000)
        assert answer.status_code == 200, (path, answer.status_code)
    event.remove(engine, "before_cursor_execute", note)
    text = answer.text if answer.mimetype == "text/html" else ""
    return Measured(endpoint, statistics.median(times), tuple(statements)), text


def signed_in(app: Flask, engine: Engine, role: Role, name: str = "") -> FlaskClient:
    """Signed in as a person of the role; offices are added where the world has none."""
    kind = next(kind for kind, roles in ROLES_OF_KIND.items() if role in roles)
    with unit_of_work(engine) as session:
        statement = select(Organization).where(Organization.kind == kind).order_by(col(Organization.id))
        organization = session.exec(statement).first()
        if organization is None:
            chain = session.exec(select(Chain)).one()
            chain_id = chain.id if kind is OrganizationKind.CHAIN_OFFICE else None
            organization = Organization(kind=kind, legal_name=kind.value, name_core=kind.value, chain_id=chain_id)
            session.add(organization)
            session.flush()
        organization_id = organization.id or 0
    client = app.test_client()
    token = sign_in(engine, organization_id, role, name)
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return client
