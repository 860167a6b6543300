"""Key projects as offices and auditors see them: the library with its lights, one project with its months."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, true
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from access.scopes import in_chain
from models.chain import Chain, ChainLink
from models.organization import Organization, User
from models.project import ChainTarget, Project, ProjectReport, ProjectSchedule
from vocabulary.lifecycles import ProjectStatus, ReportStatus
from vocabulary.projects import LARGE_FEN, Light, TargetKind, light_of
from vocabulary.roles import OrganizationKind

_S = ProjectStatus
_AT_WORK = (_S.STARTED, _S.UNDER_CONSTRUCTION)


@dataclass(frozen=True)
class ProjectLine:
    """One project with its last reported month. `behind` is in points of progress, negative when ahead."""

    project: Project
    chain_zh: str
    chain_en: str
    link_zh: str | None
    link_en: str | None
    owner: str | None
    report: ProjectReport | None
    is_report_due: bool
    """Whether last month has not been reported."""

    @property
    def behind(self) -> int | None:
        if self.report is None or self.report.done_percent is None or self.report.scheduled_percent is None:
            return None
        return self.report.scheduled_percent - self.report.done_percent

    @property
    def light(self) -> Light:
        if self.project.status is _S.IN_PRODUCTION:
            return Light.DONE
        if self.project.status not in _AT_WORK:
            return Light.NOT_STARTED
        if self.project.investment_fen is None:
            return Light.NO_AMOUNT
        return Light.NO_REPORT if self.behind is None else light_of(self.behind)

    @property
    def invested_fen(self) -> int | None:
        return self.report.invested_fen if self.report else None


@dataclass(frozen=True)
class Filters:
    """What of the library is asked for."""

    chain_id: int | None = None
    status: ProjectStatus | None = None
    light: Light | None = None
    is_large: bool = False
    is_due: bool = False
    link_id: int | None = None

    def fits(self, line: ProjectLine) -> bool:
        return (
            (self.status is None or line.project.status is self.status)
            and (self.light is None or line.light is self.light)
            and (not self.is_due or line.is_report_due)
        )


@dataclass(frozen=True)
class Library:
    """The projects that fit, and counts of all in scope. What is planned and what is spent are never added."""

    lines: list[ProjectLine]
    by_status: Counter[ProjectStatus]
    by_light: Counter[Light]
    n_due: int
    planned_fen: int
    invested_fen: int
    n_without_amount: int


@dataclass(frozen=True)
class TargetLine:
    """A chain's target for large projects beside how many there are; `at_least` is None where none is set."""

    chain_id: int
    chain_zh: str
    chain_en: str
    at_least: int | None
    at_most: int | None
    n_projects: int


@dataclass(frozen=True)
class ProjectPage:
    line: ProjectLine
    organization: Organization | None
    reports: Sequence[tuple[ProjectReport, str | None]]
    """Newest month first, each with who reported it."""
    schedules: Sequence[tuple[ProjectSchedule, str | None]]


def visible(actor: Actor) -> ColumnElement[bool]:
    """SQL: projects an actor may read."""
    return true() if actor.organization_kind is OrganizationKind.AUDIT_OFFICE else in_chain(actor, Project.chain_id)


def library(session: Session, actor: Actor, filters: Filters, *, on: date) -> Library:
    """Projects in scope by chain, then name; one query."""
    require(actor, Permission.READ_PROJECTS)
    conditions = [visible(actor)]
    if filters.chain_id is not None:
        conditions.append(col(Project.chain_id) == filters.chain_id)
    if filters.link_id is not None:
        conditions.append(col(Project.chain_link_id) == filters.link_id)
    if filters.is_large:
        conditions.append(col(Project.investment_fen) >= LARGE_FEN)
    lines = _lines(session, on, *conditions)
    kept = [line for line in lines if line.project.status is not _S.DROPPED]
    return Library(
        lines=[line for line in lines if filters.fits(line)],
        by_status=Counter(line.project.status for line in lines),
        by_light=Counter(line.light for line in lines),
        n_due=sum(line.is_report_due for line in lines),
        planned_fen=sum(line.project.investment_fen or 0 for line in kept),
        invested_fen=sum(line.invested_fen or 0 for line in kept),
        n_without_amount=sum(line.project.investment_fen is None for line in kept),
    )


def of_link(session: Session, actor: Actor, link_id: int) -> list[Project]:
    """Projects of a link that were not given up, for whoever may read them; others see none."""
    rows = session.exec(
        select(Project)
        .where(visible(actor), Project.chain_link_id == link_id, Project.status != _S.DROPPED)
        .order_by(col(Project.investment_fen).desc().nulls_last(), col(Project.id))
    ).all()
    return list(rows)


def project_to_read(session: Session, actor: Actor, public_id: str) -> Project:
    """One project in scope, or NotVisible."""
    require(actor, Permission.READ_PROJECTS)
    row = session.exec(select(Project).where(visible(actor), Project.public_id == public_id)).first()
    if row is None:
        raise NotVisible
    return row


