"""A small believable world: built once into an empty database, the same every time but for the days."""

from dataclasses import dataclass
from random import Random

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from cli.demo_approvals import add_grants, add_reading
from cli.demo_base import DOMAIN, PASSWORD, DemoBase
from cli.demo_capacity import add_assignments, add_capacity, add_need_without_room
from cli.demo_cases import add_cases
from cli.demo_chains import add_chain_life
from cli.demo_consents import add_certificates, add_readings
from cli.demo_follow_up import add_follow_up
from cli.demo_gaps import add_gaps, add_unmet_needs
from cli.demo_groups import add_groups
from cli.demo_imports import add_imports
from cli.demo_integrations import add_integrations, add_webhooks
from cli.demo_jobs import add_jobs
from cli.demo_joint import add_joint_case
from cli.demo_life import add_life, add_life_of_pairings
from cli.demo_organizations import add_chains, add_firms, add_offices
from cli.demo_plans import add_plans
from cli.demo_policy import add_deputy, add_policies
from cli.demo_postings import add_banks, add_buyers, add_postings_of, add_story
from cli.demo_problems import add_problems
from cli.demo_projects import add_projects
from cli.demo_recognitions import add_recognitions, add_standard_checks
from cli.demo_reference import add_reference_data, add_what_is_past_its_time
from cli.demo_reports import add_reports, add_research, draw_up_reports
from jobs.reports import Compose
from models.chain import Chain
from models.organization import Membership, Organization, User
from models.pairing import Pairing
from models.session import open_session, unit_of_work
from vocabulary.roles import Role
from workflows.calendar import today
from workflows.recommendations import refresh_all

_SEED = 20200928
_SHOWN = (
    "firm",
    "filer",
    "bank",
    "buyer",
    "official",
    "official2",
    "coordinator",
    "coordinator2",
    "auditor",
    "admin",
    "admin2",
    "jinbei",
    "tongyong",
    "fenghuang",
)


@dataclass(frozen=True)
class DemoAccount:
    """One way into the demo."""

    email: str
    password: str
    role: str
    organization: str


def ensure_demo_world(engine: Engine, compose: Compose | None = None) -> None:
    """Fill an empty database and run the engine. Any organization present means nothing is added.

    Without somebody to compose them, the reports of past months wait in the queue.

    Each stage is one transaction and is made good at the next start if the process was stopped before it.
    """
    with unit_of_work(engine) as session:
        if session.exec(select(Organization.id)).first() is None:
            _build(session)
    with open_session(engine, read_only=True) as session:
        is_demo = session.exec(select(Organization.id).where(col(Organization.is_demo).is_(True))).first() is not None
        has_pairings = session.exec(select(Pairing.id)).first() is not None
    if is_demo and not has_pairings:
        # pandas and SciPy's optimizers load slowly, and only a new demo needs them.
        from cli.demo_models import add_drift, add_models

        refresh_all(engine, today=today())
        with unit_of_work(engine) as session:
            add_cases(session, today())
            add_life_of_pairings(_base(session))
            add_groups(_base(session))
            add_joint_case(_base(session))
            add_follow_up(_base(session))
            add_certificates(_base(session))
            add_readings(_base(session))
            add_capacity(session)
            add_assignments(session)
            report_ids = add_reports(_base(session))
            add_need_without_room(session)
        if compose is not None:
            draw_up_reports(engine, report_ids, compose)
        refresh_all(engine, today=today())  # as the next night would: what came of the cases is now a track record
        with unit_of_work(engine) as session:
            add_gaps(session)
            add_models(session)
            add_drift(session)
            add_policies(session)
            add_imports(session)
            add_jobs(_base(session))
            add_integrations(_base(session))
            add_webhooks(_base(session))
            add_reference_data(_base(session))
            add_what_is_past_its_time(_base(session))


def _build(session: Session) -> None:
    base = _base(session)
    add_chains(base)
    add_offices(base)
    add_banks(base)
    add_story(base)
    add_buyers(base)
    add_postings_of(base, add_firms(base))
    add_recognitions(base)
    add_life(base)
    add_standard_checks(base)
    add_projects(base)
    add_plans(base)
    add_problems(base)
    add_chain_life(base)
    add_research(base)
    add_unmet_needs(base)
    add_deputy(base)
    add_grants(base)
    add_reading(base)


def _base(session: Session) -> DemoBase:
    """Where the builders write; chains are known again when a later stage begins."""
    base = DemoBase(session, today(), Random(_SEED))
    base.chains = {chain.code: chain for chain in session.exec(select(Chain)).all()}
    return base


def demo_accounts(session: Session) -> list[DemoAccount]:
    """Accounts worth showing: one of each role, the cable makers, an official per chain."""
    statement = (
        select(User.email, Membership.role, Organization.legal_name)
        .join(Membership, col(Membership.user_id) == User.id)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(col(User.is_demo).is_(True))
        .order_by(col(User.id))
    )
    shown = {f"{name}@{DOMAIN}" for name in _SHOWN}
    return [
        DemoAccount(email, PASSWORD, Role(role).value, organization)
        for email, role, organization in session.exec(statement)
        if email in shown or email.startswith("official.")
    ]


def print_demo_accounts(engine: Engine) -> None:
    """The accounts, one a line, for whoever starts the demo."""
    with open_session(engine, read_only=True) as session:
        for account in demo_accounts(session):
            print(f"  {account.email:<42} {account.password}  {account.role:<12} {account.organization}")  # noqa: T201 -- the operator reads it
