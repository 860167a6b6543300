"""The city's day, and China's working days with their make-up days."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import chinese_calendar

from models.base import now

SHANGHAI = ZoneInfo("Asia/Shanghai")
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkingDay:
    """A working day that was counted to. `is_provisional`: the count went through a year without holiday data."""

    on: date
    is_provisional: bool


def today() -> date:
    """The present day in China Standard Time, by which terms, windows and expiry are counted."""
    return city_day(now())


def city_now() -> datetime:
    """The present moment in China Standard Time."""
    return now().astimezone(SHANGHAI)


def city_day(at: datetime) -> date:
    """The day in China Standard Time on which a moment falls."""
    return at.astimezone(SHANGHAI).date()


@cache
def years_with_holidays() -> range:
    """Years whose public holidays and make-up days are known: those the State Council had announced."""
    years = [day.year for day in chinese_calendar.holidays]
    return range(min(years), max(years) + 1)


def is_working_day(day: date) -> bool:
    """As announced for the year; Monday to Friday in a year without data."""
    if day.year not in years_with_holidays():
        return day.weekday() < 5
    return bool(chinese_calendar.is_workday(day))


def working_day_after(start: date, n: int) -> WorkingDay:
    """The n-th working day after a day, which itself does not count."""
    return _count(start, n, lambda day: day + _ONE_DAY)


def working_day_before(day: date) -> date:
    """The last working day before a day."""
    return _count(day, 1, lambda later: later - _ONE_DAY).on


def working_days_between(start: date, end: date) -> int:
    """How many working days lie after `start`, up to and with `end`; 0 if there are none."""
    return sum(is_working_day(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


def years_without_holidays(since: date, until: date) -> list[int]:
    """Years between two days whose working days are a guess."""
    return [year for year in range(since.year, until.year + 1) if year not in years_with_holidays()]


def _count(start: date, n: int, step: Callable[[date], date]) -> WorkingDay:
    day, left, is_provisional = start, n, False
    while left:
        day = step(day)
        is_provisional |= day.year not in years_with_holidays()
        left -= is_working_day(day)
    return WorkingDay(day, is_provisional)
