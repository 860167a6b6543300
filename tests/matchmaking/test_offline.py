"""The offline report: what is better is seen to be, and what says nothing is told to be chance."""

from dataclasses import replace
from typing import Any

import numpy as np

from matchmaking.learning import Decisions, learn_weights, split_masks
from matchmaking.offline import Comparison, compare
from matchmaking.weights import scores
from tests.matchmaking.test_learning import EQUAL, decisions, vector
from vocabulary.model_versions import HeldOut, RankOrder


def compared(many: Decisions) -> dict[HeldOut, Comparison]:
    past, new, known = split_masks(many)
    learned = learn_weights(many.only(past), EQUAL).weights
    orders: dict[RankOrder, Any] = {
        RankOrder.CANDIDATE: scores(many.values, vector(learned)),
        RankOrder.CURRENT: scores(many.values, vector(EQUAL)),
        RankOrder.RULES_ONLY: np.zeros(len(many)),
    }
    return {part.group: part for part in compare(many, orders, known=known, new=new)}


def test_planted_weights_are_surely_better_for_known_and_for_new_firms() -> None:
    for part in compared(decisions(1_500)).values():
        assert part.beats_chance
        by_order = {one.order: one for one in part.measured}
        assert by_order[RankOrder.CURRENT].gain_low > 0
        assert by_order[RankOrder.RULES_ONLY].value == 0.5
        candidate = by_order[RankOrder.CANDIDATE]
        assert candidate.low < candidate.value < candidate.high
        assert (candidate.gain_low, candidate.gain_high) == (0, 0)


def test_with_shuffled_labels_nothing_is_better_than_chance() -> None:
    many = decisions(1_500)
    shuffled = replace(many, labels=np.random.default_rng(0).permutation(many.labels))
    for part in compared(shuffled).values():
        assert part.measured
        assert not part.beats_chance


def test_no_firm_is_both_known_and_new_and_nothing_judged_was_learned_from() -> None:
    many = decisions(600)
    past, new, known = split_masks(many)
    assert (past.astype(int) + new + known == 1).all()
    assert not set(many.firms[new]) & set(many.firms[past | known])
    assert many.on[known].min() > many.on[past].max()


def test_too_few_decisions_are_not_judged() -> None:
    few = compared(decisions(40))
    assert [part.measured for part in few.values()] == [()] * 3
