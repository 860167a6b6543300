"""One-to-one meetings of 60 firms, 25 counterparts, 12 slots and 25 tables: `python -m benchmarks.meetings`.

Baseline: first come, first served. Goal: optimal, or within 1 % of the bound, in under 10 s on two cores.
"""

import time
from random import Random

from matchmaking.assignment import Edge
from matchmaking.meeting_rules import Participant, Programme, Room, Slot, Wish, conflicts
from matchmaking.meetings import plan_meetings
from vocabulary.planning import WishKind

_FIRMS, _OTHERS, _SLOTS, _TABLES, _RUNS = 60, 25, 12, 25, 5


def _programme(seed: int) -> Programme:
    random = Random(seed)
    firms, others = range(_FIRMS), range(1000, 1000 + _OTHERS)

    def participant(one: int) -> Participant:
        return Participant(
            id=one,
            away=frozenset(slot for slot in range(_SLOTS) if random.random() < 0.1),
            least=random.choice((0, 0, 1, 2)),
            most=random.choice((None, None, 6, 8)),
        )

    return Programme(
        slots=tuple(Slot(20 * slot, 20 * slot + 15) for slot in range(_SLOTS)),
        rooms=(Room("hall", (_TABLES,) * _SLOTS),),
        firms=tuple(participant(one) for one in firms),
        counterparts=tuple(participant(one) for one in others),
        pairs=tuple(
            Edge(one, other, round(random.uniform(0.3, 0.95), 3))
            for one in firms
            for other in others
            if random.random() < 0.6
        ),
        wishes=tuple(
            Wish(one, other, random.choice(list(WishKind))) for one in firms for other in random.sample(list(others), 4)
        ),
    )


def main() -> None:
    for seed in range(_RUNS):
        programme = _programme(seed)
        begin = time.perf_counter()
        plan = plan_meetings(programme)
        seconds = time.perf_counter() - begin
        print(
            f"run {seed}: {seconds:.1f} s, {plan.tally.meetings} meetings, value {plan.tally.value:.1f} "
            f"(first come {plan.first_come.value:.1f}, bound {plan.bound:.1f}), firms {plan.tally.served} "
            f"(first come {plan.first_come.served}), optimal {plan.is_optimal}, "
            f"rules broken {len(conflicts(programme, plan.meetings))}"
        )


if __name__ == "__main__":
    main()
