"""Whatever is sent to the API by whatever key: no crash, answers as described, nobody else's rows changed.

Schemathesis makes the requests from the description, in order and out of order; ids and versions of real rows are put
in, of the key's own organization and of others.
"""

import hashlib
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as hypothesis_seed
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine, text, true
from sqlmodel import SQLModel, col, or_, select

from access.api_keys import PERMISSIONS_OF_SCOPE
from access.people import actor_of
from models.audit_event import AuditEvent
from models.organization import Membership, Organization, User
from models.pairing import CaseStep, Pairing
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from models.session import open_session, unit_of_work
from vocabulary.integrations import SCOPES_OF_KIND, ApiScope
from vocabulary.roles import OrganizationKind, Role
from web.common import keys
from workflows import api_keys
from workflows.calendar import today

pytestmark = pytest.mark.xdist_group("demo_world")
_CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
_READS = [ApiScope.POSTINGS_READ, ApiScope.CASES_READ]
KEYS = {
    "enterprise": (OrganizationKind.ENTERPRISE, None), "bank": (OrganizationKind.BANK, None),
    "buyer": (OrganizationKind.BUYER, None), "office": (OrganizationKind.CHAIN_OFFICE, None),
    "joint office": (OrganizationKind.JOINT_OFFICE, None), "bank, reading": (OrganizationKind.BANK, _READS),
}  # fmt: skip
FITTING = {
    "loan-products": {"bank"}, "financing-needs": {"enterprise"}, "product-lines": {"enterprise"},
    "purchase-needs": {"buyer", "enterprise"}, "recommendations": {"bank", "buyer", "enterprise"},
    "cases": {"bank", "buyer", "enterprise"}, "pairings": {"office", "joint office"},
}  # fmt: skip
"""Keys that open something under the first word of a path; three in four requests are sent by one of them."""
KNOWN = {
    "regions": lambda: ["430400"], "delivers_to": lambda: ["430400"], "delivery_region_code": lambda: "430400",
    "target_industries": lambda: ["3251"], "excluded_industries": lambda: ["3251"], "category_code": lambda: "3251",
    "standards": lambda: ["GB/T 3953-2009"], "must_standards": lambda: ["GB/T 3953-2009"],
    "wished_standards": list, "expires_on": lambda: f"{today().year + 1}-01-31",
    "happened_on": lambda: today().isoformat(), "window_start": lambda: None,
}  # fmt: skip
"""What no generator could guess."""
NOT_STATE = {"api_use", "audit_event"}
"""Counts of requests, and the lines of refused ones."""


