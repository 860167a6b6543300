"""Reference data that administrators keep as versions: what there is, and what a version must look like."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from vocabulary.classifications import DeclineReason, VerdictReason

FIRST_YEAR, LAST_YEAR = 2004, 2099
MOST_CLOCK_DAYS = 250
"""Working days of a year."""
_FRIDAY = 4
_Code = TypeVar("_Code", bound=StrEnum)


class ReferenceKind(StrEnum):
    """What is kept. A calendar has a key for each year; lists and clocks have none."""

    WORKING_DAYS = "working_days"
    DECLINE_REASONS = "decline_reasons"
    VERDICT_REASONS = "verdict_reasons"
    CASE_CLOCKS = "case_clocks"


class Body(BaseModel):
    """What a version says; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class YearOfWork(Body):
    """A year's days off, weekends among them or not, and the weekend days that are worked, as announced."""

    year: int
    holidays: tuple[date, ...]
    make_up_days: tuple[date, ...] = ()

    @field_validator("holidays", "make_up_days")
    @classmethod
    def _sorted(cls, days: tuple[date, ...]) -> tuple[date, ...]:
        return tuple(sorted(set(days)))

    @field_validator("holidays")
    @classmethod
    def _not_empty(cls, days: tuple[date, ...]) -> tuple[date, ...]:
        if not days:
            raise PydanticCustomError("required", "a year has holidays")
        return days

    @field_validator("make_up_days")
    @classmethod
    def _on_weekends(cls, days: tuple[date, ...]) -> tuple[date, ...]:
        if any(day.weekday() <= _FRIDAY for day in days):
            raise PydanticCustomError("not_weekend", "a make-up day is a Saturday or a Sunday")
        return days

    @model_validator(mode="after")
    def _of_the_year(self) -> Self:
        if any(day.year != self.year for day in (*self.holidays, *self.make_up_days)):
            raise PydanticCustomError("other_year", "a day of another year")
        if set(self.holidays) & set(self.make_up_days):
            raise PydanticCustomError("both", "a day cannot be off and worked")
        return self

    def is_working_day(self, day: date) -> bool:
        return day in self.make_up_days or (day.weekday() <= _FRIDAY and day not in self.holidays)


def _with_other(codes: tuple[_Code, ...]) -> tuple[_Code, ...]:
    """`other` stays, so that nobody is without an answer."""
    if "other" not in codes:
        raise PydanticCustomError("without_other", "`other` stays")
    return codes


class DeclineReasons(Body):
    """Codes that forms offer to firms, banks and buyers."""

    offered: Annotated[tuple[DeclineReason, ...], AfterValidator(_with_other)]


class VerdictReasons(Body):
    """Codes that forms offer to officials."""

    offered: Annotated[tuple[VerdictReason, ...], AfterValidator(_with_other)]


_Days = Annotated[int, Field(ge=1, le=MOST_CLOCK_DAYS)]


class CaseClocks(Body):
    """Working days until what is due in a case is late, and until who is told; before the first version, the settings
    of the same names.
    """

    contact_days: _Days
    visit_days: _Days
    decision_days: _Days
    silence_days: _Days
    chain_office_after_days: _Days
    joint_office_after_days: _Days

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.joint_office_after_days < self.chain_office_after_days:
            raise PydanticCustomError("out_of_order", "the joint office is not told before the chain's office")
        return self


SCHEMAS: Mapping[ReferenceKind, type[Body]] = {
    ReferenceKind.WORKING_DAYS: YearOfWork,
    ReferenceKind.DECLINE_REASONS: DeclineReasons,
    ReferenceKind.VERDICT_REASONS: VerdictReasons,
    ReferenceKind.CASE_CLOCKS: CaseClocks,
}
CODES: Mapping[ReferenceKind, type[StrEnum]] = {
    ReferenceKind.DECLINE_REASONS: DeclineReason,
    ReferenceKind.VERDICT_REASONS: VerdictReason,
}
"""Lists of codes; before the first version all are offered."""


def is_known(kind: ReferenceKind, key: str) -> bool:
    """Whether there can be versions under this key: a year of a calendar, nothing of the others."""
    if kind is not ReferenceKind.WORKING_DAYS:
        return key == ""
    return key in map(str, range(FIRST_YEAR, LAST_YEAR + 1))


def read(kind: ReferenceKind, body: Mapping[str, Any]) -> Any:
    """The body of a version as its kind has it. Raises pydantic.ValidationError."""
    return SCHEMAS[kind].model_validate(body)
