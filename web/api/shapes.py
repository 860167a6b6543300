"""What is sent and answered: strict, so that `false` is no 0 and `"5"` no number; amounts in fen, days as ISO dates."""

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from vocabulary.bands import SCALES
from vocabulary.money import MAX_FEN
from vocabulary.search import Picker, industry_picker, region_picker
from vocabulary.standards import parse_standards

_NO_CONTROL = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
ID = r"^[2-9a-z]{12}$"


def _day(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not _DAY.fullmatch(value):
        raise PydanticCustomError("date_parsing", "a day such as 2026-11-25")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("date_parsing", "a day such as 2026-11-25") from None


def _picked(picker: Callable[[], Picker]) -> Callable[[str], str]:
    """A code or exact name of a long list, as on the form."""

    def pick(value: str) -> str:
        entry = picker().get(value.strip())
        if entry is None:
            raise PydanticCustomError("unknown_code", "not in the list")
        return entry.code

    return pick


def _standards(values: list[str]) -> list[str]:
    found = {text: parse_standards(text) for text in values}
    if not all(found.values()):
        raise PydanticCustomError("unknown_code", "no known standard")
    return list(dict.fromkeys(standard for standards in found.values() for standard in standards))


def _each_once(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def level(scale: str) -> Any:
    """Of a whole number: a band of a scale."""
    levels = SCALES[scale].levels
    return Field(ge=min(levels), le=max(levels))


def words(most: int, *, least: int = 0) -> StringConstraints:
    """Of a text: its length without the blanks around it; control characters are refused."""
    return StringConstraints(strip_whitespace=True, min_length=least, max_length=most, pattern=_NO_CONTROL)


T = TypeVar("T")
Code = Annotated[T, Field(strict=False)]
"""A code of a classification, by its value."""
Several = Annotated[list[T], Field(max_length=100), AfterValidator(_each_once)]
"""A list in which each entry counts once."""
Day = Annotated[date, BeforeValidator(_day)]
Amount = Annotated[int, Field(ge=0, le=MAX_FEN)]
"""In fen."""
Rate = Annotated[int, Field(ge=0, le=10_000)]
"""A year's, in basis points."""
Count = Annotated[int, Field(ge=0, le=10_000_000)]
Milli = Annotated[int, Field(ge=0, le=10**15)]
"""Thousandths of the unit."""
Industry = Annotated[str, StringConstraints(max_length=60), AfterValidator(_picked(industry_picker))]
Region = Annotated[str, StringConstraints(max_length=60), AfterValidator(_picked(region_picker))]
Standards = Annotated[
    list[Annotated[str, StringConstraints(max_length=60)]], Field(max_length=50), AfterValidator(_standards)
]


class Sent(BaseModel):
    """What a client sends: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Shown(BaseModel):
    """What is answered, made from values that are in order."""


class IdPath(BaseModel):
    """The id in an address."""

    id: str = Field(pattern=ID, description="As the lists give it.")


class ListQuery(BaseModel):
    """Which page of a list."""

    page: int = Field(default=1, ge=1, le=10_000)
    size: int = Field(default=50, ge=1, le=100, description="Rows of a page.")


class FieldError(Shown):
    field: str
    code: str
    message: str


class Problem(Shown):
    """Problem details (RFC 9457). What was sent is never repeated."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[FieldError] = []
