"""What really happened before: which demand was met by which supply, and when."""

from dataclasses import dataclass
from datetime import date

from matchmaking.facts import Facts, Id


@dataclass(frozen=True)
class Event:
    """One past demand that a supply met. `outcome` is None where only the fact is known."""

    demand: Facts
    supply_id: Id
    on: date
    outcome: str | None = None


@dataclass(frozen=True)
class History:
    """Past events in any order; a supply without events has no track record."""

    events: tuple[Event, ...] = ()

    def __len__(self) -> int:
        return len(self.events)