class World:
    """The demo world with a key of every kind, and a browser-less client for each."""

    def __init__(self, app, engine: Engine) -> None:
        self.engine, self.secrets, self.organizations = engine, {"nobody": "lr_222222222222_x"}, {}
        with unit_of_work(engine) as session:
            for name, (kind, scopes) in KEYS.items():
                self._add_key(session, name, kind, scopes)
            self.ids = {name: self._ids(session, number) for name, number in self.organizations.items()}
            self.ids["all"] = self._ids(session, None)
        self.schema = schemathesis.openapi.from_wsgi("/api/docs/openapi.json", app)

    def _add_key(self, session, name, kind, scopes) -> None:
        user, organization = session.exec(
            select(User, Organization)
            .join(Membership, Membership.user_id == User.id)
            .join(Organization, Organization.id == Membership.organization_id)
            .where(Organization.kind == kind, Membership.role != Role.FILER, User.email.startswith(_ACCOUNT[kind]))
            .order_by(User.id)
        ).first()
        _key, self.secrets[name] = api_keys.make(
            session, actor_of(session, user), name=f"fuzz {name}", purpose="", scopes=scopes or [*SCOPES_OF_KIND[kind]],
            expires_on=today() + timedelta(days=9), today=today(),
        )  # fmt: skip
        self.organizations[name] = organization.id

    def _ids(self, session, organization_id: int | None) -> list[list[str]]:
        """Ids of postings, pairings, steps and recommendations: of one organization, or of everybody."""
        mine = [true()] * 3 if organization_id is None else [
            Demand.organization_id == organization_id, Supply.organization_id == organization_id,
            or_(Pairing.demand_organization_id == organization_id, Pairing.supply_organization_id == organization_id),
        ]  # fmt: skip
        steps = select(CaseStep.public_id).join(Pairing, col(Pairing.id) == CaseStep.pairing_id).where(mine[2])
        pairs = (
            select(Recommendation.public_id)
            .join(Demand, col(Demand.id) == Recommendation.demand_id)
            .join(Supply, col(Supply.id) == Recommendation.supply_id)
            .where(or_(mine[0], mine[1]), col(Recommendation.superseded_at).is_(None))
            .limit(200)
        )
        postings = [select(Demand.public_id).where(mine[0]), select(Supply.public_id).where(mine[1])]
        found = [
            session.exec(each).all() for each in (*postings, select(Pairing.public_id).where(mine[2]), steps, pairs)
        ]
        return [ids for ids in found if ids]

    def state(self, *, without: int | None = None) -> dict[str, str]:
        """Digest of every table, or of postings and cases in which an organization has no part."""
        with self.engine.connect() as connection:
            if without is None:
                names = sorted(set(SQLModel.metadata.tables) - NOT_STATE)
                return {name: _digest(connection, f'SELECT * FROM "{name}" ORDER BY 1') for name in names}  # noqa: S608
            foreign = f"demand_organization_id <> {without} AND supply_organization_id <> {without}"
            return {
                "demand": _digest(connection, f"SELECT * FROM demand WHERE organization_id <> {without} ORDER BY id"),  # noqa: S608
                "supply": _digest(connection, f"SELECT * FROM supply WHERE organization_id <> {without} ORDER BY id"),  # noqa: S608
                "pairing": _digest(connection, f"SELECT * FROM pairing WHERE {foreign} ORDER BY id"),  # noqa: S608
                "step": _digest(
                    connection,
                    f"SELECT * FROM case_step WHERE pairing_id IN (SELECT id FROM pairing WHERE {foreign}) ORDER BY id",  # noqa: S608
                ),
            }


_ACCOUNT = {
    OrganizationKind.ENTERPRISE: "firm@", OrganizationKind.BANK: "bank@", OrganizationKind.BUYER: "buyer@",
    OrganizationKind.CHAIN_OFFICE: "official@", OrganizationKind.JOINT_OFFICE: "coordinator@",
}  # fmt: skip


def _digest(connection, statement: str) -> str:
    made = hashlib.sha256()
    for row in connection.execute(text(statement)):
        made.update(repr(tuple(row)).encode())
    return made.hexdigest()


