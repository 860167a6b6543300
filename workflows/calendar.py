"""The city's day."""

from datetime import date
from zoneinfo import ZoneInfo

from models.base import now

SHANGHAI = ZoneInfo("Asia/Shanghai")


def today() -> date:
    """The present day in China Standard Time, by which terms, windows and expiry are counted."""
    return now().astimezone(SHANGHAI).date()
