"""Roadshow effect: a planted effect is found, none is claimed where there is none, and too few firms give no number."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from matchmaking.roadshow_effect import CALIPER, MIN_PAIRS, FirmBefore, distances, newcombe, roadshow_effect
from vocabulary.roadshow_effect import Covariate, EffectOutcome, LeftOut

_ORDERED = EffectOutcome.ORDERED
_N_WORLDS = 200


def _firm(n, random, *, chain=None, outcomes=frozenset(), **values):
    plain = {
        "chain": random.choice((1, 2)) if chain is None else chain,
        "district": random.choice(("430405", "430406", "430481")),
        "industry": random.choice(("32", "38")),
        "size": random.randrange(8),
        "tier": random.choice((None, "specialized")),
        "open_postings": random.randrange(4),
        "earlier": random.randrange(3),
    }
    return FirmBefore(id=n, outcomes=outcomes, **plain | values)


def _world(seed, *, effect, n_group=40, n_others=160):
    """Larger firms come more often and do better anyway; coming adds `effect` to the chance of an order."""
    random = Random(seed)
    group, others = [], []
    for n in range(n_group + n_others):
        is_in_group = n < n_group
        size = min(7, random.randrange(8) + (random.randrange(3) if is_in_group else 0))
        firm = _firm(n, random, size=size)
        chance = 0.1 + 0.05 * size + (effect if is_in_group else 0.0)
        outcomes = frozenset({_ORDERED}) if random.random() < chance else frozenset()
        (group if is_in_group else others).append(replace(firm, outcomes=outcomes))
    return group, others


def _ordered(group, others):
    return next(row for row in roadshow_effect(group, others).outcomes if row.outcome is _ORDERED)


@pytest.mark.parametrize("effect", [0.0, 0.3])
def test_the_interval_holds_the_true_difference_as_often_as_it_says(effect):
    found = [_ordered(*_world(seed, effect=effect)) for seed in range(_N_WORLDS)]
    covered = sum(row.low <= effect <= row.high for row in found) / _N_WORLDS
    assert covered >= 0.95 - 2 * (0.95 * 0.05 / _N_WORLDS) ** 0.5  # two standard errors of so many worlds
    assert np.mean([row.difference for row in found]) == pytest.approx(effect, abs=0.04)


def test_a_planted_effect_is_found_and_none_is_claimed_where_there_is_none():
    planted = [_ordered(*_world(seed, effect=0.4, n_group=60)) for seed in range(60)]
    none = [_ordered(*_world(seed, effect=0.0, n_group=60)) for seed in range(60)]
    assert sum(row.low > 0 for row in planted) >= 54
    assert sum(row.is_clear for row in none) <= 5


def test_comparing_with_all_others_would_have_claimed_what_matching_does_not():
    naive = matched = 0.0
    for seed in range(40):
        group, others = _world(seed, effect=0.0)
        shares = [np.mean([_ORDERED in firm.outcomes for firm in firms]) for firms in (group, others)]
        naive += (shares[0] - shares[1]) / 40
        matched += _ordered(group, others).difference / 40
    assert naive > 0.025
    assert abs(matched) < naive


def test_eight_against_eight_is_too_few_for_a_number():
    random = Random(1)
    group = [_firm(n, random, chain=1, outcomes=frozenset({_ORDERED})) for n in range(8)]
    others = [replace(firm, id=firm.id + 100, outcomes=frozenset()) for firm in group]
    found = roadshow_effect(group, others)
    assert (len(found.pairs), found.is_enough, found.outcomes) == (8, False, ())


def test_one_pair_less_than_the_minimum_gives_no_number_and_the_minimum_does():
    random = Random(2)
    group = [_firm(n, random, chain=1) for n in range(MIN_PAIRS)]
    others = [replace(firm, id=firm.id + 100) for firm in group]
    assert roadshow_effect(group[1:], others).outcomes == ()
    assert [row.outcome for row in roadshow_effect(group, others).outcomes] == list(EffectOutcome)


def test_a_firm_is_compared_within_its_chain_and_the_caliper_only():
    random = Random(3)
    one = _firm(1, random, chain=1, district="a", industry="32", size=0, tier="x", open_postings=0, earlier=0)
    other_chain = replace(one, id=2, chain=2)
    unlike = replace(one, id=3, district="b", industry="38", size=7)
    found = roadshow_effect([one], [other_chain, unlike])
    assert (found.pairs, found.left_out) == ((), {1: LeftOut.NOBODY_SIMILAR})
    assert distances([one], [unlike])[0, 0] > CALIPER
    alike = replace(one, id=4, district="b")
    assert roadshow_effect([one], [other_chain, unlike, alike]).pairs == ((1, 4),)


def test_a_similar_firm_serves_no_more_often_than_allowed():
    random = Random(4)
    group = [_firm(n, random, chain=1, district="a", industry="32", tier="x", size=3) for n in range(5)]
    others = [replace(group[0], id=100), replace(group[0], id=101)]
    assert len(roadshow_effect(group, others, caliper=1).pairs) == 2
    twice = roadshow_effect(group, others, caliper=1, most_uses=2).pairs
    assert sorted(other for _one, other in twice) == [100, 100, 101, 101]


def test_a_firm_used_twice_widens_the_interval():
    random = Random(5)
    group = [_firm(n, random, chain=1, outcomes=frozenset({_ORDERED} if n % 2 else ())) for n in range(40)]
    many = [replace(firm, id=firm.id + 100, outcomes=frozenset()) for firm in group]
    once = roadshow_effect(group, many, caliper=1).outcomes[-1]
    twice = roadshow_effect(group, many[:20], caliper=1, most_uses=2).outcomes[-1]
    assert once.difference == twice.difference
    assert twice.high - twice.low > once.high - once.low


def test_the_order_of_firms_is_irrelevant():
    group, others = _world(7, effect=0.2)
    assert roadshow_effect(group[::-1], others[::-1]) == roadshow_effect(group, others)


def test_pairs_are_more_alike_than_the_groups_were():
    balances = [roadshow_effect(*_world(seed, effect=0.0)).balance for seed in range(40)]
    sizes = [row for balance in balances for row in balance if row.covariate is Covariate.SIZE]
    assert np.mean([row.all_firms for row in sizes]) > 0.35
    assert abs(np.mean([row.pairs for row in sizes])) < 0.15


def test_firms_nothing_is_known_of_are_far_and_nobody_gives_an_empty_comparison():
    blank = FirmBefore(id=1, chain=1)
    assert distances([blank], [replace(blank, id=2, district="a", size=3)])[0, 0] == 0.0  # alike in both counts
    found = roadshow_effect([], [])
    assert (found.pairs, found.outcomes, found.left_out, found.is_enough) == ((), (), {}, False)
    assert {row.all_firms for row in found.balance} == {None}


def test_the_interval_is_newcombes():
    # Newcombe 1998, table II, method 10: 56/70 against 48/80, 9/10 against 3/10 and 10/10 against 0/10.
    for counts, published in (
        ((56, 70, 48, 80), (0.0524, 0.3339)), ((9, 10, 3, 10), (0.1705, 0.8090)), ((10, 10, 0, 10), (0.6075, 1.0)),
    ):  # fmt: skip
        assert newcombe(*counts) == pytest.approx(published, abs=5e-5)
