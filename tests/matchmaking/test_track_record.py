"""Shares of past events: they add up, back off from fine to coarse, and forget."""

from datetime import date

import numpy as np
import pytest
from scipy import sparse

from matchmaking.track_record import (
    BackedOffShares,
    PastTexts,
    amount_path,
    latest_first_ages,
    overall_shares,
    recency,
    region_path,
)


def shares_at(record, path):
    return np.exp(record.lifts(path)) * record.overall_


@pytest.fixture
def record():
    """Supply 0 in town a of state x, supply 1 in town b of it, supply 2 in state y."""
    paths = [("x", "a")] * 6 + [("x", "b")] * 3 + [("y", "c")] * 9
    return BackedOffShares().fit(paths, np.array([0] * 6 + [1] * 3 + [2] * 9), 3)


def test_shares_of_a_place_add_up_to_one(record):
    for path in [("x",), ("x", "a"), ("x", "b"), ("y", "c"), ("x", "elsewhere")]:
        assert shares_at(record, path).sum() == pytest.approx(1)


def test_who_acted_in_a_place_stands_above_its_overall_share_there(record):
    assert record.lift(("x", "a"), 0) > record.lift(("x",), 0) > 0 > record.lift(("x", "a"), 2)


def test_an_unknown_town_is_judged_by_its_state_and_an_unknown_state_by_nothing(record):
    assert record.lifts(("x", "nowhere")) == pytest.approx(record.lifts(("x",)))
    assert record.lifts(("z", "nowhere")) is None
    assert record.lifts(None) is None


def test_one_entry_is_that_of_the_row(record):
    for path in [("x", "a"), ("y",)]:
        assert [record.lift(path, column) for column in range(3)] == pytest.approx(record.lifts(path))


def test_more_events_speak_louder_than_one():
    one = BackedOffShares().fit([("x",), ("y",), ("y",)], np.array([0, 1, 2]), 3)
    many = BackedOffShares().fit([("x",)] * 20 + [("y",)] * 40, np.array([0] * 20 + [1, 2] * 20), 3)
    assert many.lift(("x",), 0) > one.lift(("x",), 0)


def test_activity_counts_everybody_and_recent_events_most():
    assert overall_shares(np.array([0, 0, 1]), 3).tolist() == pytest.approx([2.05 / 3.15, 1.05 / 3.15, 0.05 / 3.15])
    ages = latest_first_ages([date(2026, 1, 1), date(2026, 1, 31)])
    assert recency(ages, 30.0).tolist() == [0.5, 1.0]


def test_a_text_like_past_ones_points_to_who_answered_them():
    rows = sparse.csr_matrix(np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=float))
    record = PastTexts().fit(rows, np.array([4, 4, 7]))
    likeness = record.likeness(sparse.csr_matrix(np.array([[1.0, 0, 0], [0, 0, 1.0]])))
    assert record.supplies_.tolist() == [4, 7]
    assert likeness[0, 0] > likeness[0, 1]
    assert likeness[1].tolist() == [0, 0]


def test_no_past_texts_say_nothing():
    empty = PastTexts().fit(sparse.csr_matrix((2, 3)), np.array([0, 1]))
    assert empty.likeness(sparse.csr_matrix((1, 3))).shape == (1, 0)


def test_an_amount_is_read_by_roundness_and_magnitude():
    assert amount_path(3_000_000) == ("6", "15")
    assert amount_path(2_083_325) == ("0", "15")
    assert [amount_path(value) for value in (None, 0, -5)] == [None, None, None]


def test_a_postal_code_gives_its_own_wider_areas_and_nested_codes_do_not():
    assert region_path(("WI", "MADISON", "53703")) == ("5..", "WI", "53...", "537..", "MADISON", "53703")
    assert region_path(("43", "4304", "430482")) == ("43", "4304", "430482")
