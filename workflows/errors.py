"""What a workflow refuses."""

from datetime import datetime
from enum import StrEnum
from typing import Any


class StepNotAllowed(Exception):
    """The row is not in a status that allows the step: somebody else was first, or the step does not exist."""

    def __init__(
        self,
        *,
        noun: str,
        current: StrEnum,
        wanted: StrEnum,
        changed_by: str = "",
        changed_at: datetime | None = None,
    ) -> None:
        super().__init__(f"{noun}: {current.value} -> {wanted.value}")
        self.noun = noun
        self.current = current
        self.wanted = wanted
        self.changed_by = changed_by
        self.changed_at = changed_at


class AlreadyExists(Exception):
    """A value that must be unique is taken; `field` names the form field that shows the message."""

    def __init__(self, field: str, value: str = "") -> None:
        super().__init__(field)
        self.field = field
        self.value = value


class ChangedMeanwhile(Exception):
    """Somebody saved a newer version first; `current` holds the newer values, by field.

    `version` is what the next save must name: a number, or a fingerprint where none are counted.
    """

    def __init__(self, current: dict[str, object], version: Any) -> None:
        super().__init__(f"version is {version} now")
        self.current = current
        self.version = version


class NotComplete(Exception):
    """Values that the step needs are missing or wrong: field name -> reason code."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(", ".join(sorted(problems)))
        self.problems = problems
