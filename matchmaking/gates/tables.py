"""Answers of a gate for many distinct rows at once. Whatever is not plainly decided here is left to its `check`."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchmaking.gates.base import CLOSED, OPEN, Answers, Check, Table, plain_answers


def interval(
    check: Check,
    number: Callable[[Any, date], float | None],
    limits: Callable[[Any, date], tuple[float | None, float | None]],
) -> Answers:
    """A number of the demand is between two limits of the supply, both inclusive; None is no limit on that side.

    Demands without a number and supplies without any limit are asked through `check`; among the others the answer
    of a supply without limits must not depend on the number.
    """

    def against(supplies: Sequence[Any], as_of: date) -> Table:
        bounds = [limits(supply, as_of) for supply in supplies]
        low = np.array([-np.inf if bound is None else bound for bound, _ in bounds], dtype=np.float64)
        high = np.array([np.inf if bound is None else bound for _, bound in bounds], dtype=np.float64)
        limitless = [column for column, bound in enumerate(bounds) if bound == (None, None)]

        def answers(demands: Sequence[Any]) -> NDArray[np.int8]:
            numbers = [number(demand, as_of) for demand in demands]
            values = np.array([np.nan if value is None else value for value in numbers], dtype=np.float64)[:, None]
            codes = np.where((values < low) | (values > high), np.int8(CLOSED), np.int8(OPEN))
            _ask(codes, check, demands, supplies, as_of, [value is None for value in numbers], limitless)
            return codes

        return answers

    return against


def shared(
    check: Check,
    demand_keys: Callable[[Any], Iterable[Hashable] | None],
    supply_keys: Callable[[Any], Iterable[Hashable] | None],
    *,
    opens: bool,
) -> Answers:
    """The gate opens (or, without `opens`, closes) exactly where the two sides share a key.

    Rows without keys are asked through `check`; the answer of a supply without keys must not depend on the keys of
    the demand.
    """
    if_shared, if_not = (OPEN, CLOSED) if opens else (CLOSED, OPEN)

    def against(supplies: Sequence[Any], as_of: date) -> Table:
        holders: dict[Hashable, list[int]] = {}
        keyless = []
        for column, supply in enumerate(supplies):
            keys = tuple(supply_keys(supply) or ())
            if not keys:
                keyless.append(column)
            for key in keys:
                holders.setdefault(key, []).append(column)
        columns_of = {key: np.array(columns) for key, columns in holders.items()}

        def answers(demands: Sequence[Any]) -> NDArray[np.int8]:
            all_keys = [tuple(demand_keys(demand) or ()) for demand in demands]
            codes = np.full((len(demands), len(supplies)), if_not, dtype=np.int8)
            for row, keys in enumerate(all_keys):
                for key in keys:
                    if key in columns_of:
                        codes[row, columns_of[key]] = if_shared
            _ask(codes, check, demands, supplies, as_of, [not keys for keys in all_keys], keyless)
            return codes

        return answers

    return against


def _ask(
    codes: NDArray[np.int8],
    check: Check,
    demands: Sequence[Any],
    supplies: Sequence[Any],
    as_of: date,
    unsure: list[bool],
    columns: list[int],
) -> None:
    """Fill in, through `check`, the rows of unsure demands and the given columns of the others."""
    rows = [row for row, flag in enumerate(unsure) if flag]
    if rows:
        codes[rows] = plain_answers(check, [demands[row] for row in rows], supplies, as_of)
    sure = next((row for row, flag in enumerate(unsure) if not flag), None)
    if columns and sure is not None:
        others = np.array([row for row, flag in enumerate(unsure) if not flag])
        constant = plain_answers(check, [demands[sure]], [supplies[column] for column in columns], as_of)[0]
        codes[np.ix_(others, np.array(columns))] = constant
