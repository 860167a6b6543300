"""The rules of one-to-one meetings at a roadshow, asked of one meeting at a time."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from matchmaking.assignment import BadProblem, Edge, Id, micro
from vocabulary.planning import ConflictKind, UnmetCause, WishKind

_WORTH = {WishKind.MUST: 1.0, WishKind.WOULD: 0.5, WishKind.NO: 0.0}


class Slot(NamedTuple):
    """A time for meetings, in minutes from the start of the event."""

    starts: int
    ends: int


class Room(NamedTuple):
    """Tables in each slot, in the order of the slots."""

    id: Id
    tables: tuple[int, ...]


class Wish(NamedTuple):
    """One participant's word on another."""

    by: Id
    of: Id
    kind: WishKind


class Meeting(NamedTuple):
    """A firm and a counterpart at a table; slots and tables are counted from 0."""

    firm: Id
    counterpart: Id
    slot: int
    room: Id
    table: int = 0


@dataclass(frozen=True, kw_only=True)
class Participant:
    """A firm, bank or buyer. `away` are slots in which it cannot meet; `room` is where it sits, None is anywhere.

    `most` None is as many meetings as there are slots.
    """

    id: Id
    away: frozenset[int] = frozenset()
    least: int = 0
    most: int | None = None
    room: Id | None = None


@dataclass(frozen=True, kw_only=True)
class Programme:
    """Everything a plan is made from. `pairs` are the eligible ones, firm first, with their fit.

    Pairs that met before are left out unless one of the two asks for the other. Pinned meetings stay as they are.
    Raises BadProblem if it contradicts itself.
    """

    slots: tuple[Slot, ...]
    rooms: tuple[Room, ...]
    firms: tuple[Participant, ...]
    counterparts: tuple[Participant, ...]
    pairs: tuple[Edge, ...]
    wishes: tuple[Wish, ...] = ()
    met_before: frozenset[tuple[Id, Id]] = frozenset()
    travel_minutes: int = 0
    pinned: tuple[Meeting, ...] = field(default=())

    def __post_init__(self) -> None:
        if any(slot.starts >= slot.ends for slot in self.slots):
            raise BadProblem("a slot ends before it starts")
        if any(one.ends > other.starts for one, other in zip(self.slots, self.slots[1:], strict=False)):
            raise BadProblem("slots overlap or are out of order")
        if len({room.id for room in self.rooms}) < len(self.rooms):
            raise BadProblem("two rooms have the same id")
        if wrong := [room for room in self.rooms if len(room.tables) != len(self.slots) or min(room.tables) < 0]:
            raise BadProblem(f"room {wrong[0].id} does not name its tables for every slot")
        if len(self.people) < len(self.firms) + len(self.counterparts):
            raise BadProblem("a participant stands twice")
        for one in self.people.values():
            if one.least < 0 or (one.most is not None and one.most < one.least):
                raise BadProblem(f"participant {one.id}: at least {one.least} and at most {one.most} meetings")
            if one.room is not None and one.room not in {room.id for room in self.rooms}:
                raise BadProblem(f"participant {one.id} sits in an unknown room {one.room}")
        if len({(edge.demand, edge.supply) for edge in self.pairs}) < len(self.pairs):
            raise BadProblem("a pair stands twice")
        firms = {firm.id for firm in self.firms}
        for edge in self.pairs:
            micro(edge.value)
            if edge.demand not in firms or edge.supply in firms or edge.supply not in self.people:
                raise BadProblem(f"the pair {edge.demand}, {edge.supply} is not a firm and a counterpart")
        if len({(wish.by, wish.of) for wish in self.wishes}) < len(self.wishes):
            raise BadProblem("a wish stands twice")

    @cached_property
    def people(self) -> dict[Id, Participant]:
        return {one.id: one for one in (*self.firms, *self.counterparts)}

    @cached_property
    def said(self) -> dict[tuple[Id, Id], WishKind]:
        return {(wish.by, wish.of): wish.kind for wish in self.wishes}

    @cached_property
    def fit(self) -> dict[tuple[Id, Id], float]:
        return {(edge.demand, edge.supply): edge.value for edge in self.pairs}

    def worth(self, firm: Id, counterpart: Id) -> int:
        """Millionths: the fit, plus 1 for each side that must and 0.5 for each that would meet the other."""
        wishes = [self.said.get(pair) for pair in ((firm, counterpart), (counterpart, firm))]
        return micro(self.fit[firm, counterpart] + sum(_WORTH[wish] for wish in wishes if wish))

    def most(self, one: Id) -> int:
        limit = self.people[one].most
        return len(self.slots) if limit is None else min(limit, len(self.slots))

    def barred(self, firm: Id, counterpart: Id) -> ConflictKind | None:
        """What forbids this pair at any time; a veto outweighs everything else that is said."""
        said = {self.said.get((firm, counterpart)), self.said.get((counterpart, firm))}
        if WishKind.NO in said:
            return ConflictKind.VETO
        if (firm, counterpart) not in self.fit:
            return ConflictKind.NO_ELIGIBLE
        if (firm, counterpart) in self.met_before and not said & {WishKind.MUST, WishKind.WOULD}:
            return ConflictKind.MET_BEFORE
        return None

    def places(self, firm: Id, counterpart: Id) -> Iterator[tuple[int, Id]]:
        """Slots and rooms in which both can be and there is a table at all."""
        one, other = self.people[firm], self.people[counterpart]
        for slot in range(len(self.slots)):
            if slot not in one.away and slot not in other.away:
                for room in self.rooms:
                    if room.tables[slot] and one.room in (None, room.id) and other.room in (None, room.id):
                        yield slot, room.id

    def too_close(self, slot: int, other: int) -> bool:
        """Nobody gets from one room to another between these two slots."""
        first, second = sorted((slot, other))
        return first != second and self.slots[second].starts - self.slots[first].ends < self.travel_minutes


