"""The library of key projects: filed, moved along, rescheduled, reported month by month; what a chain aims at."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from access.actor import Actor
from access.permissions import Permission
from access.rules import is_city_level, is_of_own_chain, require, require_rule
from models.base import now
from models.chain import ChainLink
from models.project import ChainTarget, Project, ProjectReport, ProjectSchedule
from vocabulary.lifecycles import PROJECT, PROJECT_REPORT, ProjectStatus, ReportStatus
from vocabulary.projects import ProjectKind, TargetKind, done_percent, scheduled_percent
from workflows.audit import record
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete, StepNotAllowed
from workflows.gap_closing import follow_dropped_project, follow_project_in_production
from workflows.transitions import advance, require_step
from workflows.versions import take_version

_S = ProjectStatus
_DATE_OF = {_S.STARTED: "started_on", _S.UNDER_CONSTRUCTION: "construction_on", _S.IN_PRODUCTION: "in_production_on"}
_BEFORE = {_S.UNDER_CONSTRUCTION: "started_on", _S.IN_PRODUCTION: "construction_on"}
REPORTING = frozenset({_S.STARTED, _S.UNDER_CONSTRUCTION, _S.IN_PRODUCTION})
"""Statuses in which a month is reported."""
runs = is_of_own_chain | is_city_level


@dataclass(frozen=True)
class ProjectFacts:
    """What an office files about a project; dates and amount may be missing while it is in reserve."""

    name: str
    kind: ProjectKind
    chain_link_id: int | None = None
    summary: str = ""
    investor: str = ""
    organization_id: int | None = None
    region_code: str | None = None
    land: str = ""
    investment_fen: int | None = None
    planned_start_on: date | None = None
    planned_finish_on: date | None = None


def add(session: Session, actor: Actor, facts: ProjectFacts, *, chain_id: int) -> Project:
    """A new project in reserve. Raises NotComplete by field, NotAllowed for another chain's office."""
    require(actor, Permission.RUN_PROJECTS)
    project = Project(chain_id=chain_id, owner_id=actor.user_id, **asdict(facts))
    require_rule(actor, runs, project, "add_project")
    _require_facts(session, facts, chain_id, ProjectStatus.RESERVE)
    session.add(project)
    session.flush()
    _keep_schedule(session, actor, project, reason="")
    _record(session, actor, project, "project_filed", {"status": project.status.value})
    return project


def change(
    session: Session, actor: Actor, project: Project, facts: ProjectFacts, *, version: int, reason: str = ""
) -> None:
    """Change what was filed. Other planned dates than before need a reason once work has begun: they are slippage.

    Raises ChangedMeanwhile unless `version` is the present one, NotComplete by field.
    """
    _require_runs(actor, project)
    _require_facts(session, facts, project.chain_id, project.status)
    before = facts_of(project)
    changed = sorted(name for name, value in asdict(facts).items() if value != getattr(before, name))
    if not changed:
        return
    is_moved = bool({"planned_start_on", "planned_finish_on"} & set(changed))
    if is_moved and project.status in REPORTING and not reason.strip():
        raise NotComplete({"reason": "required"})
    take_version(session, project, lambda: asdict(facts_of(project)), version)
    for name, value in asdict(facts).items():
        setattr(project, name, value)
    session.flush()
    if is_moved:
        _keep_schedule(session, actor, project, reason=reason.strip())
    _record(session, actor, project, "project_changed", {"fields": changed}, reason=reason)


def move(
    session: Session, actor: Actor, project: Project, target: ProjectStatus, *, on: date, reason: str = ""
) -> None:
    """Take the next step, dated. Giving up needs a reason; a step is not dated in the future or before the last one."""
    _require_runs(actor, project)
    require_step(session, PROJECT, project, target)
    evidence: dict[str, Any] = {}
    if target is _S.DROPPED:
        if not reason.strip():
            raise NotComplete({"reason": "required"})
        evidence["dropped_reason"] = reason.strip()
    elif target in _DATE_OF:
        _require_date(project, target, on)
        evidence[_DATE_OF[target]] = on
    advance(session, actor, PROJECT, project, target, reason=reason, chain_id=project.chain_id, **evidence)
    if target is _S.IN_PRODUCTION:
        follow_project_in_production(session, actor, project, on=on)
    elif target is _S.DROPPED:
        follow_dropped_project(session, actor, project)


