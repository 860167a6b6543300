"""A form sent to a row that its sender may not see gets the answer of a row that does not exist, and does nothing.

For each route that changes something and names a row: who holds its permission sends it to rows that belong to nobody
of his (other organizations, other chains). Which table a route looks in is learned from its query for a missing id.
"""

import re
from collections import defaultdict

import pytest
from sqlalchemy import event
from sqlmodel import SQLModel, func, select

from access.permissions import PERMISSIONS_OF_ROLE
from models.audit_event import AuditEvent
from models.organization import Membership, Organization, User, UserSession
from models.pairing import Pairing
from models.session import open_session, unit_of_work
from vocabulary.audit_actions import AuditAction
from vocabulary.lifecycles import PairingStatus
from web.common.identity import token_digest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("demo_world")]
SENDERS = ("firm", "bank", "buyer", "official")
MISSING = "222222222222"
_ROWS = 2
_OWNER = re.compile(r"^(.*_)?organization_id$")
NOT_A_ROW_OF_SOMEBODY = ("accounts.", "inbox.", "languages.", "mails.")
SHARED = {
    "roadshows_visits.apply": "any firm, bank or buyer applies to a roadshow that was announced",
}
"""Forms to rows that are there for everybody with the permission."""


def owners(session, table, row, seen=()) -> set[tuple[str, int]]:
    """The organizations and chains a row belongs to, by its own columns and those of the rows it names."""
    found = set()
    for column in table.columns:
        value = row._mapping[column]
        if value is None or column.name in ("created_by_id", "by_user_id"):
            continue
        for key in column.foreign_keys:
            target = key.column.table
            if target.name in ("organization", "chain"):
                found.add((target.name, value))
                if target.name == "organization":
                    chain = session.execute(select(target.c.chain_id).where(target.c.id == value)).scalar()
                    found |= {("chain", chain)} if chain else set()
            elif target.name not in ("user", *seen):
                other = session.execute(select(target).where(target.c.id == value)).first()
                found |= owners(session, target, other, (*seen, table.name)) if other else set()
    return found


class World:
    def __init__(self, app, engine) -> None:
        self.app, self.engine = app, engine
        self.clients, self.own, self.roles = {}, {}, {}
        with unit_of_work(engine) as session:
            for who in SENDERS:
                user, member, home = session.exec(
                    select(User, Membership, Organization)
                    .join(Membership, Membership.user_id == User.id)
                    .join(Organization, Organization.id == Membership.organization_id)
                    .where(User.email == f"{who}@demo.lianrong.cn")
                ).one()
                session.add(UserSession(token_digest=token_digest(f"token-{who}"), user_id=user.id))
                is_office = who == "official"
                self.own[who] = ("chain", home.chain_id) if is_office else ("organization", home.id)
                self.roles[who] = member.role
                client = app.test_client()
                with client.session_transaction() as cookie:
                    cookie["_user_id"], cookie["_fresh"] = f"token-{who}", True
                self.clients[who] = client

    def post(self, who: str, rule, values: dict[str, str]):
        with self.app.test_request_context():
            url = rule.build(values)[1]
        return self.clients[who].post(url, data={})

    def table_of(self, who: str, rule, values: dict[str, str]) -> str | None:
        """The first table that is asked for the missing id."""
        asked: list[str] = []

        def note(_connection, _cursor, statement, parameters, _context, _many) -> None:
            if MISSING in str(parameters) and (found := re.search(r"(\w+)\.public_id = [?%]", statement)):
                asked.append(found.group(1))

        event.listen(self.engine, "before_cursor_execute", note)
        try:
            self.post(who, rule, values)
        finally:
            event.remove(self.engine, "before_cursor_execute", note)
        return asked[0] if asked else None

    def unseen(self, who: str, name: str) -> list[str]:
        """Public ids of rows of a table in which nothing of the sender's has a part."""
        table = SQLModel.metadata.tables.get(name)
        if table is None or "public_id" not in table.c:
            return []
        with open_session(self.engine, read_only=True) as session:
            found = []
            for row in session.execute(select(table).order_by(table.c.id.desc()).limit(80)):
                of = owners(session, table, row) | {(name, row._mapping[table.c.id])}
                kinds = {kind for kind, _id in of}
                if self.own[who][0] in kinds and self.own[who] not in of:
                    found.append(row._mapping[table.c.public_id])
                if len(found) == _ROWS:
                    break
            return found

    def state(self) -> dict[str, int]:
        """Rows of each table and what they hold, but for the ledger and sessions."""
        found = {}
        with self.engine.connect() as connection:
            for table in SQLModel.metadata.sorted_tables:
                if table.name not in ("audit_event", "user_session", "idempotency_key"):
                    rows = connection.execute(select(table).order_by(*table.primary_key.columns)).all()
                    found[table.name] = hash(str(rows))
        return found

    def n_denied(self) -> int:
        with open_session(self.engine, read_only=True) as session:
            denied = AuditEvent.action == AuditAction.ATTEMPT_DENIED
            return session.exec(select(func.count()).select_from(AuditEvent).where(denied)).one()


@pytest.fixture(scope="module")
def world(built_app, demo_database):
    engine = demo_database.copy()
    before = built_app.extensions["engine"]
    built_app.extensions["engine"] = engine
    yield World(built_app, engine)
    built_app.extensions["engine"] = before
    engine.dispose()


def sweep(world) -> tuple[dict[str, str], dict[str, int]]:
    """(what went wrong, how many unseen rows each sender tried)."""
    wrong, tried = {}, defaultdict(int)
    for rule in world.app.url_map.iter_rules():
        view = world.app.view_functions[rule.endpoint]
        permission = getattr(view, "permission", None)
        if "POST" not in rule.methods or not rule.arguments or permission is None:
            continue
        if rule.endpoint.startswith(NOT_A_ROW_OF_SOMEBODY) or rule.endpoint in SHARED:
            continue
        for who in SENDERS:
            if permission not in PERMISSIONS_OF_ROLE[world.roles[who]]:
                continue
            values = dict.fromkeys(rule.arguments, MISSING)
            table = world.table_of(who, rule, values)
            missing = world.post(who, rule, values)
            if missing.status_code != 404:
                wrong[f"{who} {rule.endpoint}"] = f"missing: {missing.status_code}"
            for public_id in world.unseen(who, table) if table else []:
                tried[who] += 1
                before = world.n_denied()
                answer = world.post(who, rule, dict.fromkeys(rule.arguments, public_id))
                if (answer.status_code, len(answer.data)) != (404, len(missing.data)):
                    wrong[f"{who} {rule.endpoint} {table}"] = str(answer.status_code)
                elif world.n_denied() != before + 1:
                    wrong[f"{who} {rule.endpoint} {table}"] = "no line"
    return wrong, dict(tried)


def test_a_form_to_an_unseen_row_is_a_form_to_no_row(world):
    before = world.state()
    wrong, tried = sweep(world)
    assert wrong == {}
    assert all(tried.get(who, 0) >= 10 for who in SENDERS), tried
    assert world.state() == before


def test_the_same_form_to_an_own_row_is_heard(world):
    """The test of the test: an office's empty verdict on a pairing of its own chain is refused for its content."""
    with open_session(world.engine, read_only=True) as session:
        own = select(Pairing.public_id).where(Pairing.chain_id == world.own["official"][1])
        public_id = session.exec(own.where(Pairing.status == PairingStatus.PROPOSED)).first()
    rule = next(world.app.url_map.iter_rules("officials_pairings.show"))
    assert world.post("official", rule, {"public_id": public_id}).status_code == 422
