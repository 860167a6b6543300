"""What firms are recognised as on a day: the only place that says which recognition counts.

Lists, the engine's facts and released dossiers all read it, so what has expired is counted nowhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, select, true
from sqlmodel import Session, col

from models.base import now
from models.firm_profile import FirmProfile
from models.recognition import Recognition
from vocabulary.classifications import Tier
from vocabulary.lifecycles import RecognitionStatus
from vocabulary.recognitions import RUNGS, RecognitionKind, counted_flag, counted_tier

_SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class FirmTitles:
    """What counts of a firm on a day. None: claimed, but verified by nobody."""

    tier: Tier | None
    is_high_tech: bool | None
    is_above_scale: bool | None


def present_day() -> date:
    """The present day in China Standard Time, for lists that name none."""
    return now().astimezone(_SHANGHAI).date()


def valid_on(on: date, *, known_at: datetime | None = None) -> ColumnElement[bool]:
    """SQL: a recognition counts on a day; with `known_at`, only if the office had verified it before that moment."""
    conditions = [
        col(Recognition.status) == RecognitionStatus.VERIFIED,
        col(Recognition.issued_on) <= on,
        col(Recognition.expires_on) >= on,
    ]
    if known_at is not None:
        conditions.append(col(Recognition.decided_at) < known_at)
    return and_(*conditions)


def holds(firm_column: Any, kind: RecognitionKind, on: date) -> ColumnElement[bool]:
    """SQL: the firm of a row holds a title on a day; a filter for any list that has firms."""
    return (
        select(col(Recognition.id))
        .where(
            col(Recognition.organization_id) == firm_column,
            col(Recognition.kind) == kind,
            valid_on(on),
        )
        .exists()
    )


def is_of_tier(firm_column: Any, tier: Tier, on: date) -> ColumnElement[bool]:
    """SQL: the highest valid rung of a row's firm is this tier; `Tier.NONE` finds those without a valid one."""
    order = list(RUNGS)
    above = order if tier is Tier.NONE else order[list(RUNGS.values()).index(tier) + 1 :]
    has_none_higher = and_(true(), *(~holds(firm_column, kind, on) for kind in above))
    if tier is Tier.NONE:
        return has_none_higher
    kind = next(kind for kind, rung in RUNGS.items() if rung is tier)
    return and_(holds(firm_column, kind, on), has_none_higher)


def of_firms(on: date, *, known_at: datetime | None = None) -> Any:
    """SQL: per firm its highest valid rung (1 to 4, 0 for none), its other valid titles, and what it ever had verified.

    Columns: firm_id, rung, had_rung, high_tech, had_high_tech, above_scale, had_above_scale.
    """
    kind, counts = col(Recognition.kind), valid_on(on, known_at=known_at)
    rungs = [(and_(kind == title, counts), place) for place, title in enumerate(RUNGS, start=1)]
    high_tech, above_scale = kind == RecognitionKind.HIGH_TECH, kind == RecognitionKind.ABOVE_SCALE

    def any_of(condition: Any) -> Any:
        return func.max(case((condition, 1), else_=0))

    statement = select(
        col(Recognition.organization_id).label("firm_id"),
        func.max(case(*rungs, else_=0)).label("rung"),
        any_of(kind.in_(tuple(RUNGS))).label("had_rung"),
        any_of(and_(high_tech, counts)).label("high_tech"),
        any_of(high_tech).label("had_high_tech"),
        any_of(and_(above_scale, counts)).label("above_scale"),
        any_of(above_scale).label("had_above_scale"),
    ).where(col(Recognition.status).in_((RecognitionStatus.VERIFIED, RecognitionStatus.REVOKED)))
    if known_at is not None:
        statement = statement.where(col(Recognition.decided_at) < known_at)
    return statement.group_by(col(Recognition.organization_id))


def titles_of(
    session: Session, firm_ids: Iterable[int], on: date, *, known_at: datetime | None = None
) -> dict[int, FirmTitles]:
    """What counts of each of these firms on a day, in one query."""
    found = of_firms(on, known_at=known_at).subquery()
    rows = session.execute(
        select(col(FirmProfile.organization_id), col(FirmProfile.tier), col(FirmProfile.is_high_tech), *found.c)
        .outerjoin(found, found.c.firm_id == FirmProfile.organization_id)
        .where(col(FirmProfile.organization_id).in_(set(firm_ids)))
    )
    return {
        row.organization_id: FirmTitles(
            counted_tier(row.tier, row.rung, was_verified=bool(row.had_rung)),
            counted_flag(claimed=row.is_high_tech, is_valid=bool(row.high_tech), was_verified=bool(row.had_high_tech)),
            counted_flag(claimed=None, is_valid=bool(row.above_scale), was_verified=bool(row.had_above_scale)),
        )
        for row in rows
    }
