"""The plan of a chain: begun from the usual nine tasks, changed, moved along, and reminded of when late."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from access.actor import SYSTEM, Actor
from access.lists.chain_plans import owners
from access.permissions import Permission
from access.rules import is_city_level, is_of_own_chain, require, require_rule
from models.chain import Chain
from models.chain_plan import ChainPlan, PlanTask
from models.organization import Organization
from vocabulary.lifecycles import PLAN_TASK, OrganizationStatus
from vocabulary.plans import (
    OPEN_PLAN_TASK,
    TASK_MONTHS,
    USUAL_TASKS,
    PlanPhase,
    PlanTaskStatus,
    months_after,
    phase_days,
)
from vocabulary.projects import TargetKind
from vocabulary.roles import OrganizationKind
from workflows.audit import record
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete
from workflows.notifications import queue_to_members
from workflows.transitions import advance, require_step
from workflows.versions import take_version

_S = PlanTaskStatus
runs = is_of_own_chain | is_city_level


@dataclass(frozen=True)
class TaskFacts:
    """What an office says about a task."""

    phase: PlanPhase
    starts_on: date
    due_on: date
    name: str = ""
    owner_id: int | None = None
    measure: TargetKind | None = None
    target: int | None = None
    note: str = ""


def begin(session: Session, actor: Actor, *, chain_id: int, starts_on: date) -> ChainPlan:
    """A plan of the usual nine tasks, four months each, without owner and measure. Raises AlreadyExists."""
    require(actor, Permission.RUN_PROJECTS)
    plan = ChainPlan(chain_id=chain_id, starts_on=starts_on, begun_by_id=actor.user_id)
    require_rule(actor, runs, plan, "begin_plan")
    try:
        with session.begin_nested():
            session.add(plan)
            session.flush()
    except IntegrityError as error:
        raise AlreadyExists("starts_on") from error
    for phase, (first, _last) in phase_days(starts_on).items():
        for nth, kind in enumerate(USUAL_TASKS[phase]):
            session.add(
                PlanTask(
                    chain_id=chain_id, phase=phase, kind=kind, starts_on=months_after(first, TASK_MONTHS * nth),
                    due_on=months_after(first, TASK_MONTHS * (nth + 1)) - timedelta(days=1),
                )
            )  # fmt: skip
    session.flush()
    record(
        session, actor, "chain_plan_begun", subject_kind="chain_plan", subject_id=plan.id or 0,
        new={"starts_on": starts_on.isoformat()}, chain_id=chain_id,
    )  # fmt: skip
    return plan


def add_task(session: Session, actor: Actor, facts: TaskFacts, *, chain_id: int) -> PlanTask:
    """A task of the office's own. Raises NotComplete by field."""
    require(actor, Permission.RUN_PROJECTS)
    task = PlanTask(chain_id=chain_id, **asdict(facts))
    require_rule(actor, runs, task, "add_plan_task")
    _require_facts(session, task, facts)
    session.add(task)
    session.flush()
    _record(session, actor, task, "plan_task_added", {"status": task.status.value})
    return task


def change_task(session: Session, actor: Actor, task: PlanTask, facts: TaskFacts, *, version: int) -> None:
    """Change what is planned, or say how far it is. Raises ChangedMeanwhile, NotComplete by field."""
    _require_runs(actor, task)
    _require_facts(session, task, facts)

    def present() -> dict[str, object]:
        return {name: getattr(task, name) for name in TaskFacts.__dataclass_fields__}

    before = present()
    changed = sorted(name for name, value in asdict(facts).items() if value != before[name])
    take_version(session, task, present, version)
    for name, value in asdict(facts).items():
        setattr(task, name, value)
    session.flush()
    _record(session, actor, task, "plan_task_changed", {"fields": changed})


