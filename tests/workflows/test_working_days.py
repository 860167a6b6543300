"""China's working days, with the days off and the make-up days as announced for each year."""

from datetime import UTC, date, datetime

import pytest

from workflows.calendar import ANNOUNCED, WorkingDay, city_day


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        # National Day 2026: off from Thursday 1 to Wednesday 7 October, Saturday 10 October made up.
        (date(2026, 9, 29), 1, date(2026, 9, 30)),
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 9, 29), 5, date(2026, 10, 12)),
        (date(2026, 10, 3), 1, date(2026, 10, 8)),
        # A Sunday made up before the same holiday is a working day.
        (date(2026, 9, 18), 1, date(2026, 9, 20)),
        # Spring Festival 2026: off from 15 to 23 February, Saturday the 14th and the 28th made up.
        (date(2026, 2, 13), 2, date(2026, 2, 24)),
        (date(2026, 2, 27), 1, date(2026, 2, 28)),
    ],
)
def test_holidays_and_make_up_days_are_counted_as_announced(start, n, expected):
    assert ANNOUNCED.after(start, n) == WorkingDay(expected, is_provisional=False)


def test_a_year_without_announcement_is_counted_monday_to_friday_and_says_so():
    assert ANNOUNCED.after(date(2027, 4, 30), 1) == WorkingDay(date(2027, 5, 3), is_provisional=True)
    assert ANNOUNCED.after(date(2026, 12, 31), 1) == WorkingDay(date(2027, 1, 1), is_provisional=True)
    assert not ANNOUNCED.after(date(2026, 12, 30), 1).is_provisional
    assert ANNOUNCED.unknown_years(date(2026, 11, 25), date(2027, 2, 23)) == [2027]
    assert ANNOUNCED.unknown_years(date(2026, 1, 1), date(2026, 12, 31)) == []


def test_counting_backwards_and_between_leaves_the_holiday_out():
    assert ANNOUNCED.before(date(2026, 10, 8)) == date(2026, 9, 30)
    assert ANNOUNCED.between(date(2026, 9, 30), date(2026, 10, 12)) == 4
    assert ANNOUNCED.between(date(2026, 10, 1), date(2026, 10, 7)) == 0
    assert ANNOUNCED.between(date(2026, 10, 12), date(2026, 9, 30)) == 0


def test_the_day_is_the_citys_and_not_greenwichs():
    assert city_day(datetime(2026, 9, 29, 15, 59, tzinfo=UTC)) == date(2026, 9, 29)
    assert city_day(datetime(2026, 9, 29, 16, 0, tzinfo=UTC)) == date(2026, 9, 30)


def test_a_saturday_is_worked_only_when_it_is_made_up():
    assert ANNOUNCED.is_working_day(date(2026, 10, 10))
    assert not ANNOUNCED.is_working_day(date(2026, 10, 17))
    assert not ANNOUNCED.is_working_day(date(2027, 10, 9)), "nobody knows yet"
