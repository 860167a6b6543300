"""A small market for the model of its life: two chains, two firms, two banks, a buyer, and everybody who acts.

It is built once and copied into memory for each sequence. Every confidential value of a profile is a word or a number
that occurs nowhere else, so that whoever sees it where it should not be can be found.
"""

import sqlite3
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel

import models
from access.actor import ANONYMOUS, Actor
from access.people import actor_of
from models.base import now
from models.organization import Organization, User
from models.posting import Demand
from models.recommendation import Recommendation, RecommendationRun
from tests import factories
from vocabulary.classifications import ConsentPurpose, Market, VerdictReason
from vocabulary.lifecycles import RunStatus, UserStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.profile_fields import FIELDS, FieldKind, Visibility
from vocabulary.reasons import PairState
from vocabulary.roles import OrganizationKind, Role
from workflows import consents, pairings, signals, verdicts
from workflows.calendar import today

assert models

ABOVE_FEN = 600 * FEN_PER_WAN
"""Financing above this needs a second official; one firm asks for less, the other for more."""
_K = OrganizationKind


@dataclass
class World:
    """Ids by name, and what is confidential of each firm."""

    users: dict[str, int] = field(default_factory=dict)
    organizations: dict[str, int] = field(default_factory=dict)
    chains: dict[str, int] = field(default_factory=dict)
    pairs: list[tuple[str, int, int]] = field(default_factory=list)
    """Public id of the recommendation, demand, supply."""
    loans: list[int] = field(default_factory=list)
    supplies: list[int] = field(default_factory=list)
    secrets: dict[int, dict[str, str]] = field(default_factory=dict)
    """Organization id -> field -> the value that gives it away."""
    templates: list[sqlite3.Connection] = field(default_factory=list)
    """The market at its beginning, with everything proposed and consented to, and with two cases introduced."""


def memory_engine() -> tuple[Engine, sqlite3.Connection]:
    """A database in memory behind one connection, without the writers' queue: the sequences are of one thread."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=ON")
    engine = create_engine("sqlite://", poolclass=StaticPool, creator=lambda: connection)

    @event.listens_for(engine, "begin")
    def _begin(begun: Connection) -> None:
        begun.exec_driver_sql("BEGIN")

    return engine, connection


def build() -> World:
    """The market with its schema, at three moments, each in a database of its own to copy from."""
    engine, connection = memory_engine()
    SQLModel.metadata.create_all(engine)
    world = World()
    for step in (_fill, _propose, _introduce):
        with Session(engine, expire_on_commit=False) as session:
            step(session, world)
            session.commit()
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        connection.backup(copy)
        world.templates.append(copy)
    engine.dispose()
    return world


def _propose(session: Session, world: World) -> None:
    """Every pair is proposed by its demander, and each firm consents to everybody."""
    for public_id, demand_id, _ in world.pairs:
        owner = session.get_one(Demand, demand_id).organization_id
        name = next(name for name in ("signatory_a", "signatory_b", "buyer") if _belongs(session, world, name, owner))
        signals.express_interest(session, actor_now(session, world.users[name]), recommendation_public_id=public_id)
    for name in ("signatory_a", "signatory_b"):
        for reader, sections in (
            ("bank_a", ["scale"]), ("bank_b", ["basic"]), ("buyer", ["scale", "credit"]),
        ):  # fmt: skip
            consents.give(
                session,
                actor_now(session, world.users[name]),
                counterpart_id=world.organizations[reader],
                purpose=ConsentPurpose.SUPPLIER_REVIEW if reader == "buyer" else ConsentPurpose.CREDIT_REVIEW,
                sections=sections,
                ends_on=today() + timedelta(days=30),
            )


def _introduce(session: Session, world: World) -> None:
    """The first firm's case with the first bank, and its case with the buyer."""
    official = actor_now(session, world.users["official_a"])
    for _, demand_id, supply_id in (world.pairs[0], world.pairs[4]):
        pairing = pairings.live_pairing(session, demand_id, supply_id)
        assert pairing is not None
        verdicts.confirm(session, official, pairing, reason=VerdictReason.FACTS_VERIFIED, hold_minutes=0)
    assert verdicts.introduce_due(session, now()) == 2


def _belongs(session: Session, world: World, name: str, organization_id: int) -> bool:
    return actor_now(session, world.users[name]).organization_id == organization_id


