"""Changing what changed: after a new or changed row, exactly the lists it touches are made again.

A demand's list depends on that demand, on the supplies and on what was fitted; not on other demands. So a changed
demand touches its own list, and a changed supply touches the lists that hold it and those it would now enter. Text
weights stay as they were fitted; a decision changes track records, and with them any list.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from matchmaking.facts import Id, id_key
from matchmaking.history import Event, History
from matchmaking.markets.base import Market
from matchmaking.recommender import Recommender
from matchmaking.reference import PairResult, near_key
from matchmaking.settings import MatchSettings


@dataclass(frozen=True)
class Entry:
    """One place of a demand's list; `points` has one number for each component, None where it abstained."""

    supply_id: Id
    score: float
    points: tuple[float | None, ...]


class LiveLists:
    """The `top` pairs of every demand that no gate closes, kept equal to a full run while rows change.

    Parameters
    ----------
    recommender : Recommender, fitted on `history`
    demands : rows
    """

    def __init__(
        self, recommender: Recommender, demands: Iterable[Any], *, top: int = 20, history: History | None = None
    ) -> None:
        self._recommender = recommender
        self._history = history or History()
        self._demands = {row.id: row for row in demands}
        self._supplies = {row.id: row for row in recommender.supplies_.rows()}
        self._top = top
        self.lists: dict[Id, tuple[Entry, ...]] = {}
        self._rank(self._demands)

    def change_demands(self, rows: Iterable[Any], *, gone: Iterable[Id] = ()) -> set[Id]:
        """New or changed demands, and those that are gone; returns the ids of demands whose lists changed."""
        gone = [row_id for row_id in gone if row_id in self._demands]
        for row_id in gone:
            del self._demands[row_id], self.lists[row_id]
        changed = {row.id: row for row in rows}
        self._demands |= changed
        return self._rank(changed) | set(gone)

    def change_supplies(self, rows: Iterable[Any], *, gone: Iterable[Id] = ()) -> set[Id]:
        """The same for supplies."""
        changed = {row.id: row for row in rows}
        gone = set(gone)
        self._supplies = {row_id: row for row_id, row in self._supplies.items() if row_id not in gone} | changed
        held = {
            row_id
            for row_id, entries in self.lists.items()
            if any(entry.supply_id in changed or entry.supply_id in gone for entry in entries)
        }
        entered = self._would_enter(list(changed.values()))
        self._recommender = self._recommender.with_supplies(list(self._supplies.values()))
        return self._rank(held | entered)

    def add_events(self, events: Iterable[Event]) -> set[Id]:
        """What happened since; a share of all events changes with each of them, so every list is asked again."""
        self._history = History((*self._history.events, *events))
        self._recommender = self._recommender.with_history(self._history)
        return self._rank(self._demands)

    def _would_enter(self, supplies: Sequence[Any]) -> set[Id]:
        """Demands for which one of the supplies is as good as the last of the list, or the list has room."""
        demands = list(self._demands.values())
        offers = self._recommender.with_supplies(supplies).rank(demands, top=1)
        entered = set()
        for row, score in zip(offers.demand_index.tolist(), offers.score.tolist(), strict=True):
            entries = self.lists[demands[row].id]
            if len(entries) < self._top or score >= entries[-1].score:
                entered.add(demands[row].id)
        return entered

    def _rank(self, demand_ids: Iterable[Id]) -> set[Id]:
        """Make lists again; returns the demands whose lists changed."""
        demands = [self._demands[row_id] for row_id in demand_ids]
        ranked = self._recommender.rank(demands, top=self._top)
        supply_ids = self._recommender.supplies_.ids
        found: dict[Id, list[Entry]] = {row.id: [] for row in demands}
        for row, supply, score, points in zip(
            ranked.demand_index.tolist(),
            ranked.supply_index.tolist(),
            ranked.score.tolist(),
            ranked.points.tolist(),
            strict=True,
        ):
            of_pair = tuple(None if point != point else point for point in points)
            found[demands[row].id].append(Entry(supply_ids[supply], score, of_pair))
        changed = {row_id for row_id, entries in found.items() if self.lists.get(row_id) != tuple(entries)}
        self.lists |= {row_id: tuple(entries) for row_id, entries in found.items()}
        return changed


@dataclass(frozen=True)
class HeldPair:
    """A kept pair as far as its place in a list goes: a smaller key stands before a larger one of the same state."""

    state: str
    key: tuple[Any, ...]

    @classmethod
    def of(cls, market: Market, pair: PairResult) -> "HeldPair":
        return cls.from_parts(market, pair.supply_id, pair.state, pair.closed, pair.score)

    @classmethod
    def from_parts(cls, market: Market, supply_id: Id, state: str, closed: Collection[str], score: float) -> "HeldPair":
        """A pair as it is stored: its state, the codes of its closed gates and its score."""
        if state == "closed":
            return cls(state, near_key(market, supply_id, closed, score))
        return cls(state, (-score, id_key(supply_id)))


@dataclass(frozen=True)
class HeldList:
    """What is kept of one demand and one state: how many pairs, and a key that none of them exceeds."""

    n: int
    last: tuple[Any, ...]


class Effect(StrEnum):
    """What a changed supply does to the kept pairs of one demand."""

    MOVES_OTHERS = "moves_others"
    """Other supplies may enter or leave: the demand is to be recommended anew."""
    IS_KEPT = "is_kept"
    """Its own pair is kept; all others stay as they are."""
    IS_NOT_KEPT = "is_not_kept"
    """Its own pair is not kept; all others stay as they are."""


def effect(
    settings: MatchSettings, *, before: HeldPair | None, after: HeldPair | None, lists: dict[str, HeldList]
) -> Effect:
    """What a supply's new place with one demand does to the demand's kept pairs.

    `before` and `after` are the pair as it was kept and as it would be kept if the supply stood alone; `lists` is
    what is kept of each state.
    """
    limits = {"eligible": settings.per_demand, "possible": settings.possible, "closed": settings.near}

    def is_full(state: str) -> bool:
        return limits[state] == 0 or (state in lists and lists[state].n >= limits[state])

    kept = Effect.IS_NOT_KEPT if after is None else Effect.IS_KEPT
    if before == after:
        return kept
    stays = before is not None and after is not None and before.state == after.state
    if before is not None and is_full(before.state):
        rises = stays and after is not None and after.key < before.key
        if not rises:
            return Effect.MOVES_OTHERS
    if after is None or stays or not is_full(after.state):
        return kept
    enters = after.state in lists and after.key <= lists[after.state].last
    return Effect.MOVES_OTHERS if enters else Effect.IS_NOT_KEPT
