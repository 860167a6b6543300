"""The stage: exact against brute force, spread kept, pins and bars with their price."""

from itertools import combinations
from math import ceil
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaking.assignment import BadProblem
from matchmaking.stage import FOLLOWS, StageCandidate, propose_stage


def made(seed, n=9, n_others=6):
    random = Random(seed)
    return [
        StageCandidate(
            id=one, chain=random.randrange(3), district=random.randrange(3),
            fits={100 + other: round(random.random(), 3) for other in range(n_others) if random.random() < 0.5},
        )
        for one in range(n)
    ]  # fmt: skip


def worth(firms):
    of = {}
    for firm in firms:
        for other, fit in firm.fits.items():
            of.setdefault(other, []).append(fit)
    return sum(sum(sorted(fits, reverse=True)[:FOLLOWS]) for fits in of.values())


def is_spread(firms, places, candidates, share=0.5):
    limit = ceil(share * places)
    for group_of in (lambda one: one.chain, lambda one: one.district):
        groups = [group_of(firm) for firm in firms]
        if len({group_of(one) for one in candidates}) > 1 and any(groups.count(one) > limit for one in groups):
            return False
    return True


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_no_other_choice_within_the_shares_is_worth_more(seed):
    candidates = made(seed)
    found = propose_stage(candidates, places=4)
    by_id = {one.id: one for one in candidates}
    best = max(
        worth(firms) for n in range(5) for firms in combinations(candidates, n) if is_spread(firms, 4, candidates)
    )
    chosen = [by_id[place.id] for place in found.places]
    assert found.value == pytest.approx(best, abs=1e-6)
    assert found.value == pytest.approx(worth(chosen))
    assert is_spread(chosen, 4, candidates)
    assert found.without_spread >= found.value - 1e-9
    assert found.without_spread >= found.by_score - 1e-6


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_candidates_is_irrelevant(seed):
    candidates = made(seed)
    assert propose_stage(candidates, places=3) == propose_stage(candidates[::-1], places=3)


def test_a_pinned_firm_is_there_and_its_price_is_what_the_value_loses():
    candidates = [
        StageCandidate(id=one, chain=one, district=one, fits={100 + one: fit})
        for one, fit in enumerate((0.9, 0.8, 0.1))
    ]
    free = propose_stage(candidates, places=2)
    pinned = propose_stage(candidates, places=2, pinned={2})
    assert [place.id for place in free.places] == [0, 1]
    assert [place.id for place in pinned.places] == [0, 2]
    assert pinned.prices == {2: pytest.approx(0.7)}


def test_a_barred_firm_is_not_there_and_costs_what_it_would_have_brought():
    candidates = [
        StageCandidate(id=one, chain=one, district=one, fits={100 + one: fit})
        for one, fit in enumerate((0.9, 0.8, 0.1))
    ]
    found = propose_stage(candidates, places=2, barred={0})
    assert [place.id for place in found.places] == [1, 2]
    assert found.prices == {0: pytest.approx(0.8)}


def test_a_fourth_firm_for_the_same_counterpart_counts_nothing():
    same = [StageCandidate(id=n, chain=n, district=n, fits={100: 0.9}) for n in range(4)]
    other = StageCandidate(id=9, chain=9, district=9, fits={200: 0.2})
    found = propose_stage([*same, other], places=4)
    assert {place.id for place in found.places} == {0, 1, 2, 9}
    assert found.value == pytest.approx(2.9)
    assert found.invited == ((100, pytest.approx(2.7)), (200, pytest.approx(0.2)))


def test_pins_of_one_chain_may_exceed_its_share():
    candidates = [StageCandidate(id=n, chain="a", district=n, fits={n: 0.5}) for n in range(4)]
    assert len(propose_stage(candidates, places=4).places) == 4, "no other chain to share with"
    candidates.append(StageCandidate(id=9, chain="b", district=9, fits={9: 0.1}))
    assert [place.id for place in propose_stage(candidates, places=4).places][2:] == [9]
    assert [place.id for place in propose_stage(candidates, places=4, pinned={0, 1, 2}).places] == [0, 1, 2, 9]


@pytest.mark.parametrize(
    ("pinned", "barred"),
    [({0}, {0}), ({77}, ()), ({0, 1, 2}, ())],
)
def test_contradictions_are_refused(pinned, barred):
    with pytest.raises(BadProblem):
        propose_stage(made(1), places=2, pinned=pinned, barred=barred)


def test_nobody_to_propose_is_an_empty_stage():
    found = propose_stage([], places=5)
    assert (found.places, found.value, found.invited) == ((), 0, ())
