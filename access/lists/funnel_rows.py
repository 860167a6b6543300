"""The rows behind the figures of the funnel: postings, steps, first-time borrowers, answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from access import parties
from access.actor import Actor
from access.lists import funnel as funnels
from access.lists import funnel_figures
from access.lists.funnel import Filters
from access.permissions import Permission
from access.rules import require
from models.organization import Organization
from models.pairing import CaseStep, Pairing
from models.roadshow import Roadshow, RoadshowFeedback, RoadshowMeeting
from vocabulary.classifications import CaseStepKind
from vocabulary.funnel import LEVELS


class FunnelNoun(StrEnum):
    """What a figure counts."""

    POSTINGS = "postings"
    STEPS = "steps"
    FIRST_LOANS = "first_loans"
    ANSWERS = "answers"


@dataclass(frozen=True)
class RowPage:
    """Rows of one page by column names, and how many there are on all."""

    rows: Sequence[Any]
    total: int


def rows(
    session: Session,
    actor: Actor,
    noun: FunnelNoun,
    filters: Filters,
    *,
    kind: CaseStepKind | None = None,
    on: date,
    page: int = 1,
    size: int = 50,
) -> RowPage:
    """One page of the rows behind a figure. `kind` is for steps."""
    require(actor, Permission.READ_DASHBOARDS)
    if noun is FunnelNoun.POSTINGS:
        statement = _postings(actor, filters, on)
    elif noun is FunnelNoun.STEPS:
        statement = _steps(actor, filters, kind, on)
    elif noun is FunnelNoun.FIRST_LOANS:
        statement = _first_loans(actor, filters, on)
    else:
        statement = _answers(actor, filters, on)
    total = session.execute(select(func.count()).select_from(statement.order_by(None).subquery())).scalar_one()
    return RowPage(session.execute(statement.offset((page - 1) * size).limit(size)).all(), int(total))


def _postings(actor: Actor, filters: Filters, on: date) -> Any:
    found = funnels.states(actor, filters, on=on)
    statement = select(found).order_by(found.c.level.desc(), found.c.opened_at, found.c.id)
    if filters.is_unseen:
        statement = statement.where(funnels.unseen_rows(found))
    if filters.cause is not None:
        statement = statement.where(funnels.unseen_rows(found), found.c.cause == filters.cause.value)
    if filters.level is not None:
        place = LEVELS.index(filters.level)
        is_wanted = found.c.level >= place if filters.standing is None else found.c.level == place
        statement = statement.where(is_wanted)
    if filters.standing is not None:
        statement = statement.where(found.c.standing == filters.standing.value)
    return statement


def _steps(actor: Actor, filters: Filters, kind: CaseStepKind | None, on: date) -> Any:
    other = aliased(Organization)
    columns: Any = (
        col(Organization.legal_name).label("firm"), col(other.legal_name).label("counterpart"),
        col(CaseStep.kind).label("kind"), col(CaseStep.happened_on).label("happened_on"),
        col(CaseStep.amount_fen).label("amount_fen"), col(Pairing.public_id).label("pairing"),
    )  # fmt: skip
    statement = funnel_figures.steps_of(actor, filters, *columns, on=on).join(
        other, col(other.id) == parties.counterpart_column()
    )
    if kind is not None:
        statement = statement.where(col(CaseStep.kind) == kind)
    return statement.order_by(col(CaseStep.happened_on).desc(), col(CaseStep.id).desc())


def _first_loans(actor: Actor, filters: Filters, on: date) -> Any:
    columns: Any = (
        col(Organization.legal_name).label("firm"), func.min(col(CaseStep.happened_on)).label("happened_on"),
        func.count().label("n_loans"),
    )  # fmt: skip
    return (
        funnel_figures.steps_of(actor, filters, *columns, on=on)
        .where(funnel_figures.is_first_loan())
        .group_by(col(Organization.id), col(Organization.legal_name))
        .order_by(func.min(col(CaseStep.happened_on)).desc(), col(Organization.id))
    )


def _answers(actor: Actor, filters: Filters, on: date) -> Any:
    """Without the firm's name: what it says of a bank is no office's to quote."""
    columns: Any = (
        col(Roadshow.name).label("roadshow"), col(Roadshow.held_on).label("held_on"),
        col(RoadshowFeedback.rating).label("rating"), col(RoadshowFeedback.goes_on).label("goes_on"),
    )  # fmt: skip
    statement = funnel_figures.answers_of(actor, filters, *columns, on=on).join(
        Roadshow, col(Roadshow.id) == col(RoadshowMeeting.roadshow_id)
    )
    if filters.counterpart:
        named = select(col(Organization.id)).where(col(Organization.public_id) == filters.counterpart)
        theirs = statement.selected_columns[0]
        statement = statement.where(theirs == named.scalar_subquery())
    return statement.order_by(col(Roadshow.held_on).desc(), col(RoadshowFeedback.id))
