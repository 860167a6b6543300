"""The city's day, and China's working days with their make-up days."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import chinese_calendar

from models.base import now
from vocabulary.reference import YearOfWork

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


@dataclass(frozen=True)
class WorkingDays:
    """The calendar that due days are counted by. Years `entered` by hand come before those that are announced."""

    entered: Mapping[int, YearOfWork]

    def is_working_day(self, day: date) -> bool:
        """As entered or announced for the year; Monday to Friday in a year nobody knows."""
        if (year := self.entered.get(day.year)) is not None:
            return year.is_working_day(day)
        if day.year not in years_with_holidays():
            return day.weekday() < 5
        return bool(chinese_calendar.is_workday(day))

    def after(self, start: date, n: int) -> WorkingDay:
        """The n-th working day after a day, which itself does not count."""
        return self._count(start, n, lambda day: day + _ONE_DAY)

    def before(self, day: date) -> date:
        """The last working day before a day."""
        return self._count(day, 1, lambda later: later - _ONE_DAY).on

    def between(self, start: date, end: date) -> int:
        """How many working days lie after `start`, up to and with `end`; 0 if there are none."""
        return sum(self.is_working_day(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))

    def unknown_years(self, since: date, until: date) -> list[int]:
        """Years between two days whose working days are a guess."""
        return [year for year in range(since.year, until.year + 1) if not self._is_known(year)]

    def _is_known(self, year: int) -> bool:
        return year in self.entered or year in years_with_holidays()

    def _count(self, start: date, n: int, step: Callable[[date], date]) -> WorkingDay:
        day, left, is_provisional = start, n, False
        while left:
            day = step(day)
            is_provisional |= not self._is_known(day.year)
            left -= self.is_working_day(day)
        return WorkingDay(day, is_provisional)


ANNOUNCED = WorkingDays({})
"""Without any year entered by hand; `workflows.reference_data.working_days` has those, too."""