@pytest.fixture
def world(built_app, demo_database, monkeypatch):
    engine = demo_database.copy()
    monkeypatch.setitem(built_app.extensions, "engine", engine)
    monkeypatch.setitem(built_app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr(built_app, "testing", False)
    many = built_app.config["SETTINGS"].model_copy(update={"api_requests_per_minute": 100_000})
    monkeypatch.setitem(built_app.config, "SETTINGS", many)
    yield World(built_app, engine)
    engine.dispose()


def fuzz(world: World, names: list[str], n_of_each: int, seed: int, only: str = "") -> Counter:
    """So many requests of each operation in each of two manners; the answers by status."""
    random, answers, etags = Random(seed), Counter(), {}

    def send(case) -> None:
        fitting = [name for name in names if name.split(",")[0] in FITTING[case.path.split("/")[3]]]
        name = random.choice(fitting if fitting and random.random() < 0.75 else names)
        for values in (case.path_parameters, case.query):
            for key in sorted({"id", "step_id", "posting"} & set(values or {})):
                if random.random() < 0.9:
                    own = world.ids.get(name) or world.ids["all"]
                    values[key] = random.choice(random.choice(own if random.random() < 0.7 else world.ids["all"]))
        if isinstance(case.body, dict):
            case.body |= {key: make() for key, make in KNOWN.items() if key in case.body and random.random() < 0.8}
        headers = {"Authorization": f"Bearer {world.secrets[name]}", "Accept-Encoding": "identity"}
        address = case.formatted_path
        if case.method == "PUT" and random.random() < 0.8:
            headers["If-Match"] = etags.get((name, address), '"1-draft"')
        if random.random() < 0.2:
            headers["Idempotency-Key"] = random.choice(("fuzz-0001", "fuzz-0002", "short", "x" * 70))
        answer = case.call(headers=headers)
        if "ETag" in answer.headers or "etag" in answer.headers:
            etags[name, address] = answer.headers.get("ETag", answer.headers.get("etag"))[0]
        answers[answer.status_code] += 1
        case.validate_response(answer, checks=_CHECKS)

    for operation in (result.ok() for result in world.schema.get_all_operations()):
        if only not in operation.path:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            run = given(case=operation.as_strategy(generation_mode=mode))(send)
            run = settings(
                max_examples=n_of_each, database=None, deadline=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )(hypothesis_seed(seed)(run))  # fmt: skip
            with suppress(schemathesis.errors.InvalidSchema):
                run()
    return answers


def check(world: World, n_of_each: int, at_least: int) -> Counter:
    """Every kind of key over the whole API, then one bank alone against the others, then one that only reads."""
    answers = fuzz(world, [*KEYS, "nobody"], n_of_each, seed=1)
    others = world.state(without=world.organizations["bank"])
    answers += fuzz(world, ["bank"], max(1, n_of_each // 2), seed=2)
    assert world.state(without=world.organizations["bank"]) == others
    before = world.state()
    with open_session(world.engine, read_only=True) as session:
        last = session.exec(select(AuditEvent.id).order_by(col(AuditEvent.id).desc())).first()
    denied = fuzz(world, ["bank, reading", "nobody"], max(1, n_of_each // 2), seed=3)
    assert world.state() == before
    with open_session(world.engine, read_only=True) as session:
        acts = session.exec(select(AuditEvent.action).where(col(AuditEvent.id) > last)).all()
    assert set(acts) <= {"attempt_denied"}
    assert {401, 403, 200} <= set(denied)
    answers += denied
    assert not [status for status in answers if status >= 500]
    assert {200, 201, 401, 403, 404, 409, 422} <= set(answers), answers
    assert answers.total() >= at_least
    return answers


def test_three_hundred_requests_by_every_kind_of_key(world):
    check(world, n_of_each=2, at_least=300)


@pytest.mark.slow
@pytest.mark.timeout(3_000)
def test_twenty_thousand_requests_by_every_kind_of_key(world, capsys, monkeypatch):
    """What is published is not recommended at once here, which takes seconds; in the short run it is."""
    monkeypatch.setattr("workflows.postings._refresh", lambda *_: None)
    answers = check(world, n_of_each=132, at_least=20_000)
    with capsys.disabled():
        print(f"\n{answers.total()} requests: {dict(sorted(answers.items()))}")  # noqa: T201 -- the figure


def test_the_harness_finds_a_crash_and_a_key_that_does_more_than_it_may(world, monkeypatch):
    def crash(*_values, **_options):
        raise RuntimeError("planted")

    with monkeypatch.context() as broken:
        broken.setattr("access.lists.cases.own_cases", crash)
        with pytest.raises(RuntimeError, match="planted"):
            fuzz(world, ["bank"], 3, seed=4, only="/api/v1/cases")
    before = world.state()
    monkeypatch.setattr(keys, "_refuse_scope", lambda _found: None)
    monkeypatch.setitem(PERMISSIONS_OF_SCOPE, ApiScope.POSTINGS_READ, PERMISSIONS_OF_SCOPE[ApiScope.POSTINGS_WRITE])
    fuzz(world, ["bank, reading"], 6, seed=5, only="/api/v1/loan-products")
    assert world.state() != before