def save_report(
    session: Session,
    actor: Actor,
    project: Project,
    *,
    month: date,
    invested_fen: int,
    progress: str,
    problems: str = "",
    version: int | None = None,
) -> ProjectReport:
    """Keep a month's report, which nobody counts before it is reported. A reported one is locked.

    Raises NotComplete by field, StepNotAllowed for a locked one, ChangedMeanwhile, AlreadyExists if two begin at once.
    """
    _require_runs(actor, project)
    month = month.replace(day=1)
    if found := _report_problems(session, project, month, invested_fen, progress):
        raise NotComplete(found)
    report = report_of(session, project, month)
    if report is None:
        report = ProjectReport(
            project_id=project.id or 0, month=month, invested_fen=invested_fen, progress=progress.strip(),
            problems=problems.strip(),
        )  # fmt: skip
        try:
            with session.begin_nested():
                session.add(report)
                session.flush()
        except IntegrityError as error:
            raise AlreadyExists("month") from error
        return report
    if report.status is ReportStatus.REPORTED:
        raise StepNotAllowed(noun=PROJECT_REPORT.noun, current=report.status, wanted=ReportStatus.DRAFT)
    saved = report

    def present() -> dict[str, object]:
        return {"invested_fen": saved.invested_fen, "progress": saved.progress, "problems": saved.problems}

    take_version(session, report, present, report.version if version is None else version)
    report.invested_fen, report.progress, report.problems = invested_fen, progress.strip(), problems.strip()
    session.flush()
    return report


def report(session: Session, actor: Actor, project: Project, row: ProjectReport) -> None:
    """Lock a month's report, and freeze how far the project should be and is."""
    _require_runs(actor, project)
    assert project.planned_start_on is not None  # the CHECK begun_has_dates
    assert project.planned_finish_on is not None
    last_day = min(end_of_month(row.month), today())
    scheduled = scheduled_percent(project.planned_start_on, project.planned_finish_on, last_day)
    done = None if project.investment_fen is None else done_percent(row.invested_fen, project.investment_fen)
    advance(
        session, actor, PROJECT_REPORT, row, ReportStatus.REPORTED, chain_id=project.chain_id,
        reported_by_id=actor.user_id, reported_at=now(), scheduled_percent=scheduled, done_percent=done,
    )  # fmt: skip


def return_report(session: Session, actor: Actor, project: Project, row: ProjectReport, *, note: str) -> None:
    """Open a reported month for editing again, with the reason."""
    _require_runs(actor, project)
    if not note.strip():
        raise NotComplete({"note": "required"})
    advance(
        session, actor, PROJECT_REPORT, row, ReportStatus.RETURNED,
        reason=note, chain_id=project.chain_id, returned_note=note.strip(),
    )  # fmt: skip


def set_target(
    session: Session, actor: Actor, *, chain_id: int, year: int, kind: TargetKind, at_least: int, at_most: int | None
) -> ChainTarget:
    """What a chain aims at in a year; a second one replaces the first."""
    require(actor, Permission.RUN_PROJECTS)
    if at_most is not None and at_most < at_least:
        raise NotComplete({"at_most": "below_least"})
    target = session.exec(
        select(ChainTarget).where(ChainTarget.chain_id == chain_id, ChainTarget.year == year, ChainTarget.kind == kind)
    ).first()
    target = target or ChainTarget(chain_id=chain_id, year=year, kind=kind, at_least=at_least)
    require_rule(actor, runs, target, "set_target")
    target.at_least, target.at_most = at_least, at_most
    session.add(target)
    session.flush()
    new = {"year": year, "kind": kind.value, "at_least": at_least, "at_most": at_most}
    record(
        session, actor, "chain_target_set",
        subject_kind="chain_target", subject_id=target.id or 0, new=new, chain_id=chain_id,
    )  # fmt: skip
    return target


