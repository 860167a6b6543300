"""One-to-one meetings of a roadshow: the plan of the highest total value that keeps every rule.

Time-indexed: one binary per pair, slot and room. Its linear relaxation is nearly whole (at most one meeting for each
person and slot), so branch and cut closes it in a second where a constraint solver took ten; measured in
docs/engine.md. Whole levels first: firms served, then missing meetings of those with a minimum, then value.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from matchmaking.assignment import MICRO, BadProblem, Id, by_id
from matchmaking.meeting_rules import Book, Meeting, Programme, conflicts
from vocabulary.planning import UnmetCause, UnmetKind, WishKind

_SOLVED = 0
"""Status of scipy.optimize.milp."""


class Unmet(NamedTuple):
    """Something the plan left open: of whom, with whom (a wish), how many (a minimum), and the cause."""

    kind: UnmetKind
    by: Id
    of: Id | None
    wish: WishKind | None
    missing: int
    cause: UnmetCause


class Tally(NamedTuple):
    """A plan in numbers: meetings, firms with at least one, meetings missing below minimums, total value."""

    meetings: int
    served: int
    missing: int
    value: float


@dataclass(frozen=True)
class MeetingPlan:
    """A provisional plan, by slot and table.

    `bound` is a proven upper limit of the total value of any plan that serves as many firms and misses as few
    meetings; `gap` is how far the value may be below it, as a share of the bound, and 0 where `is_optimal`.
    """

    meetings: tuple[Meeting, ...]
    tally: Tally
    first_come: Tally
    could_serve: int
    """The most firms that any plan within the rules serves, as far as it is known."""
    is_optimal: bool
    bound: float
    gap: float
    unmet: tuple[Unmet, ...]


def plan_meetings(programme: Programme, *, arrival: Sequence[Id] = (), time_limit: float = 9.0) -> MeetingPlan:
    """Plan the meetings; every rule holds, and the total value and firms served are never below first-come's.

    Every firm with an eligible partner gets a meeting first where the rules allow it, then minimums are met, then the
    total value is highest: fit, plus 1 for each side that must and 0.5 for each that would meet the other. Should
    serving one firm more cost so much that the total fell below first-come, that firm stays unserved.

    Parameters
    ----------
    arrival : order in which firms book in the comparison with first-come; those not named follow by id
    time_limit : seconds; a plan that ran out of time is not optimal, names its gap and may differ between machines

    Raises
    ------
    BadProblem : the pinned meetings break a rule; the text names the first.
    """
    if against := conflicts(programme, programme.pinned):
        meeting, kind = against[0]
        raise BadProblem(f"the pinned meeting of {meeting.firm} and {meeting.counterpart} breaks a rule: {kind}")
    come = _first_come(programme, arrival)
    model = _Model(programme)
    solved = _levels(model, _tally(come), time_limit)
    book = Book(programme, solved.meetings) if solved.meetings is not None else come
    if not solved.is_optimal:
        book.fill(model.by_worth)
        book = max((book, come), key=lambda one: (_tally(one).value, _tally(one).served))
    tally = _tally(book)
    bound = max(solved.bound, tally.value)
    return MeetingPlan(
        meetings=_at_tables(programme, book.meetings),
        tally=tally,
        first_come=_tally(come),
        could_serve=max(solved.could_serve, tally.served),
        is_optimal=solved.is_optimal,
        bound=tally.value if solved.is_optimal else bound,
        gap=0.0 if solved.is_optimal or not bound else (bound - tally.value) / bound,
        unmet=_unmet(book),
    )


def _first_come(programme: Programme, arrival: Sequence[Id]) -> Book:
    """Each firm in turn books its best partners at the first free place, up to its maximum."""
    book = Book(programme, programme.pinned)
    wanted: dict[Id, list[Id]] = defaultdict(list)
    for firm, counterpart in _possible(programme):
        wanted[firm].append(counterpart)
    known = set(programme.people)
    for firm in dict.fromkeys([*(one for one in arrival if one in known), *sorted(wanted, key=by_id)]):
        best = sorted(wanted.get(firm, ()), key=lambda other: (-programme.worth(firm, other), by_id(other)))
        book.fill((firm, other) for other in best)
    return book


def _possible(programme: Programme) -> list[tuple[Id, Id]]:
    pairs = sorted(programme.fit, key=lambda pair: (by_id(pair[0]), by_id(pair[1])))
    return [pair for pair in pairs if programme.barred(*pair) is None]


def _tally(book: Book) -> Tally:
    programme = book.programme
    missing = sum(max(one.least - book.count[one.id], 0) for one in programme.people.values())
    served = sum(book.count[firm.id] > 0 for firm in programme.firms)
    value = sum(programme.worth(meeting.firm, meeting.counterpart) for meeting in book.meetings)
    return Tally(len(book.meetings), served, missing, value / MICRO)


class _Rows:
    """Rules `sum of coefficient * column <= limit`, row by row."""

    def __init__(self) -> None:
        self.entries: tuple[list[int], list[int], list[float]] = ([], [], [])
        self.limits: list[float] = []

    def add(self, limit: float, plus: Sequence[int], minus: Sequence[int] = ()) -> None:
        rows, columns, values = self.entries
        rows += [len(self.limits)] * (len(plus) + len(minus))
        columns += [*plus, *minus]
        values += [1.0] * len(plus) + [-1.0] * len(minus)
        self.limits.append(limit)

    def constraint(self, n_columns: int) -> LinearConstraint:
        rows, columns, values = self.entries
        return LinearConstraint(
            csr_array((values, (rows, columns)), shape=(len(self.limits), n_columns)), ub=np.array(self.limits)
        )


class _Model:
    """Columns: every meeting that could be; firms served; meetings missed by those with a minimum; moves."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        possible = _possible(programme)
        self.by_worth = sorted(possible, key=lambda pair: -programme.worth(*pair))
        self.meetings = [Meeting(*pair, *place) for pair in possible for place in programme.places(*pair)]
        self.n_meetings = len(self.meetings)
        self.firms = sorted({meeting.firm for meeting in self.meetings}, key=by_id)
        self.wanting = sorted((one.id for one in programme.people.values() if one.least), key=by_id)
        self.rows, self.n = _Rows(), self.n_meetings + len(self.firms) + len(self.wanting)
        self.of: dict[Id, list[int]] = defaultdict(list)
        for column, meeting in enumerate(self.meetings):
            self.of[meeting.firm].append(column)
            self.of[meeting.counterpart].append(column)
        self._rule_meetings()
        self._rule_levels()
        if programme.travel_minutes > 0:
            for one in self.of:
                self._rule_travel(one)
        worth = {pair: programme.worth(*pair) / MICRO for pair in possible}
        self.value = self._row(0, [worth[meeting.firm, meeting.counterpart] for meeting in self.meetings])
        self.served = self._row(self.n_meetings, np.ones(len(self.firms)))
        self.missing = self._row(self.n_meetings + len(self.firms), np.ones(len(self.wanting)))
        pinned = {meeting[:4] for meeting in programme.pinned}
        self.bounds = Bounds(
            self._row(0, [float(meeting[:4] in pinned) for meeting in self.meetings]),
            np.where(self.missing > 0, np.inf, 1.0),
        )

    def _row(self, start: int, values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
        row = np.zeros(self.n)
        row[start : start + len(values)] = values
        return row

    def _rule_meetings(self) -> None:
        """A pair meets once, a person is in one place, nobody passes a maximum, no slot runs out of tables."""
        programme = self.programme
        tables = {(slot, room.id): n for room in programme.rooms for slot, n in enumerate(room.tables)}
        columns: dict[tuple[object, ...], list[int]] = defaultdict(list)
        limits: dict[tuple[object, ...], int] = {}
        for column, (firm, counterpart, slot, room, _) in enumerate(self.meetings):
            about: list[tuple[tuple[object, ...], int]] = [
                (("pair", firm, counterpart), 1),
                (("slot", firm, slot), 1),
                (("slot", counterpart, slot), 1),
                (("most", firm), programme.most(firm)),
                (("most", counterpart), programme.most(counterpart)),
                (("tables", slot, room), tables[slot, room]),
            ]
            for name, limit in about:
                columns[name].append(column)
                limits[name] = limit
        for name, found in columns.items():
            if len(found) > limits[name]:
                self.rows.add(limits[name], found)

    def _rule_levels(self) -> None:
        """Served is at most the number of meetings; missing is at least the minimum less that number."""
        for column, one in enumerate([*self.firms, *self.wanting], start=self.n_meetings):
            if column < self.n_meetings + len(self.firms):
                self.rows.add(0.0, [column], self.of[one])
            else:
                self.rows.add(-float(self.programme.people[one].least), [], [column, *self.of[one]])

    def _rule_travel(self, one: Id) -> None:
        """Nobody meets in one room and, without the time to walk, in another."""
        at: dict[tuple[int, Id], list[int]] = defaultdict(list)
        for column in self.of[one]:
            at[self.meetings[column].slot, self.meetings[column].room].append(column)
        for (slot, room), here in at.items():
            for later in range(slot + 1, len(self.programme.slots)):
                if self.programme.too_close(slot, later):
                    away = [
                        column for (t, other), found in at.items() if t == later and other != room for column in found
                    ]
                    if away:
                        self.rows.add(1.0, [*here, *away])

    def maximize(
        self, objective: NDArray[np.float64], least: Sequence[tuple[NDArray[np.float64], float]], seconds: float
    ) -> "_Answer":
        """The best whole solution with `row @ x >= limit` for every (row, limit) of `least`."""
        rules = [self.rows.constraint(self.n)]
        rules += [LinearConstraint(csr_array(row[None, :]), lb=limit) for row, limit in least]
        found = milp(
            -objective,
            constraints=rules,
            bounds=self.bounds,
            integrality=(np.arange(self.n) < self.n_meetings).astype(int),
            options={"mip_rel_gap": 0.0, "time_limit": max(seconds, 0.1)},
        )
        bound = found.mip_dual_bound
        return _Answer(
            is_optimal=found.status == _SOLVED,
            objective=-found.fun if found.x is not None else None,
            bound=-bound if bound is not None else float(np.maximum(objective, 0).sum()),
            chosen=None if found.x is None else [m for m, x in zip(self.meetings, found.x, strict=False) if x > 0.5],
        )


class _Answer(NamedTuple):
    is_optimal: bool
    objective: float | None
    bound: float
    chosen: list[Meeting] | None

    def is_proven(self, step: float) -> bool:
        """No better plan is left, given that plans differ by more than `step`."""
        return self.is_optimal or (self.objective is not None and self.bound - self.objective < step)


class _Solved(NamedTuple):
    meetings: list[Meeting] | None
    is_optimal: bool
    bound: float
    could_serve: int


def _levels(model: _Model, come: Tally, time_limit: float) -> _Solved:
    """Firms served and then missing meetings, both by one weighted count; held, while the value is improved."""
    if not model.meetings:
        return _Solved([], True, 0.0, 0)
    ends = time.monotonic() + time_limit

    def left() -> float:
        return ends - time.monotonic()

    floor = (model.value, come.value - 0.5 / MICRO)
    weight = 1.0 + sum(one.least for one in model.programme.people.values())
    counts = model.maximize(weight * model.served - model.missing, [floor], time_limit / 3)
    reached = _tally(Book(model.programme, counts.chosen)) if counts.chosen is not None else come
    could = reached.served
    if could < len(model.firms):
        could = round(model.maximize(model.served, [], left() / 3).objective or could)
    held = [floor, (model.served, reached.served - 0.5), (-model.missing, -reached.missing - 0.5)]
    value = model.maximize(model.value, held, left())
    return _Solved(
        value.chosen or counts.chosen, counts.is_proven(0.5) and value.is_proven(0.5 / MICRO), value.bound, could
    )


def _at_tables(programme: Programme, meetings: Sequence[Meeting]) -> tuple[Meeting, ...]:
    """Table numbers, by slot: pinned tables stay, a counterpart keeps its table where there is one, else the lowest."""
    pinned = {meeting[:4]: meeting.table for meeting in programme.pinned}
    tables = {room.id: room.tables for room in programme.rooms}
    last: dict[Id, tuple[Id, int]] = {}
    placed = []
    for slot in range(len(programme.slots)):
        here = sorted(
            (meeting for meeting in meetings if meeting.slot == slot),
            key=lambda meeting: (meeting[:4] not in pinned, by_id(meeting.room), by_id(meeting.counterpart)),
        )
        taken: set[tuple[Id, int]] = {(meeting.room, pinned[meeting[:4]]) for meeting in here if meeting[:4] in pinned}
        keeps = {
            meeting.counterpart: last[meeting.counterpart]
            for meeting in here
            if last.get(meeting.counterpart, (None, 0))[0] == meeting.room
            and last[meeting.counterpart][1] < tables[meeting.room][slot]
            and meeting[:4] not in pinned
        }
        reserved = Counter(keeps.values())
        for meeting in here:
            table = pinned.get(meeting[:4], -1)
            if table < 0:
                own = keeps.get(meeting.counterpart)
                if own and own not in taken:
                    table = own[1]
                else:
                    free = (n for n in range(len(here)) if (meeting.room, n) not in taken)
                    table = next((n for n in free if not reserved[meeting.room, n]), -1)
                    if table < 0:
                        table = next(n for n in range(len(here)) if (meeting.room, n) not in taken)
            taken.add((meeting.room, table))
            last[meeting.counterpart] = (meeting.room, table)
            placed.append(meeting._replace(table=table))
    return tuple(sorted(placed, key=lambda m: (m.slot, by_id(m.room), m.table)))


def _unmet(book: Book) -> tuple[Unmet, ...]:
    """What was left open, by kind and id: firms without a meeting, minimums missed, wishes not fulfilled."""
    programme = book.programme
    partners: dict[Id, list[Id]] = defaultdict(list)
    for firm in programme.firms:
        for other in programme.counterparts:
            partners[firm.id].append(other.id)
            partners[other.id].append(firm.id)

    def cause(one: Id) -> UnmetCause:
        """The cause of the partner that came nearest to a meeting."""
        met = {a if b == one else b for a, b in book.pairs if one in (a, b)}
        causes = [book.why_not(one, other) for other in partners[one] if other not in met]
        return max(causes, key=list(UnmetCause).index, default=UnmetCause.NO_ELIGIBLE)

    found = []
    for firm in sorted(programme.firms, key=lambda one: by_id(one.id)):
        if not book.count[firm.id]:
            found.append(Unmet(UnmetKind.NO_MEETING, firm.id, None, None, 1, cause(firm.id)))
    for one in sorted(programme.people.values(), key=lambda one: by_id(one.id)):
        if (missing := one.least - book.count[one.id]) > 0:
            found.append(Unmet(UnmetKind.MINIMUM, one.id, None, None, missing, cause(one.id)))
    for wish in sorted(programme.wishes, key=lambda wish: (by_id(wish.by), by_id(wish.of))):
        known = wish.by in programme.people and wish.of in partners.get(wish.by, ())
        met = (wish.by, wish.of) in book.pairs or (wish.of, wish.by) in book.pairs
        if wish.kind is not WishKind.NO and not met:
            why = book.why_not(wish.by, wish.of) if known else UnmetCause.NO_ELIGIBLE
            found.append(Unmet(UnmetKind.WISH, wish.by, wish.of, wish.kind, 1, why))
    return tuple(found)
