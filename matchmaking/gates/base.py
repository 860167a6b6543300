"""What a gate is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from vocabulary.reasons import GateAnswer, GateCode, Reach, ValueKind


@dataclass(frozen=True)
class Change:
    """One fact of one side set to another value. `value` is applied as it stands when the gates are run again."""

    gate: GateCode
    side: str
    """`demand` or `supply`."""
    field: str
    value: Any
    reach: Reach
    on: date | None = None
    """For a change that only time brings: the day it holds from."""


@dataclass(frozen=True)
class GateResult:
    """An answer with the value found, the limit it was held against and the side whose hand would change it."""

    code: GateCode
    answer: GateAnswer
    kind: ValueKind
    value: Any = None
    limit: Any = None
    source: str = ""
    """`side.field` of the value."""


@dataclass(frozen=True)
class Gate:
    """One hard rule of a market.

    `check(demand, supply, as_of)` gives (answer, value, limit); `change` gives the smallest change of one fact that
    opens the gate when it is closed, or None where no change of a fact would.
    """

    code: GateCode
    kind: ValueKind
    source: str
    check: Callable[[Any, Any, date], tuple[GateAnswer, Any, Any]]
    change: Callable[[Any, Any, date], Change | None]

    def run(self, demand: Any, supply: Any, as_of: date) -> GateResult:
        answer, value, limit = self.check(demand, supply, as_of)
        return GateResult(self.code, answer, self.kind, value, limit, self.source)


def answer(is_open: bool | None) -> GateAnswer:
    """Three answers from True, False and None."""
    if is_open is None:
        return GateAnswer.UNKNOWN
    return GateAnswer.OPEN if is_open else GateAnswer.CLOSED


def never(_demand: Any, _supply: Any, _as_of: date) -> None:
    """No change of a fact opens this gate."""
    return