def _fill(session: Session, world: World) -> None:
    chains = {name: factories.make_chain(session) for name in ("copper", "paint")}
    world.chains = {name: chain.id or 0 for name, chain in chains.items()}
    made = {
        name: factories.make_organization(session, kind, chain_id=chains[chain].id if chain else None)
        for name, kind, chain in (
            ("firm_a", _K.ENTERPRISE, "copper"), ("firm_b", _K.ENTERPRISE, "paint"), ("bank_a", _K.BANK, ""),
            ("bank_b", _K.BANK, ""), ("buyer", _K.BUYER, ""), ("office_a", _K.CHAIN_OFFICE, "copper"),
            ("office_b", _K.CHAIN_OFFICE, "paint"), ("joint", _K.JOINT_OFFICE, ""),
        )
    }  # fmt: skip
    world.organizations = {name: row.id or 0 for name, row in made.items()}
    people = [
        ("filer_a", "firm_a", Role.FILER), ("signatory_a", "firm_a", Role.SIGNATORY),
        ("signatory_b", "firm_b", Role.SIGNATORY), ("banker_a", "bank_a", Role.OFFICER),
        ("banker_a2", "bank_a", Role.OFFICER), ("banker_b", "bank_b", Role.OFFICER), ("buyer", "buyer", Role.BUYER),
        ("official_a", "office_a", Role.OFFICIAL), ("official_a2", "office_a", Role.OFFICIAL),
        ("official_b", "office_b", Role.OFFICIAL), ("coordinator", "joint", Role.COORDINATOR),
        ("coordinator_2", "joint", Role.COORDINATOR),
    ]  # fmt: skip
    for name, organization, role in people:
        world.users[name] = factories.make_user(session, made[organization], role).id or 0
    for name, role in (("auditor", Role.AUDITOR), ("admin", Role.ADMIN)):
        organization = factories.make_organization(session, next(k for k in _K if role in factories.ROLES_OF_KIND[k]))
        world.users[name] = factories.make_user(session, organization, role).id or 0
    world.users["stranger"] = factories.make_user(session).id or 0
    for number, name in enumerate(("firm_a", "firm_b"), start=1):
        _profile(session, world, made[name], number)
    _postings(session, world, made)


def _profile(session: Session, world: World, firm: Organization, number: int) -> None:
    """A verified profile whose confidential and banded values are told by no other row."""
    values: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for place, known in enumerate(FIELDS, start=1):
        if known.visibility is Visibility.PUBLIC or known.kind in (FieldKind.CODE, FieldKind.CODES, FieldKind.FLAG):
            continue
        if known.kind is FieldKind.PERCENT:
            values[known.name] = 41 + number
            continue
        mark = 700_000_003 * number + 100_003 * place
        is_number = known.kind in (FieldKind.MONEY, FieldKind.COUNT)
        values[known.name] = mark if is_number else f"secret{mark}"
        secrets[known.name] = str(mark)
    world.secrets[firm.id or 0] = secrets
    factories.make_profile(session, firm, address="衡阳市", figures_year=today().year - 1, **values)


def _postings(session: Session, world: World, made: dict[str, Organization]) -> None:
    loans = [
        factories.make_financing_need(session, made["firm_a"], amount_fen=300 * FEN_PER_WAN),
        factories.make_financing_need(session, made["firm_b"], amount_fen=900 * FEN_PER_WAN),
    ]
    terms = {"purposes": ["working_capital"], "guarantee_methods": ["mortgage"], "regions": ["430400"]}
    products = [
        factories.make_loan_product(session, made["bank_a"], max_amount_fen=300 * FEN_PER_WAN, **terms),
        factories.make_loan_product(session, made["bank_b"], max_amount_fen=400 * FEN_PER_WAN, **terms),
    ]
    for posting in (*loans, *products):  # complete, so that it can be published again once it was paused
        posting.expires_on = today() + timedelta(days=1_000)
    need = factories.make_purchase_need(session, made["buyer"])
    lines = [factories.make_product_line(session, made[name]) for name in ("firm_a", "firm_b")]
    world.loans, world.supplies = [row.id or 0 for row in loans], [row.id or 0 for row in (*products, *lines)]
    runs = {}
    for market in Market:
        runs[market] = RecommendationRun(
            market=market, settings_fingerprint="", status=RunStatus.FINISHED, finished_at=now()
        )
        session.add(runs[market])
    session.flush()
    pairs = [(loan, product) for loan in loans for product in products] + [(need, line) for line in lines]
    for demand, supply in pairs:
        row = Recommendation(
            run_id=runs[demand.market].id or 0, market=demand.market, demand_id=demand.id or 0,
            supply_id=supply.id or 0, state=PairState.ELIGIBLE, score=0.5, n_components=1, n_with_data=1,
            demand_digest="", supply_digest="",
        )  # fmt: skip
        session.add(row)
        session.flush()
        world.pairs.append((row.public_id, demand.id or 0, supply.id or 0))


def actor_now(session: Session, user_id: int) -> Actor:
    """The actor that the present rows make of a person, as at each request."""
    user = session.get_one(User, user_id)
    return actor_of(session, user) if user.status is UserStatus.ACTIVE else ANONYMOUS
