"""Cases of the own organization: how far each has come, and the return of what came of them."""

from datetime import datetime
from typing import Annotated, Any

from flask import Response, url_for
from flask_babel import gettext as _
from pydantic import Field

from access.lists import cases as lists
from access.lists.case_progress import StepLine
from vocabulary.case_clocks import ClockStage
from vocabulary.classifications import CaseStepKind, DeclineReason, Market
from vocabulary.integrations import ApiScope
from vocabulary.lifecycles import PairingStatus
from vocabulary.units import Unit
from web.api.blueprint import blueprint, listed, needs, shown
from web.api.refusals import unprocessable
from web.api.shapes import ID, Amount, Code, Day, IdPath, ListQuery, Milli, Sent, Shown, words
from web.common.database import db
from web.common.identity import current_actor
from web.common.problems import problem
from web.common.step_words import problem_words
from workflows import cases, refusals
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete


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
    return shown(_case_model(lists.case(db(), current_actor(), path.id, on=today())))


class NewStep(Sent):
    """What came of the case on a day. Kinds go up the ladder of the market; skipping some needs a reason."""

    kind: Code[CaseStepKind]
    happened_on: Day
    amount_fen: Amount | None = Field(default=None, description="Granted or disbursed, in fen.")
    quantity_milli: Milli | None = None
    unit: Code[Unit] | None = None
    note: Annotated[str, words(1000)] = ""
    skipped_reason: Annotated[str, words(300)] = ""
    next_step_due_on: Day | None = None


class Correction(Sent):
    """The values that hold instead; the step keeps its kind. `is_void`: it did not happen."""

    happened_on: Day
    amount_fen: Amount | None = None
    quantity_milli: Milli | None = None
    unit: Code[Unit] | None = None
    note: Annotated[str, words(1000)] = ""
    next_step_due_on: Day | None = None
    is_void: bool = False


class Decline(Sent):
    """Why the case ends: a code of its market. `message` is for the firm, `note` stays with the own side."""

    reason: Code[DeclineReason]
    message: Annotated[str, words(500)] = ""
    note: Annotated[str, words(500)] = ""


class StepPath(IdPath):
    step_id: str = Field(pattern=ID)


@blueprint.post("/cases/<id>/steps", operation_id="record_step", responses={"201": Case})
@needs(ApiScope.CASES_WRITE)
def record_step(path: IdPath, body: NewStep) -> Response:
    """Record a step - contact, visit, decision, grant, disbursement, order - and move the case as far as it reaches."""
    pairing = lists.case(db(), current_actor(), path.id, on=today()).pairing
    try:
        cases.record_step(db(), current_actor(), pairing, **body.model_dump())
    except NotComplete as error:
        return _refused(error)
    response = _now(path.id, 201)
    response.headers["Location"] = url_for(".one_case", id=path.id)
    return response


@blueprint.post("/cases/<id>/steps/<step_id>/corrections", operation_id="correct_step", responses={"201": Case})
@needs(ApiScope.CASES_WRITE)
def correct_step(path: StepPath, body: Correction) -> Response:
    """Replace a step by a new version of it; both stay on record. 409 if it was corrected before."""
    pairing = lists.case(db(), current_actor(), path.id, on=today()).pairing
    step = lists.step_to_correct(db(), current_actor(), pairing, path.step_id)
    try:
        cases.correct_step(db(), current_actor(), step, **body.model_dump())
    except NotComplete as error:
        return _refused(error)
    except AlreadyExists:
        return problem(409, _("状态已变化"), _("这一步已被更正过，请更正最新的一条。"))
    return _now(path.id, 201)


@blueprint.post("/cases/<id>/decline", operation_id="decline_case", responses={"200": Case})
@needs(ApiScope.CASES_WRITE)
def decline_case(path: IdPath, body: Decline) -> Response:
    """End an introduced case with a coded reason."""
    pairing = lists.case(db(), current_actor(), path.id, on=today()).pairing
    try:
        refusals.decline_case(db(), current_actor(), pairing, **body.model_dump(), today=today())
    except NotComplete as error:
        return _refused(error)
    return _now(path.id)


def _now(public_id: str, status: int = 200) -> Response:
    db().flush()
    return shown(_case_model(lists.case(db(), current_actor(), public_id, on=today())), status)


def _refused(error: NotComplete) -> Response:
    found = {code: problem_words(code) for code in error.problems.values()}
    return unprocessable(error.problems, found)


def _case_model(found: lists.Case) -> Case:
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
