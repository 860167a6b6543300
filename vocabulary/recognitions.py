"""What a firm may be recognised as (梯度培育), for how long, and what of it counts on a day."""

from datetime import date, timedelta
from enum import StrEnum

from vocabulary.classifications import Tier
from vocabulary.lifecycles import RecognitionStatus


class RecognitionKind(StrEnum):
    """A title that an authority gives to a firm: the rungs of specialised firms, and two beside them."""

    INNOVATIVE = "innovative"
    SRDI = "srdi"
    LITTLE_GIANT = "little_giant"
    CHAMPION = "champion"
    HIGH_TECH = "high_tech"
    ABOVE_SCALE = "above_scale"


class RecognitionState(StrEnum):
    """How a recognition stands on a day: what the office decided, and for what it verified, the days."""

    WAITING = "waiting"
    NOT_YET = "not_yet"
    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


_K = RecognitionKind
RUNGS: dict[RecognitionKind, Tier] = {
    _K.INNOVATIVE: Tier.INNOVATIVE,
    _K.SRDI: Tier.SRDI,
    _K.LITTLE_GIANT: Tier.LITTLE_GIANT,
    _K.CHAMPION: Tier.CHAMPION,
}
"""Titles that are rungs of one ladder, lowest first; the highest valid one counts."""
USUAL_YEARS: dict[RecognitionKind, int] = dict.fromkeys(_K, 3) | {_K.ABOVE_SCALE: 1}
"""Validity where the firm states no last day. Three years: 优质中小企业梯度培育管理暂行办法（工信部企业〔2022〕63号），
高新技术企业认定管理办法（国科发火〔2016〕32号）； firms above scale are listed anew each year."""
EXPIRES_SOON_DAYS = 90
"""From so many days before its last day on a recognition is marked, and the firm is told."""


def usual_last_day(kind: RecognitionKind, issued_on: date) -> date:
    """The day before the anniversary that ends the usual validity."""
    year = issued_on.year + USUAL_YEARS[kind]
    is_leap_day = (issued_on.month, issued_on.day) == (2, 29)
    anniversary = date(year, 3, 1) if is_leap_day else issued_on.replace(year=year)
    return anniversary - timedelta(days=1)


def counted_tier(claimed: Tier | None, rung: int | None, *, was_verified: bool) -> Tier | None:
    """The tier that counts: the rung of the highest valid recognition, 1 to 4.

    Without a valid one it is none if the firm claims none, or if what it had has ended; a claim that nobody verified
    is not known, which is not the same as none.
    """
    if rung:
        return list(RUNGS.values())[rung - 1]
    return Tier.NONE if was_verified or claimed is Tier.NONE else None


def counted_flag(*, claimed: bool | None, is_valid: bool, was_verified: bool) -> bool | None:
    """The same for a title that one has or has not."""
    if is_valid:
        return True
    return False if was_verified or claimed is False else None


_DECIDED = {
    RecognitionStatus.FILED: RecognitionState.WAITING,
    RecognitionStatus.REFUSED: RecognitionState.REFUSED,
    RecognitionStatus.WITHDRAWN: RecognitionState.WITHDRAWN,
    RecognitionStatus.REVOKED: RecognitionState.REVOKED,
}


def state_on(status: RecognitionStatus, issued_on: date, expires_on: date, on: date) -> RecognitionState:
    """How a recognition stands on a day; it counts in the states valid and expiring, its last day included."""
    if status in _DECIDED:
        return _DECIDED[status]
    if on < issued_on:
        return RecognitionState.NOT_YET
    if on > expires_on:
        return RecognitionState.EXPIRED
    return RecognitionState.EXPIRING if (expires_on - on).days <= EXPIRES_SOON_DAYS else RecognitionState.VALID
