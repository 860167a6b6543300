"""The two sides of a pairing by their part in it: the firm, whose dossier is at stake, and the counterpart."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, exists, type_coerce
from sqlmodel import col

from models.pairing import Consent, Pairing
from vocabulary.classifications import FIRM_SIDE, PURPOSE_OF_MARKET, Market, Side

FRESH_DAYS = 365
"""Facts verified longer ago than this are shown as stale."""

_FIRM_DEMANDS = tuple(market for market, side in FIRM_SIDE.items() if side is Side.DEMAND)


def firm_id(pairing: Pairing) -> int:
    """Organization id of the firm: the borrower, or the supplier."""
    is_demand = FIRM_SIDE[pairing.market] is Side.DEMAND
    return pairing.demand_organization_id if is_demand else pairing.supply_organization_id


def counterpart_id(pairing: Pairing) -> int:
    """Organization id of the side that reads the dossier: the bank, or the buyer."""
    is_demand = FIRM_SIDE[pairing.market] is Side.DEMAND
    return pairing.supply_organization_id if is_demand else pairing.demand_organization_id


def sides(pairing: Pairing) -> tuple[int, int]:
    """Organization ids of the two sides."""
    return pairing.demand_organization_id, pairing.supply_organization_id


def counterpart_side(market: Market) -> Side:
    return Side.SUPPLY if FIRM_SIDE[market] is Side.DEMAND else Side.DEMAND


def firm_column() -> Any:
    """SQL for `firm_id`."""
    is_demand = col(Pairing.market).in_(_FIRM_DEMANDS)
    return case((is_demand, col(Pairing.demand_organization_id)), else_=col(Pairing.supply_organization_id))


def counterpart_column() -> Any:
    """SQL for `counterpart_id`."""
    is_demand = col(Pairing.market).in_(_FIRM_DEMANDS)
    return case((is_demand, col(Pairing.supply_organization_id)), else_=col(Pairing.demand_organization_id))


def consent_exists(on: date) -> Any:
    """SQL: whether the firm's consent lets the pairing's counterpart read on a day."""
    purpose = case(
        *((col(Pairing.market) == market, purpose.value) for market, purpose in PURPOSE_OF_MARKET.items()), else_=""
    )
    return exists().where(
        col(Consent.organization_id) == firm_column(),
        col(Consent.counterpart_id) == counterpart_column(),
        type_coerce(col(Consent.purpose), String) == purpose,
        consent_in_force(on),
    )


def consent_in_force(on: date) -> ColumnElement[bool]:
    """SQL over Consent: neither withdrawn nor replaced, and its last day is not over. The only place that says so."""
    return and_(col(Consent.withdrawn_at).is_(None), col(Consent.ends_on) >= on)


def is_stale(verified_at: datetime | None, today: date) -> bool:
    """Whether facts were never verified or longer ago than `FRESH_DAYS`."""
    oldest = datetime.combine(today - timedelta(days=FRESH_DAYS), time.min, UTC)
    return verified_at is None or verified_at < oldest
