"""The plans of the chains: phases, tasks with their progress, and the targets of the years."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from access.actor import Actor
from access.lists.plan_measures import measured
from access.lookups import NotVisible
from access.people import is_present
from access.permissions import Permission
from access.rules import require
from models.chain import Chain
from models.chain_plan import ChainPlan, PlanTask
from models.organization import Membership, Organization, User
from models.project import ChainTarget
from vocabulary.lifecycles import ChainStatus, OrganizationStatus
from vocabulary.plans import OPEN_PLAN_TASK, PlanPhase, phase_days
from vocabulary.projects import TargetKind
from vocabulary.roles import OrganizationKind


@dataclass(frozen=True)
class TaskLine:
    """One task; `done` of `task.target` where it has a measure, None where there is nothing to count on."""

    task: PlanTask
    owner: str
    done: int | None
    is_late: bool


@dataclass(frozen=True)
class PhaseLine:
    phase: PlanPhase
    first: date
    last: date
    tasks: list[TaskLine]


@dataclass(frozen=True)
class YearTarget:
    """What the chain wants by the end of a year, beside what there is now."""

    year: int
    kind: TargetKind
    at_least: int
    done: int | None


@dataclass(frozen=True)
class PlanPage:
    chain: Chain
    plan: ChainPlan | None
    phases: list[PhaseLine]
    targets: list[YearTarget]
    has_office: bool


@dataclass(frozen=True)
class PlanLine:
    """One chain in the list of plans; None and zeros where it has no plan yet."""

    chain: Chain
    plan: ChainPlan | None
    n_tasks: int
    n_late: int


def index(session: Session, actor: Actor, *, on: date) -> list[PlanLine]:
    """The own chain for its office, all chains for the city and the auditors."""
    require(actor, Permission.READ_PROJECTS)
    statement = select(Chain, ChainPlan).outerjoin(ChainPlan, col(ChainPlan.chain_id) == col(Chain.id))
    chains = session.exec(
        statement.where(Chain.status == ChainStatus.ACTIVE, *_scope(actor)).order_by(col(Chain.sort_order))
    ).all()
    tasks = session.exec(select(PlanTask)).all()
    lines = []
    for chain, plan in chains:
        of_chain = [task for task in tasks if task.chain_id == chain.id]
        lines.append(PlanLine(chain, plan, len(of_chain), sum(is_late(task, on) for task in of_chain)))
    return lines


def chain_to_plan(session: Session, actor: Actor, code: str) -> Chain:
    """A chain whose plan the actor may read, or NotVisible."""
    require(actor, Permission.READ_PROJECTS)
    chain = session.exec(select(Chain).where(Chain.code == code, *_scope(actor))).first()
    if chain is None:
        raise NotVisible
    return chain


def task_of(session: Session, chain: Chain, public_id: str) -> PlanTask:
    """A task of the chain, or NotVisible."""
    task = session.exec(select(PlanTask).where(PlanTask.chain_id == chain.id, PlanTask.public_id == public_id)).first()
    if task is None:
        raise NotVisible
    return task


def page(session: Session, actor: Actor, code: str, *, on: date) -> PlanPage:
    """One chain's plan. Each measure is counted once."""
    chain = chain_to_plan(session, actor, code)
    chain_id = chain.id or 0
    plan = session.exec(select(ChainPlan).where(ChainPlan.chain_id == chain_id)).first()
    rows = session.exec(
        select(PlanTask, User.full_name)
        .outerjoin(User, col(User.id) == col(PlanTask.owner_id))
        .where(PlanTask.chain_id == chain_id)
        .order_by(col(PlanTask.due_on), col(PlanTask.id))
    ).all()
    targets = session.exec(
        select(ChainTarget)
        .where(ChainTarget.chain_id == chain_id, ChainTarget.at_least > 0)
        .order_by(col(ChainTarget.year), col(ChainTarget.id))
    ).all()
    kinds = {task.measure for task, _owner in rows if task.measure} | {row.kind for row in targets}
    counts = {kind: _count(session, actor, chain_id, kind) for kind in sorted(kinds)}
    lines = [
        TaskLine(task, owner or "", counts[task.measure] if task.measure else None, is_late(task, on))
        for task, owner in rows
    ]
    phases = [
        PhaseLine(phase, first, last, [line for line in lines if line.task.phase is phase])
        for phase, (first, last) in (phase_days(plan.starts_on) if plan else {}).items()
    ]
    years = [YearTarget(row.year, row.kind, row.at_least, counts[row.kind]) for row in targets]
    return PlanPage(chain, plan, phases, years, bool(owners(session, chain_id, on=on)))


def owners(session: Session, chain_id: int, *, on: date) -> list[tuple[int, str]]:
    """(id, name) of the people of the chain's office."""
    rows = session.exec(
        select(User.id, User.full_name)
        .join(Membership, col(Membership.user_id) == col(User.id))
        .join(Organization, col(Organization.id) == col(Membership.organization_id))
        .where(
            Organization.kind == OrganizationKind.CHAIN_OFFICE, Organization.chain_id == chain_id,
            Organization.status == OrganizationStatus.VERIFIED, *is_present(on),
        )
        .order_by(col(User.id))
    ).all()  # fmt: skip
    return [(user_id or 0, name) for user_id, name in rows]


def is_late(task: PlanTask, on: date) -> bool:
    """Whether the last day has passed while the task is open."""
    return task.status in OPEN_PLAN_TASK and task.due_on < on


def _count(session: Session, actor: Actor, chain_id: int, kind: TargetKind) -> int | None:
    rows = measured(session, actor, chain_id, kind)
    return None if rows is None else len(rows)


def _scope(actor: Actor) -> list[bool]:
    if actor.organization_kind in (OrganizationKind.JOINT_OFFICE, OrganizationKind.AUDIT_OFFICE):
        return []
    return [Chain.id == actor.chain_id]