def facts_of(project: Project) -> ProjectFacts:
    return ProjectFacts(**{name: getattr(project, name) for name in ProjectFacts.__dataclass_fields__})


def report_of(session: Session, project: Project, month: date) -> ProjectReport | None:
    return session.exec(
        select(ProjectReport).where(ProjectReport.project_id == project.id, ProjectReport.month == month)
    ).first()


def end_of_month(month: date) -> date:
    """Last day of the month that a day lies in."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _require_runs(actor: Actor, project: Project) -> None:
    require(actor, Permission.RUN_PROJECTS)
    require_rule(actor, runs, project, "run_project")


def _require_facts(session: Session, facts: ProjectFacts, chain_id: int, status: ProjectStatus) -> None:
    problems = {} if facts.name.strip() else {"name": "required"}
    start, finish = facts.planned_start_on, facts.planned_finish_on
    if status in REPORTING:
        problems |= {
            name: "required" for name in ("planned_start_on", "planned_finish_on") if getattr(facts, name) is None
        }
    if (start is None) != (finish is None):
        problems["planned_finish_on" if finish is None else "planned_start_on"] = "required"
    elif start is not None and finish is not None and finish < start:
        problems["planned_finish_on"] = "before_start"
    if facts.investment_fen is not None and facts.investment_fen <= 0:
        problems["investment_fen"] = "not_positive"
    if facts.chain_link_id is not None:
        link = session.get(ChainLink, facts.chain_link_id)
        if link is None or link.chain_id != chain_id:
            problems["chain_link_id"] = "unknown"
    if problems:
        raise NotComplete(problems)


def _require_date(project: Project, target: ProjectStatus, on: date) -> None:
    before = getattr(project, _BEFORE[target]) if target in _BEFORE else None
    if on > today():
        raise NotComplete({"on": "in_future"})
    if before is not None and on < before:
        raise NotComplete({"on": "before_last_step"})
    if target is _S.STARTED and (project.planned_start_on is None or project.planned_finish_on is None):
        raise NotComplete({"on": "no_schedule"})


def _report_problems(
    session: Session, project: Project, month: date, invested_fen: int, progress: str
) -> dict[str, str]:
    problems = {}
    if project.status not in REPORTING:
        problems["month"] = "not_started"
    elif project.started_on is not None and month < project.started_on.replace(day=1):
        problems["month"] = "before_start"
    elif month > today():
        problems["month"] = "in_future"
    earlier = session.exec(
        select(func.max(ProjectReport.invested_fen)).where(
            ProjectReport.project_id == project.id,
            ProjectReport.month < month,
            col(ProjectReport.status) == ReportStatus.REPORTED,
        )
    ).one()
    if earlier is not None and invested_fen < earlier:
        problems["invested_fen"] = "below_earlier"
    if not progress.strip():
        problems["progress"] = "required"
    return problems


def _keep_schedule(session: Session, actor: Actor, project: Project, *, reason: str) -> None:
    if project.planned_start_on is None or project.planned_finish_on is None:
        return
    session.add(
        ProjectSchedule(
            project_id=project.id or 0,
            planned_start_on=project.planned_start_on,
            planned_finish_on=project.planned_finish_on,
            reason=reason,
            set_by_id=actor.user_id,
        )
    )
    session.flush()


def _record(
    session: Session, actor: Actor, project: Project, action: str, new: dict[str, Any], *, reason: str = ""
) -> None:
    record(
        session, actor, action,
        subject_kind=PROJECT.noun, subject_id=project.id or 0, new=new, reason=reason, chain_id=project.chain_id,
    )  # fmt: skip
