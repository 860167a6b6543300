"""What an office does about a gap: an investment lead, an upgrade task for a firm, a key project from either."""

from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from access.actor import Actor
from access.people import works_at
from access.permissions import Permission
from access.rules import is_city_level, is_of_own_chain, require, require_rule
from models.gap import Gap, GapTask
from models.organization import Membership, Organization, User
from models.project import Project
from models.recommendation import Recommendation
from vocabulary.gaps import (
    GAP,
    GAP_TASK,
    GapStatus,
    GapTaskEnding,
    GapTaskKind,
    GapTaskStatus,
)
from vocabulary.projects import ProjectKind
from vocabulary.reasons import GateAnswer
from vocabulary.roles import OrganizationKind
from workflows import projects
from workflows.audit import record
from workflows.calendar import today
from workflows.errors import NotComplete, StepNotAllowed
from workflows.notifications import queue_to_members
from workflows.projects import ProjectFacts
from workflows.recusals import require_free
from workflows.transitions import advance, require_step
from workflows.turns import take_turn

_T = GapTaskStatus
handles = is_of_own_chain | is_city_level


def add_lead(
    session: Session, actor: Actor, gap: Gap, *, title: str, note: str, owner_id: int, due_on: date
) -> GapTask:
    """Somebody is to look for an investor. Raises NotComplete by field, StepNotAllowed for a closed gap."""
    _require_handles(actor, gap)
    return _add(session, actor, gap, GapTaskKind.LEAD, title=title, note=note, owner_id=owner_id, due_on=due_on)


def add_upgrade(
    session: Session, actor: Actor, gap: Gap, *, near_miss: Recommendation | None, firm_id: int, title: str, note: str,
    owner_id: int, due_on: date,
) -> GapTask:  # fmt: skip
    """A firm that nearly fits is to be helped; what it lacks is kept with the task, and the firm is told.

    Rows written: gap_task, audit event, notices. Raises NotComplete by field, Recused, StepNotAllowed.
    """
    _require_handles(actor, gap)
    if near_miss is None:
        raise NotComplete({"near_miss": "unknown"})
    require_free(session, actor, [firm_id], chain_id=gap.chain_id)
    gates = [gate for gate in near_miss.gates if gate["answer"] == GateAnswer.CLOSED]
    task = _add(
        session, actor, gap, GapTaskKind.UPGRADE, title=title, note=note, owner_id=owner_id, due_on=due_on,
        organization_id=firm_id, lacks=gates, changes=list(near_miss.changes),
    )  # fmt: skip
    values = {"title": task.title, "task": task.public_id, "due": due_on.isoformat()}
    queue_to_members(session, [firm_id], template="upgrade_task_set", values=values)
    return task


def make_project(
    session: Session, actor: Actor, task: GapTask, gap: Gap, *, name: str, investor: str, investment_fen: int | None
) -> Project:
    """A key project in reserve that grows from a lead or an upgrade task and fills the gap's link."""
    _require_handles(actor, task)
    if task.organization_id is not None:
        require_free(session, actor, [task.organization_id], chain_id=task.chain_id)
    require_step(session, GAP_TASK, task, _T.IN_PROJECT)
    is_upgrade = task.kind is GapTaskKind.UPGRADE
    facts = ProjectFacts(
        name=name, kind=ProjectKind.STRENGTHEN if is_upgrade else ProjectKind.FILL, chain_link_id=gap.chain_link_id,
        investor=investor, organization_id=task.organization_id, investment_fen=investment_fen,
    )  # fmt: skip
    project = projects.add(session, actor, facts, chain_id=gap.chain_id)
    advance(
        session, actor, GAP_TASK, task, _T.IN_PROJECT, chain_id=task.chain_id, project_id=project.id,
        visible_to_organization_id=task.organization_id,
    )  # fmt: skip
    return project


def end_task(session: Session, actor: Actor, task: GapTask, target: GapTaskStatus, *, note: str) -> None:
    """Done or given up by hand, with what came of it. Raises NotComplete, StepNotAllowed, Recused."""
    _require_handles(actor, task)
    if task.organization_id is not None:
        require_free(session, actor, [task.organization_id], chain_id=task.chain_id)
    if task.status is not _T.OPEN or target not in (_T.DONE, _T.DROPPED):
        raise StepNotAllowed(noun=GAP_TASK.noun, current=task.status, wanted=target)
    if not note.strip():
        raise NotComplete({"end_note": "required"})
    advance(
        session, actor, GAP_TASK, task, target, reason=note, chain_id=task.chain_id, ending=GapTaskEnding.BY_HAND,
        end_note=note.strip()[:500], ended_on=today(), visible_to_organization_id=task.organization_id,
    )  # fmt: skip


def _add(
    session: Session, actor: Actor, gap: Gap, kind: GapTaskKind, *, title: str, note: str, owner_id: int, due_on: date,
    **more: Any,
) -> GapTask:  # fmt: skip
    take_turn(session, Gap, gap.id)
    if gap.status is not GapStatus.OPEN:
        raise StepNotAllowed(noun=GAP.noun, current=gap.status, wanted=GapStatus.OPEN)
    problems = {} if title.strip() else {"title": "required"}
    if due_on < today():
        problems["due_on"] = "in_past"
    if not _is_of_office(session, owner_id, gap.chain_id):
        problems["owner_id"] = "unknown"
    if problems:
        raise NotComplete(problems)
    task = GapTask(
        gap_id=gap.id or 0, chain_id=gap.chain_id, kind=kind, title=title.strip(), note=note.strip(),
        owner_id=owner_id, due_on=due_on, **more,
    )  # fmt: skip
    session.add(task)
    session.flush()
    record(
        session, actor, "gap_task_set", subject_kind=GAP_TASK.noun, subject_id=task.id or 0,
        new={"status": task.status.value, "kind": kind.value}, chain_id=gap.chain_id,
        visible_to_organization_id=task.organization_id,
    )  # fmt: skip
    return task


def _is_of_office(session: Session, user_id: int, chain_id: int) -> bool:
    """Whether a person works at the chain's office or at the joint office."""
    offices = select(Organization.id).where(
        ((col(Organization.kind) == OrganizationKind.CHAIN_OFFICE) & (col(Organization.chain_id) == chain_id))
        | (col(Organization.kind) == OrganizationKind.JOINT_OFFICE)
    )
    at_office = col(Membership.organization_id).in_(offices)
    found = session.exec(select(User.id).where(User.id == user_id, works_at(User.id, at_office, today()))).first()
    return found is not None


def _require_handles(actor: Actor, row: Gap | GapTask) -> None:
    require(actor, Permission.HANDLE_GAPS)
    require_rule(actor, handles, row, "handle_gap")
