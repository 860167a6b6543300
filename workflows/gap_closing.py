"""How a gap ends, whether by itself or by a project; and what that means for its leads and tasks."""

from datetime import date

from sqlmodel import Session, col, select

from access.actor import Actor
from models.gap import Gap, GapEvent, GapTask
from models.project import Project
from vocabulary.gaps import (
    GAP,
    GAP_TASK,
    GapCause,
    GapEventKind,
    GapStatus,
    GapTaskEnding,
    GapTaskStatus,
)
from workflows.transitions import advance

_T = GapTaskStatus


def close(
    session: Session,
    actor: Actor,
    gap: Gap,
    cause: GapCause,
    *,
    on: date,
    note: str = "",
    project_id: int | None = None,
) -> None:
    """Close a gap with its cause; open leads and tasks are given up, those with a project go on as the project does.

    Rows written: gap, gap_event, gap_task, audit events.
    """
    advance(
        session, actor, GAP, gap, GapStatus.CLOSED, chain_id=gap.chain_id, cause=cause, cause_note=note,
        closed_on=on, closed_by_project_id=project_id,
    )  # fmt: skip
    session.add(
        GapEvent(gap_id=gap.id or 0, kind=GapEventKind.CLOSED, on=on, cause=cause, note=note, project_id=project_id)
    )
    for task in session.exec(select(GapTask).where(GapTask.gap_id == gap.id, GapTask.status == _T.OPEN)).all():
        advance(
            session, actor, GAP_TASK, task, _T.DROPPED, chain_id=task.chain_id, ending=GapTaskEnding.GAP_CLOSED,
            ended_on=on, visible_to_organization_id=task.organization_id,
        )  # fmt: skip
    session.flush()


def follow_project_in_production(session: Session, actor: Actor, project: Project, *, on: date) -> None:
    """A project in production ends the leads and tasks it grew from and closes their gaps."""
    for task, gap in _of_project(session, project):
        advance(
            session, actor, GAP_TASK, task, _T.DONE, chain_id=task.chain_id,
            ending=GapTaskEnding.PROJECT_IN_PRODUCTION, ended_on=on, visible_to_organization_id=task.organization_id,
        )  # fmt: skip
        if gap.status is GapStatus.OPEN:
            close(session, actor, gap, GapCause.PROJECT_IN_PRODUCTION, on=on, note=project.name, project_id=project.id)


def follow_dropped_project(session: Session, actor: Actor, project: Project) -> None:
    """A project that is given up gives its leads and tasks back to their owners."""
    for task, _gap in _of_project(session, project):
        advance(session, actor, GAP_TASK, task, _T.OPEN, chain_id=task.chain_id, project_id=None)


def _of_project(session: Session, project: Project) -> list[tuple[GapTask, Gap]]:
    rows = session.exec(
        select(GapTask, Gap)
        .join(Gap, col(Gap.id) == GapTask.gap_id)
        .where(GapTask.project_id == project.id, GapTask.status == _T.IN_PROJECT)
        .order_by(col(GapTask.id))
    ).all()
    return list(rows)
