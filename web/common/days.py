"""A range of days that a list is asked for."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from web.common.filters import SHANGHAI


def asked_days(asked: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """From midnight in Shanghai of the day `since` to that after the day `until`; None for what is no day."""
    until = _midnight(asked["until"])
    return _midnight(asked["since"]), until + timedelta(days=1) if until else None


def _midnight(text: str) -> datetime | None:
    try:
        return datetime.combine(datetime.fromisoformat(text).date(), time.min, SHANGHAI)
    except ValueError:
        return None
