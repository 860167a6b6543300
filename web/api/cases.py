"""Cases of the own organization: how far each has come."""

from datetime import datetime
from typing import Any

from flask import Response
from pydantic import Field

from access.lists import cases as lists
from access.lists.case_progress import StepLine
from vocabulary.case_clocks import ClockStage
from vocabulary.classifications import CaseStepKind, DeclineReason, Market
from vocabulary.integrations import ApiScope
from vocabulary.lifecycles import PairingStatus
from web.api.blueprint import blueprint, listed, needs, shown
from web.api.shapes import Day, IdPath, ListQuery, Shown
from web.common.database import db
from web.common.identity import current_actor
from workflows.calendar import today


class CaseQuery(ListQuery):
    status: PairingStatus | None = None


class CaseLine(Shown):
    """One own case. A verdict that can still be taken back shows as `proposed`."""

    id: str
    market: Market
    status: PairingStatus
    title: str
    counterpart: str | None
    last_step: CaseStepKind | None
    due_stage: ClockStage | None
    due_on: Day | None
    is_overdue: bool
    changed_at: datetime


class CaseList(Shown):
    items: list[CaseLine]
    total: int
    next: str | None


class Step(Shown):
    """One recorded step; `counts` is false once it was corrected or withdrawn."""

    id: str
    kind: CaseStepKind
    happened_on: Day
    amount_fen: int | None
    quantity_milli: int | None
    unit: str | None
    note: str
    skipped_reason: str
    next_step_due_on: Day | None
    recorded_by: str
    counts: bool


class Case(CaseLine):
    """A case with its steps, and for each kind of step the sum of its amounts; sums of two kinds are never added."""

    demand_title: str
    supply_title: str
    decline_reason: DeclineReason | None
    steps: list[Step]
    sums_fen: dict[CaseStepKind, int] = Field(description="By kind of step.")


@blueprint.get("/cases", operation_id="list_cases", responses={"200": CaseList})
@needs(ApiScope.CASES_READ)
def list_cases(query: CaseQuery) -> Response:
    """Own cases, those that changed last first."""
    found, total, _counts = lists.own_cases(
        db(), current_actor(), on=today(), status=query.status, page=query.page, size=query.size
    )
    return listed([CaseLine.model_construct(**_line(line)) for line in found], total, query)


@blueprint.get("/cases/<id>", operation_id="get_case", responses={"200": Case})
@needs(ApiScope.CASES_READ)
def one_case(path: IdPath) -> Response:
    """One own case with its steps."""
    return shown(case_model(lists.case(db(), current_actor(), path.id, on=today())))


def case_model(found: lists.Case) -> Case:
    return Case.model_construct(
        **_line(found.line), demand_title=found.demand_title, supply_title=found.supply_title,
        decline_reason=found.refusal.reason if found.refusal else None,
        steps=[step_model(step) for step in found.progress.steps], sums_fen=found.progress.sums,
    )  # fmt: skip


def step_model(step: StepLine) -> Step:
    return Step.model_construct(
        id=step.public_id, kind=step.kind, happened_on=step.happened_on, amount_fen=step.amount_fen,
        quantity_milli=step.quantity_milli, unit=step.unit, note=step.note, skipped_reason=step.skipped_reason,
        next_step_due_on=step.next_step_due_on, recorded_by=step.recorded_by, counts=step.counts,
    )  # fmt: skip


def _line(line: lists.CaseLine) -> dict[str, Any]:
    return {
        "id": line.public_id, "market": line.market, "status": line.status, "title": line.title,
        "counterpart": line.counterpart, "last_step": line.last_step, "due_stage": line.due_stage,
        "due_on": line.next_due_on, "is_overdue": line.is_overdue, "changed_at": line.changed_at,
    }  # fmt: skip
