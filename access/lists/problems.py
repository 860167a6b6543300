"""The problem list as firms and offices see it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import may
from access.scopes import in_chain, own
from models.chain import Chain
from models.chain_office import ChainBacking
from models.organization import Organization
from models.problem import Problem, ProblemEntry
from models.project import Project
from vocabulary.lifecycles import ProblemStatus


@dataclass(frozen=True)
class ProblemLine:
    """One problem with whose it is. `is_overdue`: the bureau's day is past without an answer."""

    problem: Problem
    chain_zh: str
    chain_en: str
    firm: str | None
    project: str | None
    project_public_id: str | None
    is_overdue: bool


@dataclass(frozen=True)
class ProblemList:
    lines: list[ProblemLine]
    total: int
    by_status: Counter[ProblemStatus]
    n_overdue: int


def visible(actor: Actor) -> Any:
    """SQL: problems that the actor may read."""
    if may(actor, Permission.HANDLE_PROBLEMS):
        return in_chain(actor, Problem.chain_id)
    return own(actor, Problem.organization_id)


def problems(
    session: Session,
    actor: Actor,
    *,
    on: date,
    status: ProblemStatus | None = None,
    is_overdue: bool = False,
    chain_id: int | None = None,
    page: int = 1,
    size: int = 50,
) -> ProblemList:
    """One page of what the actor may read, the most pressing first, and counts of all of it."""
    late = (col(Problem.status) == ProblemStatus.HANDED_OVER) & (col(Problem.due_on) < on)
    scope = [visible(actor)]
    if chain_id is not None:
        scope.append(col(Problem.chain_id) == chain_id)
    counts = session.execute(
        select_columns(col(Problem.status), func.count(), func.count().filter(late))
        .where(*scope)
        .group_by(col(Problem.status))
    ).all()
    conditions = list(scope)
    if status is not None:
        conditions.append(col(Problem.status) == status)
    if is_overdue:
        conditions.append(late)
    by_status = Counter({ProblemStatus(row[0]): row[1] for row in counts})
    n_overdue = sum(row[2] for row in counts)
    total = n_overdue if is_overdue else by_status.total() if status is None else by_status[status]
    return ProblemList(
        _lines(session, on, conditions, offset=(page - 1) * size, limit=size), total, by_status, n_overdue
    )


def problem(session: Session, actor: Actor, public_id: str, *, on: date) -> ProblemLine:
    """One problem, or NotVisible."""
    found = _lines(session, on, [visible(actor), col(Problem.public_id) == public_id], offset=0, limit=1)
    if not found:
        raise NotVisible
    return found[0]


def history(session: Session, row: Problem) -> Sequence[ProblemEntry]:
    """What happened, oldest first."""
    return session.exec(
        select(ProblemEntry).where(ProblemEntry.problem_id == row.id).order_by(col(ProblemEntry.id))
    ).all()


def known_bureaus(session: Session) -> list[str]:
    """Bureaus that back a chain or had a problem before, to choose from."""
    backing: Any = select_columns(col(ChainBacking.bureau).label("name")).where(col(ChainBacking.bureau) != "")
    before: Any = select_columns(col(Problem.bureau)).where(col(Problem.bureau).is_not(None))
    return sorted({row[0] for row in session.execute(backing.union(before)).all()})


def _lines(session: Session, on: date, conditions: list[Any], *, offset: int, limit: int) -> list[ProblemLine]:
    rows = session.execute(
        select_columns(
            Problem,
            col(Chain.name_zh),
            col(Chain.name_en),
            col(Organization.legal_name),
            col(Project.name).label("project"),
            col(Project.public_id).label("project_public_id"),
        )
        .join(Chain, col(Chain.id) == col(Problem.chain_id))
        .outerjoin(Organization, col(Organization.id) == col(Problem.organization_id))
        .outerjoin(Project, col(Project.id) == col(Problem.project_id))
        .where(*conditions)
        .order_by(
            (col(Problem.status) == ProblemStatus.CLOSED),
            col(Problem.due_on).is_(None).desc(),
            col(Problem.due_on),
            col(Problem.id).desc(),
        )
        .offset(offset)
        .limit(limit)
    ).all()
    return [
        ProblemLine(
            row,
            chain_zh,
            chain_en,
            firm,
            project,
            project_public_id,
            is_overdue=row.status is ProblemStatus.HANDED_OVER and row.due_on is not None and row.due_on < on,
        )
        for row, chain_zh, chain_en, firm, project, project_public_id in rows
    ]
