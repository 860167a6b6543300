"""What a gate is."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vocabulary.reasons import GateAnswer, GateCode, Reach, ValueKind

Check = Callable[[Any, Any, date], tuple[GateAnswer, Any, Any]]
Table = Callable[[Sequence[Any]], NDArray[np.int8]]
Answers = Callable[[Sequence[Any], date], Table]

ANSWER_CODES = {GateAnswer.OPEN: 0, GateAnswer.CLOSED: 1, GateAnswer.UNKNOWN: 2}
OPEN, CLOSED, UNKNOWN = ANSWER_CODES.values()


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
class Apart:
    """Keys of either side; the gate is closed exactly where the two share one."""

    demand_keys: Callable[[Any], Iterable[Hashable]]
    supply_keys: Callable[[Any], Iterable[Hashable]]


@dataclass(frozen=True)
class Gate:
    """One hard rule of a market.

    `check(demand, supply, as_of)` gives (answer, value, limit); `change` gives the smallest change of one fact that
    opens the gate when it is closed, or None where no change of a fact would. `demand_facts` and `supply_facts` are
    the facts that `check` reads: rows that share them get the same answer.

    The next two say the same as `check` for many rows at once, where both sides have many distinct values:
    `answers(supplies, as_of)(demands)` gives int8 codes of shape (n_demands, n_supplies), see `ANSWER_CODES`;
    `apart` is for gates that are closed exactly where two rows share a key, and open otherwise.
    """

    code: GateCode
    kind: ValueKind
    source: str
    check: Check
    change: Callable[[Any, Any, date], Change | None]
    demand_facts: tuple[str, ...]
    supply_facts: tuple[str, ...]
    answers: Answers | None = None
    apart: "Apart | None" = None
    only_where: str = ""
    """The side that has `refusals`: rows of it without any are open to all, and nothing is asked of them."""
    is_out_of_reach: bool = False
    """Whether, once closed, neither the firm nor time can open it: only the other side can, or nobody."""

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


def plain_answers(check: Check, demands: Sequence[Any], supplies: Sequence[Any], as_of: date) -> NDArray[np.int8]:
    """Codes of `check` for every pair, shape (n_demands, n_supplies)."""
    codes = [[ANSWER_CODES[check(demand, supply, as_of)[0]] for supply in supplies] for demand in demands]
    return np.array(codes, dtype=np.int8).reshape(len(demands), len(supplies))