def move_task(session: Session, actor: Actor, task: PlanTask, target: PlanTaskStatus, *, reason: str = "") -> None:
    """Take the next step. Dropping needs a reason, and so does "done" of a task that nothing counts."""
    _require_runs(actor, task)
    require_step(session, PLAN_TASK, task, target)
    words = reason.strip()
    if (target is _S.DROPPED or (target is _S.DONE and task.measure is None and not task.note)) and not words:
        raise NotComplete({"reason": "required"})
    evidence: dict[str, Any] = {}
    if target is _S.DONE:
        evidence = {"done_on": today()} | ({"note": words} if words else {})
    elif target is _S.DROPPED:
        evidence = {"dropped_reason": words}
    advance(session, actor, PLAN_TASK, task, target, reason=words, chain_id=task.chain_id, **evidence)


def remind_due(session: Session, on: date) -> int:
    """Tell the chain's office, or the joint office where there is none, of tasks that are late; once for each due day.

    Rows written: the task's `reminded_due_on` and an audit event. Returns how many tasks were told of.
    """
    late = session.exec(
        select(PlanTask)
        .where(
            col(PlanTask.status).in_(OPEN_PLAN_TASK),
            col(PlanTask.due_on) < on,
            col(PlanTask.reminded_due_on).is_distinct_from(col(PlanTask.due_on)),
        )
        .order_by(col(PlanTask.id))
    ).all()
    return sum(_remind(session, task) for task in late)


def _remind(session: Session, task: PlanTask) -> int:
    """Conditional on what was told before, so that two clocks tell once."""
    statement = (
        update(PlanTask)
        .where(col(PlanTask.id) == task.id, col(PlanTask.reminded_due_on).is_distinct_from(task.due_on))
        .values(reminded_due_on=task.due_on)
    )
    if session.connection().execute(statement).rowcount != 1:
        return 0
    session.refresh(task)
    _record(session, SYSTEM, task, "plan_task_reminded", {"due_on": task.due_on.isoformat()})
    chain = session.get_one(Chain, task.chain_id)
    values = {"chain": chain.name_zh, "code": chain.code, "due_on": task.due_on.isoformat()}
    queue_to_members(session, _told(session, task.chain_id), template="plan_task_overdue", values=values)
    return 1


def _told(session: Session, chain_id: int) -> list[int]:
    """Ids of the chain's office, or of the joint office where the chain has none."""
    verified = select(Organization.id).where(Organization.status == OrganizationStatus.VERIFIED)
    own = session.exec(
        verified.where(Organization.kind == OrganizationKind.CHAIN_OFFICE, Organization.chain_id == chain_id)
    ).all()
    found = own or session.exec(verified.where(Organization.kind == OrganizationKind.JOINT_OFFICE)).all()
    return [row or 0 for row in found]


def _require_runs(actor: Actor, task: PlanTask) -> None:
    require(actor, Permission.RUN_PROJECTS)
    require_rule(actor, runs, task, "run_plan")


def _require_facts(session: Session, task: PlanTask, facts: TaskFacts) -> None:
    problems = {}
    if task.kind is None and not facts.name.strip():
        problems["name"] = "required"
    if facts.due_on < facts.starts_on:
        problems["due_on"] = "before_start"
    if facts.measure is not None and not facts.target:
        problems["target"] = "required" if facts.target is None else "target_zero"
    elif facts.measure is None and facts.target is not None:
        problems["measure"] = "required"
    known = {user_id for user_id, _name in owners(session, task.chain_id, on=today())}
    if task.id is not None:  # whoever left may still be named until somebody else is
        known.add(task.owner_id or 0)
    if facts.owner_id is not None and facts.owner_id not in known:
        problems["owner_id"] = "unknown"
    if problems:
        raise NotComplete(problems)


def _record(session: Session, actor: Actor, task: PlanTask, action: str, new: dict[str, object]) -> None:
    record(
        session, actor, action, subject_kind=PLAN_TASK.noun, subject_id=task.id or 0, new=new, chain_id=task.chain_id
    )