def page(session: Session, actor: Actor, public_id: str, *, on: date) -> ProjectPage:
    """One project with its months and its dates of before."""
    require(actor, Permission.READ_PROJECTS)
    lines = _lines(session, on, visible(actor), col(Project.public_id) == public_id)
    if not lines:
        raise NotVisible
    (line,) = lines
    project = line.project
    reports = session.execute(
        select_columns(ProjectReport, col(User.full_name))
        .outerjoin(User, col(User.id) == col(ProjectReport.reported_by_id))
        .where(col(ProjectReport.project_id) == project.id)
        .order_by(col(ProjectReport.month).desc())
    ).all()
    schedules = session.execute(
        select_columns(ProjectSchedule, col(User.full_name))
        .outerjoin(User, col(User.id) == col(ProjectSchedule.set_by_id))
        .where(col(ProjectSchedule.project_id) == project.id)
        .order_by(col(ProjectSchedule.id).desc())
    ).all()
    organization = session.get(Organization, project.organization_id) if project.organization_id else None
    return ProjectPage(line, organization, [tuple(row) for row in reports], [tuple(row) for row in schedules])


def report_of(session: Session, project: Project, public_id: str) -> ProjectReport:
    """A month of a project, or NotVisible."""
    row = session.exec(
        select(ProjectReport).where(ProjectReport.project_id == project.id, ProjectReport.public_id == public_id)
    ).first()
    if row is None:
        raise NotVisible
    return row


def targets(session: Session, actor: Actor, *, year: int) -> list[TargetLine]:
    """Large projects of each chain in scope beside the year's target; those given up do not count."""
    require(actor, Permission.READ_PROJECTS)
    is_large = (col(Project.investment_fen) >= LARGE_FEN) & (col(Project.status) != _S.DROPPED)
    counted = (
        select_columns(col(Project.chain_id), func.count().label("n"))
        .where(is_large)
        .group_by(col(Project.chain_id))
        .subquery()
    )
    scope = true() if actor.organization_kind is OrganizationKind.AUDIT_OFFICE else in_chain(actor, Chain.id)
    rows = session.execute(
        select_columns(Chain, ChainTarget, counted.c.n)
        .outerjoin(
            ChainTarget,
            (col(ChainTarget.chain_id) == col(Chain.id))
            & (col(ChainTarget.year) == year)
            & (col(ChainTarget.kind) == TargetKind.LARGE_PROJECTS),
        )
        .outerjoin(counted, counted.c.chain_id == col(Chain.id))
        .where(scope)
        .order_by(col(Chain.sort_order), col(Chain.id))
    ).all()
    return [
        TargetLine(
            chain.id or 0,
            chain.name_zh,
            chain.name_en,
            target.at_least if target and target.at_least else None,
            target.at_most if target else None,
            n or 0,
        )
        for chain, target, n in rows
    ]


def _lines(session: Session, on: date, *conditions: Any) -> list[ProjectLine]:
    last_month = (on.replace(day=1) - timedelta(days=1)).replace(day=1)
    newest = (
        select_columns(col(ProjectReport.project_id), func.max(col(ProjectReport.month)).label("month"))
        .where(col(ProjectReport.status) == ReportStatus.REPORTED)
        .group_by(col(ProjectReport.project_id))
        .subquery()
    )
    rows = session.execute(
        select_columns(
            Project,
            ProjectReport,
            col(Chain.name_zh),
            col(Chain.name_en),
            col(ChainLink.name_zh).label("link_zh"),
            col(ChainLink.name_en).label("link_en"),
            col(User.full_name),
        )
        .join(Chain, col(Chain.id) == col(Project.chain_id))
        .outerjoin(ChainLink, col(ChainLink.id) == col(Project.chain_link_id))
        .outerjoin(User, col(User.id) == col(Project.owner_id))
        .outerjoin(newest, newest.c.project_id == col(Project.id))
        .outerjoin(
            ProjectReport,
            (col(ProjectReport.project_id) == col(Project.id)) & (col(ProjectReport.month) == newest.c.month),
        )
        .where(*conditions)
        .order_by(col(Chain.sort_order), col(Chain.id), col(Project.name), col(Project.id))
    ).all()
    return [
        ProjectLine(
            project,
            chain_zh,
            chain_en,
            link_zh,
            link_en,
            owner,
            report,
            is_report_due=_is_due(project, report, last_month),
        )
        for project, report, chain_zh, chain_en, link_zh, link_en, owner in rows
    ]


def _is_due(project: Project, report: ProjectReport | None, last_month: date) -> bool:
    """Whether a project that was at work last month has not reported it."""
    if project.status not in _AT_WORK or project.started_on is None or project.started_on.replace(day=1) > last_month:
        return False
    return report is None or report.month < last_month
