"""The smallest group of suppliers, held against every possible group."""

from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaking.assignment import MICRO, BadProblem
from matchmaking.supplier_group import Offer, Share, smallest_group

SPARE = st.integers(0, 40) | st.integers(0, 5_000_000)


def filled(members: tuple[Offer, ...], quantity: int) -> int:
    """Millionths of fit times quantity if the best members are used to the full."""
    worth = 0
    for offer in sorted(members, key=lambda offer: -offer.value):
        part = min(offer.spare_milli, quantity)
        worth, quantity = worth + part * round(offer.value * MICRO), quantity - part
    return worth


@settings(deadline=None, max_examples=120)
@given(rows=st.lists(st.tuples(SPARE, st.floats(0, 1)), max_size=8), quantity=SPARE.map(lambda spare: spare + 1))
def test_no_group_is_smaller_and_none_of_its_size_fits_better(rows, quantity) -> None:
    offers = [Offer(supply=n, spare_milli=spare, value=value) for n, (spare, value) in enumerate(rows)]
    found = smallest_group(offers, quantity_milli=quantity)
    covering = [
        group
        for size in range(len(offers) + 1)
        for group in combinations(offers, size)
        if sum(offer.spare_milli for offer in group) >= quantity
    ]
    if not covering:
        assert found.shares is None
        assert found.shortfall_milli == quantity - sum(offer.spare_milli for offer in offers) > 0
        return
    assert found.shares is not None
    spare = {offer.supply: offer.spare_milli for offer in offers}
    assert sum(share.quantity_milli for share in found.shares) == quantity
    assert all(0 < share.quantity_milli <= spare[share.supply] for share in found.shares)
    assert len(found.shares) == len(covering[0])
    best = max(filled(group, quantity) for group in covering if len(group) == len(covering[0]))
    assert found.value == pytest.approx(best / quantity / MICRO, abs=1e-6)


def test_two_firms_share_five_thousand_tonnes() -> None:
    offers = [
        Offer(supply="隆源铜业", spare_milli=3_000_000, value=0.9),
        Offer(supply="恒飞", spare_milli=2_200_000, value=0.8),
        Offer(supply="小厂", spare_milli=100_000, value=1.0),
    ]
    found = smallest_group(offers, quantity_milli=5_000_000)
    assert found.shares == (Share("隆源铜业", 3_000_000), Share("恒飞", 2_000_000))
    assert found.value == pytest.approx(0.86)


def test_who_is_ready_too_late_or_on_an_unknown_day_covers_nothing() -> None:
    offers = [
        Offer(supply=1, spare_milli=50, value=0.5, ready_on=date(2026, 9, 1)),
        Offer(supply=2, spare_milli=90, value=0.5, ready_on=date(2026, 9, 2)),
        Offer(supply=3, spare_milli=90, value=0.5),
    ]
    found = smallest_group(offers, quantity_milli=60, window_end=date(2026, 9, 1))
    assert (found.shares, found.shortfall_milli) == (None, 10)
    assert smallest_group(offers, quantity_milli=50, window_end=date(2026, 9, 1)).shares == (Share(1, 50),)


def test_equal_offers_are_taken_in_the_same_way_whatever_their_order() -> None:
    offers = [Offer(supply=n, spare_milli=10, value=0.5) for n in range(6)]
    assert smallest_group(offers, quantity_milli=25) == smallest_group(offers[::-1], quantity_milli=25)


def test_a_group_short_by_a_thousandth_is_no_group() -> None:
    """The two best lack one thousandth of ten billion, which floating point does not see."""
    offers = [
        Offer(supply=1, spare_milli=5_000_000_000, value=1.0),
        Offer(supply=2, spare_milli=4_999_999_999, value=1.0),
        Offer(supply=3, spare_milli=5_000_000_000, value=0.1),
    ]
    found = smallest_group(offers, quantity_milli=10_000_000_000)
    assert found.shares == (Share(1, 5_000_000_000), Share(3, 5_000_000_000))


def test_without_offers_everything_is_lacking() -> None:
    assert smallest_group([], quantity_milli=7).shortfall_milli == 7


@pytest.mark.parametrize(
    ("offers", "quantity", "named"),
    [
        ([], 0, "not positive"),
        ([Offer(supply=1, spare_milli=1, value=0.5)] * 2, 1, "twice"),
        ([Offer(supply=1, spare_milli=-1, value=0.5)], 1, "negative"),
        ([Offer(supply=1, spare_milli=1, value=float("nan"))], 1, "nan"),
    ],
)
def test_a_need_that_makes_no_sense_is_refused_by_name(offers, quantity, named) -> None:
    with pytest.raises(BadProblem, match=named):
        smallest_group(offers, quantity_milli=quantity)
