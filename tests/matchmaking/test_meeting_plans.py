"""Planned meetings against an independent checker: 200 random roadshows, no rule broken, never below first-come."""

from collections import Counter
from itertools import product
from random import Random

import pytest

from matchmaking.assignment import Edge
from matchmaking.meeting_rules import Participant, Programme, Room, Slot, Wish
from matchmaking.meetings import plan_meetings
from vocabulary.planning import UnmetCause, UnmetKind, WishKind

N_INSTANCES = 200


def made(seed):
    """A small roadshow of anything: closed slots, minimums, maximums, vetoes, too few tables, pairs that met."""
    random = Random(seed)
    n_slots = random.randint(1, 4)
    firms, others = range(random.randint(1, 5)), range(100, 100 + random.randint(1, 4))

    def participant(one):
        least = random.choice((0, 0, 1, 2))
        return Participant(
            id=one,
            away=frozenset(slot for slot in range(n_slots) if random.random() < 0.2),
            least=least,
            most=random.choice((None, least, least + 1)),
        )

    pairs = [pair for pair in product(firms, others) if random.random() < 0.7]
    return Programme(
        slots=tuple(Slot(20 * slot, 20 * slot + 15) for slot in range(n_slots)),
        rooms=(Room("tables", tuple(random.randint(0, 3) for _ in range(n_slots))),),
        firms=tuple(participant(one) for one in firms),
        counterparts=tuple(participant(one) for one in others),
        pairs=tuple(Edge(*pair, round(random.random(), 3)) for pair in pairs),
        wishes=tuple(
            Wish(*pair[:: random.choice((1, -1))], random.choice(list(WishKind)))
            for pair in product(firms, others)
            if random.random() < 0.3
        ),
        met_before=frozenset(pair for pair in pairs if random.random() < 0.1),
    )


def faults(programme, meetings):
    """Every broken rule, found without the planner's own rules."""
    people = {one.id: one for one in (*programme.firms, *programme.counterparts)}
    said = {(wish.by, wish.of): wish.kind for wish in programme.wishes}
    eligible = {(edge.demand, edge.supply) for edge in programme.pairs}
    found = []
    seats = Counter((one, meeting.slot) for meeting in meetings for one in meeting[:2])
    found += [f"{one} sits twice in {slot}" for (one, slot), n in seats.items() if n > 1]
    at = Counter((meeting.slot, meeting.room, meeting.table) for meeting in meetings)
    found += [f"table {place} is taken twice" for place, n in at.items() if n > 1]
    count = Counter(one for meeting in meetings for one in meeting[:2])
    pairs = Counter(meeting[:2] for meeting in meetings)
    for meeting in meetings:
        pair = meeting[:2]
        words = {said.get(pair), said.get(pair[::-1])}
        tables = programme.rooms[0].tables[meeting.slot]
        if pair not in eligible:
            found.append(f"{pair} is not eligible")
        if WishKind.NO in words:
            found.append(f"{pair} meets against a veto")
        if pair in programme.met_before and not words & {WishKind.MUST, WishKind.WOULD}:
            found.append(f"{pair} met before")
        if pairs[pair] > 1:
            found.append(f"{pair} meets twice")
        if not 0 <= meeting.table < tables:
            found.append(f"no table {meeting.table} in slot {meeting.slot}")
        for one in pair:
            if meeting.slot in people[one].away:
                found.append(f"{one} is away in {meeting.slot}")
            if people[one].most is not None and count[one] > people[one].most:
                found.append(f"{one} has too many")
    return found


@pytest.mark.parametrize("tenth", range(10))
def test_no_plan_breaks_a_rule_or_falls_below_first_come(tenth):
    for seed in range(tenth, N_INSTANCES, 10):
        programme = made(seed)
        plan = plan_meetings(programme)
        assert faults(programme, plan.meetings) == [], seed
        assert plan.is_optimal, seed
        assert plan.tally.value >= plan.first_come.value - 1e-6, seed
        assert plan.tally.served >= plan.first_come.served, seed
        assert plan.bound == pytest.approx(plan.tally.value), seed


def test_the_checker_sees_a_broken_plan():
    programme = made(3)
    plan = plan_meetings(programme)
    assert plan.meetings
    twice = (*plan.meetings, plan.meetings[0])
    assert faults(programme, twice) != []


@pytest.mark.parametrize("seed", range(40))
def test_what_is_listed_as_unmet_is_unmet(seed):
    programme = made(seed)
    plan = plan_meetings(programme)
    count = Counter(one for meeting in plan.meetings for one in meeting[:2])
    pairs = {meeting[:2] for meeting in plan.meetings}
    without = {unmet.by for unmet in plan.unmet if unmet.kind is UnmetKind.NO_MEETING}
    assert without == {firm.id for firm in programme.firms if not count[firm.id]}
    wishes = {(unmet.by, unmet.of) for unmet in plan.unmet if unmet.kind is UnmetKind.WISH}
    assert wishes == {
        (wish.by, wish.of)
        for wish in programme.wishes
        if wish.kind is not WishKind.NO and not {(wish.by, wish.of), (wish.of, wish.by)} & pairs
    }
    assert UnmetCause.TIME_LIMIT not in {unmet.cause for unmet in plan.unmet}


def test_the_same_roadshow_gives_the_same_plan():
    assert plan_meetings(made(7)) == plan_meetings(made(7))
