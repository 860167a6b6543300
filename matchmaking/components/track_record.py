"""Scored aspects of what a supply really did: how active it is, and for whom, where, for what and how much.

A value of one half is neutral: as often as everywhere, or nothing alike. A supply without events has no data in any of
them and is judged by the rest.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchmaking.columns import Columns
from matchmaking.components.base import Compiled, FittedComponent, Fitting, Form, LevelTable
from matchmaking.facts import Id, id_key
from matchmaking.history import Event, History
from matchmaking.text import TextModel
from matchmaking.track_record import (
    BackedOffShares,
    PastTexts,
    Path,
    amount_path,
    latest_first_ages,
    overall_shares,
    recency,
    region_path,
)
from vocabulary.reasons import ComponentCode

HALF_LIFE_DAYS = 30.0
"""After so long without a new event, half of a supply's activity is forgotten."""
_SPAN = 24.0
"""Logarithms of shares and lifts are shown on a line of this length: e^12 times as often is 1, e^-12 is 0."""

Floats = NDArray[np.float64]


def _in_order(history: History) -> list[Event]:
    """Events by day, then by supply and demand, so that the order they came in does not matter."""
    return sorted(history.events, key=lambda event: (event.on, id_key(event.supply_id), id_key(event.demand.id)))


def _columns(events: list[Event]) -> tuple[dict[Id, int], NDArray[np.int64]]:
    """Column of each supply that has events, and of each event."""
    column_of = {supply_id: n for n, supply_id in enumerate(sorted({event.supply_id for event in events}, key=id_key))}
    return column_of, np.array([column_of[event.supply_id] for event in events], dtype=np.int64)


@dataclass(frozen=True)
class Recorded(FittedComponent):
    """A fitted aspect: a row of values over the supplies with events, for each distinct demand."""

    code: ComponentCode
    column_of: dict[Id, int]
    demand_facts: tuple[str, ...]
    row: Callable[[Any], Floats | None]
    """Values (n_supplies_with_events,) for one demand; None for no data."""
    one: Callable[[Any, int], float | None]
    """One entry of `row`."""

    def value(self, demand: Any, supply: Any) -> float | None:
        column = self.column_of.get(supply.id)
        return None if column is None else self.one(demand, column)

    def values(self, demands: Columns, supplies: Columns) -> Floats:
        (form,) = self.against(supplies).compile(demands)
        assert isinstance(form, LevelTable)
        values: Floats = form.table[form.codes][:, form.columns]
        return values

    def against(self, supplies: Columns) -> Compiled:
        return _RecordedAgainst(self, supplies)


class _RecordedAgainst:
    """Distinct demands against the supplies with events; a last column without data serves the others."""

    def __init__(self, recorded: Recorded, supplies: Columns) -> None:
        self._recorded = recorded
        none = len(recorded.column_of)
        self._columns = np.array([recorded.column_of.get(row_id, none) for row_id in supplies.ids], dtype=np.int32)

    def compile(self, demands: Columns) -> tuple[Form, ...]:
        if not self._recorded.column_of:
            nothing = np.zeros(len(demands), dtype=np.int32)
            return (LevelTable(nothing, np.full((1, 1), np.nan), self._columns),)
        codes, first = demands.levels(self._recorded.demand_facts)
        table = np.full((len(first), len(self._recorded.column_of) + 1), np.nan)
        for level, demand in enumerate(demands.rows(first)):
            row = self._recorded.row(demand)
            if row is not None:
                table[level, :-1] = row
        return (LevelTable(codes, table, self._columns),)


class Activity:
    """Share of all events, the recent ones most, on a logarithmic line."""

    code = ComponentCode.TRACK_ACTIVITY

    def fit(self, fitting: Fitting) -> FittedComponent:
        events = _in_order(fitting.history)
        column_of, columns = _columns(events)
        weights = recency(latest_first_ages(event.on for event in events), HALF_LIFE_DAYS)
        shares = overall_shares(columns, len(column_of), weights) if events else np.ones(0)
        values = np.clip(1 + np.log(shares) / _SPAN, 0.0, 1.0)
        return Recorded(self.code, column_of, (), lambda _demand: values, lambda _demand, column: float(values[column]))


