"""Gates as bitmaps: for each distinct demand of a gate one row of bits over all supplies, closed and unknown."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchmaking.columns import Columns, distinct_rows
from matchmaking.gates.base import ANSWER_CODES, Apart, Gate, plain_answers
from vocabulary.reasons import GateAnswer

WORD = 64
_REMEMBERED_BYTES = 1 << 25
"""Memory of the rows that each gate keeps for single demands."""


@dataclass(frozen=True)
class GateBits:
    """All gates for a block of demands.

    codes : int32 (n_demands, n_gates), each demand's row for each gate
    closed, unknown : uint64 (n_rows, n_words), supply j in bit j % 64 of word j // 64
    """

    codes: NDArray[np.int32]
    closed: NDArray[np.uint64]
    unknown: NDArray[np.uint64]


Rows = Callable[[Columns], tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.uint64]]]
"""From demands to (row of each demand, closed bits by row, unknown bits by row)."""


class Bitmaps:
    """The gates of a market against a fixed set of supplies."""

    def __init__(self, gates: Sequence[Gate], supplies: Columns, as_of: date, n_words: int) -> None:
        self._rows: list[Rows] = [
            _apart_rows(gate, gate.apart, supplies, n_words)
            if gate.apart is not None
            else _refusal_rows(gate, supplies, as_of, n_words)
            if gate.only_where
            else _table_rows(gate, supplies, as_of, n_words)
            for gate in gates
        ]

    def compile(self, demands: Columns) -> GateBits:
        """Bits of a block of demands; a row is made once per distinct answer, whatever the number of demands."""
        codes, closed, unknown = [], [], []
        n_rows = 0
        for rows in self._rows:
            of_gate, closed_rows, unknown_rows = rows(demands)
            codes.append(of_gate + np.int32(n_rows))
            closed.append(closed_rows)
            unknown.append(unknown_rows)
            n_rows += len(closed_rows)
        return GateBits(np.ascontiguousarray(np.stack(codes, axis=1)), np.concatenate(closed), np.concatenate(unknown))


def _table_rows(gate: Gate, supplies: Columns, as_of: date, n_words: int) -> Rows:
    columns, first = supplies.levels(gate.supply_facts)
    distinct = supplies.rows(first)
    table: Callable[[Sequence[Any]], NDArray[np.int8]]
    if gate.answers is not None:
        table = gate.answers(distinct, as_of)
    else:
        table = lambda demands: plain_answers(gate.check, demands, distinct, as_of)  # noqa: E731 -- one of two tables

    def rows(demands: Columns) -> tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.uint64]]:
        codes, levels = demands.levels(gate.demand_facts)
        answers = table(demands.rows(levels))
        if len(answers) > 1:
            first, merged = distinct_rows(answers)
            answers = answers[first]
            codes = merged[codes]
        return codes, *packed(answers, columns, n_words)

    return _remembered(rows, gate.demand_facts, n_words)


def _remembered(rows: Rows, facts: Sequence[str], n_words: int) -> Rows:
    """The same rows; those of single demands are kept, up to a limit of memory, for demands alike that come later."""
    kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
    most = max(1, _REMEMBERED_BYTES // (16 * n_words))

    def remembered(demands: Columns) -> tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.uint64]]:
        if len(demands) != 1:
            return rows(demands)
        demand = demands.row(0)
        key = tuple(getattr(demand, fact) for fact in facts)
        found = kept.get(key)
        if found is None:
            found = kept[key] = rows(demands)
            if len(kept) > most:
                kept.popitem(last=False)
        return found

    return remembered


def packed(
    answers: NDArray[np.int8], columns: NDArray[np.int32], n_words: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Bits of where an answer is CLOSED and of where it is UNKNOWN, uint64 (n_rows, n_words) each."""
    from matchmaking.kernels import pack

    closed, unknown = (np.zeros((len(answers), n_words), dtype=np.uint64) for _ in range(2))
    if answers.any():
        pack(np.ascontiguousarray(answers), columns, closed, unknown)
    return closed, unknown


def _apart_rows(gate: Gate, apart: Apart, supplies: Columns, n_words: int) -> Rows:
    """Row 0 is open to all supplies; only demands that share a key with some supply have a row of their own."""
    codes, first = supplies.levels(gate.supply_facts)
    members = _members(codes, len(first))
    holders: dict[Hashable, list[int]] = {}
    for level, supply in enumerate(supplies.rows(first)):
        for key in apart.supply_keys(supply):
            holders.setdefault(key, []).append(level)

    def rows(demands: Columns) -> tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.uint64]]:
        codes, levels = demands.levels(gate.demand_facts)
        row_of = np.zeros(len(levels), dtype=np.int32)
        closed = [np.zeros(n_words, dtype=np.uint64)]
        for level, demand in enumerate(demands.rows(levels)):
            met = [holder for key in apart.demand_keys(demand) for holder in holders.get(key, ())]
            if met:
                row_of[level] = len(closed)
                closed.append(_bits(np.concatenate([members[holder] for holder in met]), n_words))
        return row_of[codes], np.stack(closed), np.zeros((len(closed), n_words), dtype=np.uint64)

    return rows


def _refusal_rows(gate: Gate, supplies: Columns, as_of: date, n_words: int) -> Rows:
    """Rows for a gate that is open to everybody but the few that were refused; it is never unknown."""
    refused = gate.only_where == "demand"
    of_supplies = None if refused else supplies.column("refusals")
    asked = (
        np.arange(len(supplies))
        if of_supplies is None
        else np.flatnonzero(np.array([bool(value) for value in of_supplies.values], dtype=bool)[of_supplies.codes])
    )

    def rows(demands: Columns) -> tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.uint64]]:
        row_of = np.zeros(len(demands), dtype=np.int32)
        closed = [np.zeros(n_words, dtype=np.uint64)]
        if len(asked) and (not refused or any(demands.column("refusals").values)):
            against = supplies.rows(asked)
            for index, demand in enumerate(demands.rows()):
                if refused and not demand.refusals:
                    continue
                answers = plain_answers(gate.check, [demand], against, as_of)[0]
                if answers.any():
                    row_of[index] = len(closed)
                    closed.append(_bits(asked[np.flatnonzero(answers == ANSWER_CODES[GateAnswer.CLOSED])], n_words))
        return row_of, np.stack(closed), np.zeros((len(closed), n_words), dtype=np.uint64)

    return rows


def _members(codes: NDArray[np.int32], n_levels: int) -> list[NDArray[np.int64]]:
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.cumsum(np.bincount(codes, minlength=n_levels))[:-1]) if n_levels else []


def _bits(places: NDArray[np.int64], n_words: int) -> NDArray[np.uint64]:
    words = np.zeros(n_words, dtype=np.uint64)
    np.bitwise_or.at(words, places // WORD, np.uint64(1) << (places % WORD).astype(np.uint64))
    return words