class Book:
    """Meetings so far, and what stands against one more."""

    def __init__(self, programme: Programme, meetings: Iterable[Meeting] = ()) -> None:
        self.programme = programme
        self.room_at: dict[Id, dict[int, Id]] = {one: {} for one in programme.people}
        self.count: Counter[Id] = Counter()
        self.used: Counter[tuple[int, Id]] = Counter()
        self.pairs: set[tuple[Id, Id]] = set()
        self.meetings: list[Meeting] = []
        for meeting in meetings:
            self.add(meeting)

    def add(self, meeting: Meeting) -> None:
        for one in (meeting.firm, meeting.counterpart):
            self.room_at[one][meeting.slot] = meeting.room
            self.count[one] += 1
        self.used[meeting.slot, meeting.room] += 1
        self.pairs.add((meeting.firm, meeting.counterpart))
        self.meetings.append(meeting)

    def against(self, meeting: Meeting) -> list[ConflictKind]:
        """Everything that stands against adding this meeting; empty if nothing does."""
        programme, found = self.programme, []
        both = [programme.people[one] for one in (meeting.firm, meeting.counterpart)]
        if barred := programme.barred(meeting.firm, meeting.counterpart):
            found.append(barred)
        if any(meeting.slot in one.away for one in both):
            found.append(ConflictKind.NOT_AVAILABLE)
        if any(one.room not in (None, meeting.room) for one in both):
            found.append(ConflictKind.WRONG_ROOM)
        if (meeting.firm, meeting.counterpart) in self.pairs:
            found.append(ConflictKind.MEET_TWICE)
        if any(meeting.slot in self.room_at[one.id] for one in both):
            found.append(ConflictKind.DOUBLE_BOOKED)
        if any(
            room != meeting.room and programme.too_close(meeting.slot, slot)
            for one in both
            for slot, room in self.room_at[one.id].items()
        ):
            found.append(ConflictKind.TRAVEL)
        if any(self.count[one.id] >= programme.most(one.id) for one in both):
            found.append(ConflictKind.MAXIMUM)
        tables = next((room.tables[meeting.slot] for room in programme.rooms if room.id == meeting.room), 0)
        if self.used[meeting.slot, meeting.room] >= tables:
            found.append(ConflictKind.TABLES_FULL)
        return found

    def fill(self, pairs: Iterable[tuple[Id, Id]]) -> None:
        """Book each pair in turn at its first place against which nothing stands."""
        for firm, counterpart in pairs:
            for slot, room in self.programme.places(firm, counterpart):
                meeting = Meeting(firm, counterpart, slot, room)
                if not self.against(meeting):
                    self.add(meeting)
                    break

    def why_not(self, one: Id, other: Id) -> UnmetCause:
        """Why these two do not meet, said to `one`."""
        firm, counterpart = (one, other) if (one, other) in self._sides else (other, one)
        if barred := self.programme.barred(firm, counterpart):
            return UnmetCause(barred.value)
        places = list(self.programme.places(firm, counterpart))
        if not places:
            return UnmetCause.NO_COMMON_SLOT
        if self.count[one] >= self.programme.most(one):
            return UnmetCause.OWN_MAXIMUM
        if self.count[other] >= self.programme.most(other):
            return UnmetCause.PARTNER_MAXIMUM
        against = [set(self.against(Meeting(firm, counterpart, slot, room))) for slot, room in places]
        if set() in against:
            return UnmetCause.TIME_LIMIT
        if any(found == {ConflictKind.TABLES_FULL} for found in against):
            return UnmetCause.TABLES_FULL
        if any(ConflictKind.DOUBLE_BOOKED not in found for found in against):
            return UnmetCause.TRAVEL
        return UnmetCause.BOOKED

    @cached_property
    def _sides(self) -> set[tuple[Id, Id]]:
        """Every firm with every counterpart."""
        return {(firm.id, other.id) for firm in self.programme.firms for other in self.programme.counterparts}


class Conflict(NamedTuple):
    """One thing that stands against one meeting of a plan."""

    meeting: Meeting
    kind: ConflictKind


def conflicts(programme: Programme, meetings: Iterable[Meeting]) -> tuple[Conflict, ...]:
    """Every conflict of a plan adjusted by hand, meeting by meeting, each held against all the others.

    Raises BadProblem if a meeting names a participant or a slot that the programme does not know.
    """
    planned = tuple(meetings)
    for meeting in planned:
        known = meeting.firm in programme.people and meeting.counterpart in programme.people
        if not known or not 0 <= meeting.slot < len(programme.slots):
            raise BadProblem(f"the meeting of {meeting.firm} and {meeting.counterpart} is not of this programme")
    found = []
    for place, meeting in enumerate(planned):
        others = Book(programme, (*planned[:place], *planned[place + 1 :]))
        found += [Conflict(meeting, kind) for kind in others.against(meeting)]
    return tuple(found)