@dataclass(frozen=True)
class Circumstance:
    """How much more often than elsewhere a supply acted in the demand's circumstances, from coarse to fine."""

    code: ComponentCode
    fact: str
    path: Callable[[Any], Path | None]

    def fit(self, fitting: Fitting) -> FittedComponent:
        events = _in_order(fitting.history)
        column_of, columns = _columns(events)
        shares = BackedOffShares().fit([self._of(event.demand) for event in events], columns, len(column_of))

        def row(demand: Any) -> Floats | None:
            lifts = shares.lifts(self._of(demand))
            return None if lifts is None else np.clip(0.5 + lifts / _SPAN, 0.0, 1.0)

        def one(demand: Any, column: int) -> float | None:
            lift = shares.lift(self._of(demand), column)
            return None if lift is None else min(1.0, max(0.0, 0.5 + lift / _SPAN))

        return Recorded(self.code, column_of, (self.fact,), row, one)

    def _of(self, demand: Any) -> Path | None:
        return self.path(getattr(demand, self.fact, None))


class PastTextComponent:
    """Likeness of the demand's text to those the supply answered before; one half where nothing is alike."""

    code = ComponentCode.TRACK_TEXT

    def fit(self, fitting: Fitting) -> FittedComponent:
        events = _in_order(fitting.history)
        column_of, columns = _columns(events)
        model = fitting.text
        past = PastTexts().fit(model.vectors([event.demand.text for event in events]), columns)
        ids = list(column_of)
        answered = {ids[column]: n for n, column in enumerate(past.supplies_.tolist())}

        def row(demand: Any) -> Floats | None:
            return _likeness(model, past, demand.text)

        def one(demand: Any, column: int) -> float | None:
            found = _likeness(model, past, demand.text)
            return None if found is None else float(found[column])

        return Recorded(self.code, answered, ("text",), row, one)


def _likeness(model: TextModel, past: PastTexts, text: str) -> Floats | None:
    rows = model.vectors([text])
    if not rows.nnz:
        return None
    likeness: Floats = 0.5 + past.likeness(rows)[0] / 2
    return likeness


def _kind_path(kind: str | None) -> Path | None:
    """`Construction/Toronto Water` from coarse to fine; a plain word is one step."""
    return tuple(part.strip() for part in kind.split("/") if part.strip()) or None if kind else None


def _term_path(months: int | None) -> Path | None:
    return None if months is None else (str(months),)


ACTIVITY = Activity()
TEXT = PastTextComponent()
REGION = Circumstance(ComponentCode.TRACK_REGION, "region_path", region_path)
INDUSTRY = Circumstance(ComponentCode.TRACK_INDUSTRY, "industry_path", lambda path: path)
SIZE = Circumstance(ComponentCode.TRACK_SIZE, "amount_fen", amount_path)
TERM = Circumstance(ComponentCode.TRACK_TERM, "term_months", _term_path)
KIND = Circumstance(ComponentCode.TRACK_KIND, "kind", _kind_path)


class RecordBase:
    """How many different firms stand behind each aspect of a supply's record, so that words can say it and name none.

    Trade is counted by the two-digit division, place by the county, amount by its doubling; firms are told apart by
    their organization, or by the demand where nobody is named.
    """

    def __init__(self, history: History) -> None:
        self._firms: defaultdict[tuple[Id, ComponentCode, Path], set[Id]] = defaultdict(set)
        for event in history.events:
            for code, circumstance in _circumstances(event.demand):
                firm = event.demand.organization_id
                self._firms[event.supply_id, code, circumstance].add(event.demand.id if firm is None else firm)

    def n_firms(self, demand: Any, supply_id: Id) -> dict[ComponentCode, int]:
        """Firms in the demand's circumstances that the supply served, by aspect; aspects without data are missing."""
        return {
            code: len(self._firms.get((supply_id, code, circumstance), ()))
            for code, circumstance in _circumstances(demand)
        }


_DIVISION, _COUNTY = 2, 3


def _circumstances(demand: Any) -> Iterator[tuple[ComponentCode, Path]]:
    yield ComponentCode.TRACK_ACTIVITY, ()
    if demand.industry_path:
        yield ComponentCode.TRACK_INDUSTRY, demand.industry_path[:_DIVISION]
    if demand.region_path:
        yield ComponentCode.TRACK_REGION, demand.region_path[:_COUNTY]
    if amount := amount_path(getattr(demand, "amount_fen", None)):
        yield ComponentCode.TRACK_SIZE, amount[1:]
