"""The plan of a chain: three phases of a year each, with three usual tasks each."""

from datetime import date, timedelta
from enum import StrEnum

from vocabulary.lifecycle import lifecycle


class PlanPhase(StrEnum):
    """一年打基础, 两年见成效, 三年成闭环."""

    FOUNDATION = "foundation"
    RESULTS = "results"
    CLOSED_LOOP = "closed_loop"


class PlanTaskKind(StrEnum):
    """The nine tasks of the city's plan, in order; an office may add its own."""

    FRAMEWORK = "framework"
    SURVEY = "survey"
    EXAMPLES = "examples"
    INVESTMENT = "investment"
    PROJECTS = "projects"
    COOPERATION = "cooperation"
    TALENT = "talent"
    COSTS = "costs"
    PROFIT = "profit"


class PlanTaskStatus(StrEnum):
    """A task of a plan; that it is late is computed from its last day."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    DONE = "done"
    DROPPED = "dropped"


OPEN_PLAN_TASK = frozenset({PlanTaskStatus.PLANNED, PlanTaskStatus.UNDER_WAY})

_K = PlanTaskKind
USUAL_TASKS: dict[PlanPhase, tuple[PlanTaskKind, ...]] = {
    PlanPhase.FOUNDATION: (_K.FRAMEWORK, _K.SURVEY, _K.EXAMPLES),
    PlanPhase.RESULTS: (_K.INVESTMENT, _K.PROJECTS, _K.COOPERATION),
    PlanPhase.CLOSED_LOOP: (_K.TALENT, _K.COSTS, _K.PROFIT),
}
TASK_MONTHS = 4


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the month's last one where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


def phase_days(start: date) -> dict[PlanPhase, tuple[date, date]]:
    """First and last day of each phase of a plan that begins on a day."""
    return {
        phase: (months_after(start, 12 * nth), months_after(start, 12 * (nth + 1)) - timedelta(days=1))
        for nth, phase in enumerate(PlanPhase)
    }


_S = PlanTaskStatus
PLAN_TASK = lifecycle(
    "plan_task", _S, _S.PLANNED,
    {_S.PLANNED: (_S.UNDER_WAY, _S.DROPPED), _S.UNDER_WAY: (_S.DONE, _S.DROPPED), _S.DROPPED: (_S.PLANNED,)},
)  # fmt: skip
