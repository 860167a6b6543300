"""Offices with something to report, and what draws a report up."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import Engine
from sqlmodel import Session

from access.actor import Actor
from app import job_services
from jobs.registry import handlers
from jobs.runner import Runner
from models.base import now
from models.chain import Chain
from models.office_report import OfficeReport
from models.organization import Organization, User
from models.problem import Problem
from models.project import ChainTarget, Project
from tests import factories
from vocabulary.lifecycles import ProjectStatus
from vocabulary.money import FEN_PER_YI
from vocabulary.office_reports import OfficeReportKind
from vocabulary.problems import ProblemKind
from vocabulary.projects import ProjectKind, TargetKind
from vocabulary.roles import OrganizationKind
from workflows import office_reports
from workflows.calendar import today

EVIL = '=HYPERLINK("http://example.org","衡阳")'


@dataclass
class ReportWorld:
    """A chain with a link and a confirmed firm, projects in three statuses and an open problem."""

    chain: Chain
    office: Organization
    joint: Organization
    official: User
    coordinator: User

    @property
    def by_official(self) -> Actor:
        return factories.actor_of(self.official, self.office)

    @property
    def by_coordinator(self) -> Actor:
        return factories.actor_of(self.coordinator, self.joint)


def make_report_world(session: Session) -> ReportWorld:
    chain = factories.make_chain(session, name_zh="有色金属")
    link = factories.make_link(session, chain, name_zh="铜线", industry_prefixes="3251")
    firm = factories.make_organization(session, chain_id=chain.id, legal_name=EVIL, uscc="091430400MA4L16JQ9")
    factories.make_profile(session, firm, chain_link_id=link.id)
    office = factories.make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    joint = factories.make_organization(session, OrganizationKind.JOINT_OFFICE)
    official = factories.make_user(session, office)
    started = {"started_on": today(), "planned_start_on": today(), "planned_finish_on": today()}
    for name, status, values in (
        ("铜杆项目", ProjectStatus.STARTED, {"investment_fen": 2 * FEN_PER_YI, **started}),
        ("无数项目", ProjectStatus.STARTED, started),
        ("招商项目", ProjectStatus.RESERVE, {"chain_link_id": link.id}),
    ):
        session.add(Project(chain_id=chain.id, name=name, kind=ProjectKind.FILL, status=status, **values))
    session.add(
        Problem(
            chain_id=chain.id, organization_id=firm.id, kind=ProblemKind.LAND, title="缺地",
            raised_by_id=official.id,
        )
    )  # fmt: skip
    session.add(
        ChainTarget(chain_id=chain.id, year=today().year, kind=TargetKind.LARGE_PROJECTS, at_least=5, at_most=10)
    )
    session.add(ChainTarget(chain_id=chain.id, year=today().year, kind=TargetKind.LEADER_FIRMS, at_least=0))
    session.flush()
    return ReportWorld(chain, office, joint, official, factories.make_user(session, joint))


def ask(session: Session, actor: Actor, **values: Any) -> OfficeReport:
    """A report about this month, in the queue; the session is committed."""
    plain: dict[str, Any] = {
        "kind": OfficeReportKind.FIVE_LISTS, "chain_id": None, "starts_on": today().replace(day=1),
        "ends_on": today(), "filters": {}, "language": "zh", "on": today(),
    }  # fmt: skip
    report = office_reports.ask(session, actor, **plain | values)
    session.commit()
    return report


def make_all(app: Flask, engine: Engine) -> int:
    """Draw up whatever waits."""
    return Runner(engine, handlers(job_services(app)), {}).run_due()


def confirmed(session: Session, world: ReportWorld, **values: Any) -> Any:
    """A pairing of a firm of the chain with a bank, introduced now."""
    firm = factories.make_organization(session, chain_id=world.chain.id)
    bank = factories.make_organization(session, OrganizationKind.BANK)
    need, product = factories.make_financing_need(session, firm), factories.make_loan_product(session, bank)
    plain = {
        "status": "introduced", "decided_by_id": world.official.id, "decided_at": now(), "introduced_at": now(),
        "followed_by_id": world.official.id,
    }  # fmt: skip
    return factories.make_pairing(session, need, product, world.chain, **plain | values)


def days(first: str, last: str) -> dict[str, date]:
    return {"starts_on": date.fromisoformat(first), "ends_on": date.fromisoformat(last)}
