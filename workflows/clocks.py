"""The clocks of a running case, in working days: the one place that says what is due when, and who is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Protocol

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlmodel import Session, select

from access.case_steps import is_latest
from models.pairing import CaseStep, Pairing
from vocabulary.case_clocks import ClockStage, ReminderLevel, highest, stage_after
from vocabulary.classifications import LADDERS
from vocabulary.lifecycles import RUNNING_PAIRING
from vocabulary.reference import ReferenceKind
from workflows.calendar import WorkingDays, city_day
from workflows.reference_data import dated, working_days

_LOOK_AHEAD = timedelta(days=90)


class ClockLimits(BaseSettings):
    """Working days, read once from the environment (`LIANRONG_CONTACT_DAYS`, …) and checked at start."""

    model_config = SettingsConfigDict(env_prefix="LIANRONG_", frozen=True, extra="ignore")

    contact_days: int = Field(default=1, ge=1, le=250)
    """From the introduction to the first contact."""
    visit_days: int = Field(default=5, ge=1, le=250)
    """From the first contact to the visit, or the sample."""
    decision_days: int = Field(default=30, ge=1, le=250)
    """From the visit, or the sample, to the decision: credit granted, or a first order."""
    silence_days: int = Field(default=20, ge=1, le=250)
    """From the introduction until a case in which nothing was ever recorded expires."""
    chain_office_after_days: int = Field(default=1, ge=1, le=250)
    """From the due day until the chain's office is told."""
    joint_office_after_days: int = Field(default=5, ge=1, le=250)
    """From the due day until the joint office is told."""

    @model_validator(mode="after")
    def _in_order(self) -> "ClockLimits":
        if self.joint_office_after_days < self.chain_office_after_days:
            raise ValueError("LIANRONG_JOINT_OFFICE_AFTER_DAYS is less than LIANRONG_CHAIN_OFFICE_AFTER_DAYS")
        return self

    def at(self, _day: date) -> "ClockLimits":
        return self

    def of(self, stage: ClockStage) -> int | None:
        """Working days for a stage; None where only the counterpart can state a day."""
        return {
            ClockStage.CONTACT: self.contact_days,
            ClockStage.VISIT: self.visit_days,
            ClockStage.DECISION: self.decision_days,
        }.get(stage)


class Limits(Protocol):
    """The limits that hold on a day."""

    def at(self, day: date) -> ClockLimits: ...


@dataclass(frozen=True)
class DatedLimits:
    """Limits kept as versions, the newest first; before the first of them, those of this installation."""

    versions: Sequence[tuple[date, Mapping[str, Any]]]

    def at(self, day: date) -> ClockLimits:
        body = next((body for first_day, body in self.versions if first_day <= day), {})
        return limits().model_copy(update=dict(body))


@dataclass(frozen=True)
class Due:
    """What is due next and on which day at the latest; no day where there is neither limit nor statement."""

    stage: ClockStage
    on: date | None = None
    is_stated: bool = False
    is_provisional: bool = False


@cache
def limits() -> ClockLimits:
    """The limits of this installation, in force until a version of the case clocks is."""
    return ClockLimits()


def dated_limits(session: Session) -> DatedLimits:
    """What holds on any day: the versions that the administrator keeps, then the settings."""
    return DatedLimits(dated(session, ReferenceKind.CASE_CLOCKS))


def due(pairing: Pairing, steps: Sequence[CaseStep], rules: Limits, calendar: WorkingDays) -> Due | None:
    """What is due of a case, given the valid versions of its steps; None if it is not running or told to its end.

    A stage is counted from the introduction or from the step that began it, so that a second visit or due diligence
    does not wind the clock of the decision back, by the limit of the day on which it began: a new one shortens nothing
    that was promised. A day that the counterpart stated with its last step comes first.
    """
    if pairing.status not in RUNNING_PAIRING or pairing.introduced_at is None:
        return None
    stage = stage_after(highest(pairing.market, (step.kind for step in steps)))
    if stage is None:
        return None
    last = max(steps, key=lambda step: (LADDERS[pairing.market].index(step.kind), step.id or 0), default=None)
    if last is not None and last.next_step_due_on is not None:
        return Due(stage, last.next_step_due_on, is_stated=True)
    began_on = min(
        (step.happened_on for step in steps if stage_after(step.kind) is stage),
        default=city_day(pairing.introduced_at),
    )
    days = rules.at(began_on).of(stage)
    if days is None:
        return Due(stage)
    end = calendar.after(began_on, days)
    return Due(stage, end.on, is_provisional=end.is_provisional)


def set_due(session: Session, pairing: Pairing) -> Due | None:
    """Write what is due into the pairing's row, where every list and page reads it."""
    steps = session.exec(select(CaseStep).where(CaseStep.pairing_id == pairing.id, *is_latest())).all()
    found = due(pairing, steps, dated_limits(session), working_days(session))
    pairing.due_stage = found.stage if found else None
    pairing.due_on = found.on if found else None
    pairing.due_is_stated = bool(found and found.is_stated)
    pairing.due_is_provisional = bool(found and found.is_provisional)
    session.add(pairing)
    session.flush()
    return found


def levels_reached(due_on: date, on: date, rules: ClockLimits, calendar: WorkingDays) -> list[ReminderLevel]:
    """Who is to be told by a day: the handler from the working day before the due day, the offices once it is late."""
    begins = {
        ReminderLevel.HANDLER: calendar.before(due_on),
        ReminderLevel.CHAIN_OFFICE: calendar.after(due_on, rules.chain_office_after_days).on,
        ReminderLevel.JOINT_OFFICE: calendar.after(due_on, rules.joint_office_after_days).on,
    }
    return [level for level, day in begins.items() if on >= day]


def years_guessed(calendar: WorkingDays, on: date) -> list[int]:
    """Years within reach of a clock whose holidays are not known yet: the office and the administrator are told."""
    return calendar.unknown_years(on, on + _LOOK_AHEAD)
