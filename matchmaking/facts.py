"""The frozen rows the engine reads. Confidential figures never come in: only their published bands do.

Every fact may be None, which means "no data"; an empty collection means "none stated" or, for a limit, "any".
`digest` names the content, so a run can be made again from stored facts (F58).
"""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Self

Id = int | str
"""Ids of rows and organizations: numbers in the product, strings in tables."""


def id_key(row_id: Id) -> tuple[bool, Id]:
    """Order of ids: numbers by value, then strings by code point."""
    return isinstance(row_id, str), row_id


class BadFacts(ValueError):
    """Fact rows that do not have the shape of their market, or share an id."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What every row may have: ids, the text that says what it is about, its kind, trade and place.

    Paths go from coarse to fine. `organization_id` is None where rows do not say who is behind them.
    """

    id: Id
    organization_id: Id | None = None
    text: str = ""
    kind: str | None = None
    industry_path: tuple[str, ...] | None = None
    region_path: tuple[str, ...] | None = None
    blocked: tuple[Id, ...] = ()
    """Organizations that this side does not want to meet; never shown."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values; dates as ISO text, tuples as lists."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The row that `to_dict` was called on. Raises BadFacts on an unknown or missing name."""
        kinds = {field.name: field.type for field in fields(cls)}
        if strange := set(values) - set(kinds):
            raise BadFacts(f"unknown facts: {sorted(strange)}")
        try:
            return cls(**{name: _typed(value, str(kinds[name])) for name, value in values.items()})
        except (TypeError, ValueError) as error:
            raise BadFacts(str(error)) from error

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, with the market's row type in front."""
        content = json.dumps(self.to_dict(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(f"{type(self).__name__}:{content}".encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple) else value


def _typed(value: Any, kind: str) -> Any:
    if "PastRefusal" in kind:
        return tuple(PastRefusal.from_dict(stored) for stored in value)
    if isinstance(value, list):
        return tuple(value)
    return date.fromisoformat(value) if isinstance(value, str) and "date" in kind else value


@dataclass(frozen=True, kw_only=True)
class PastRefusal:
    """A bank or buyer said no after the introduction, and the firm has not changed since what it said no to."""

    reason: str
    """A code of `vocabulary.classifications.DeclineReason`."""
    on: date
    by: Id
    """The organization that said no."""
    other_id: Id | None = None
    """The product or need, where it was this very row that it refused."""
    category: tuple[str, ...] = ()
    """Path of what was asked for, in the supply market."""
    level: int | None = None
    """What the engine knew of the refused aspect that day: a band, fen, days or a number."""
    asked_milli: int | None = None
    """The quantity asked for, in thousandths of the line's unit."""

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """What `Facts.to_dict` made of it."""
        plain = {**values, "on": date.fromisoformat(values["on"]), "category": tuple(values["category"])}
        return cls(**plain)


@dataclass(frozen=True, kw_only=True)
class FinanceDemand(Facts):
    """A financing need and the firm behind it. Bands are levels 0..7 of `vocabulary.bands`."""

    is_verified: bool | None = None
    amount_fen: int | None = None
    term_months: int | None = None
    purpose: str | None = None
    guarantee_methods: tuple[str, ...] | None = None
    max_rate_bps: int | None = None
    founded_on: "date | None" = None
    revenue_band: int | None = None
    staff_band: int | None = None
    debt_ratio_band: int | None = None
    collateral_band: int | None = None
    tax_grade: str | None = None
    tier: str | None = None
    order_bases: tuple[str, ...] | None = None
    """What the orders that buyers confirmed may carry: `confirmed_order`, and `receivables` if paid for later."""
    order_band: int | None = None
    """Of the sum of these orders."""
    payment_band: int | None = None
    """Of the shortest time to pay among them."""
    refusals: tuple[PastRefusal, ...] = ()
    """Of the firm in this market, those it has not answered yet; never shown to another bank."""


@dataclass(frozen=True, kw_only=True)
class FinanceSupply(Facts):
    """A loan product's current terms."""

    is_open: bool | None = None
    min_amount_fen: int | None = None
    max_amount_fen: int | None = None
    min_term_months: int | None = None
    max_term_months: int | None = None
    rate_from_bps: int | None = None
    rate_to_bps: int | None = None
    purposes: tuple[str, ...] = ()
    guarantee_methods: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    target_industries: tuple[str, ...] = ()
    excluded_industries: tuple[str, ...] = ()
    tax_grades: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    size_bands: tuple[int, ...] = ()
    min_months_in_operation: int | None = None
    min_revenue_band: int | None = None
    max_debt_ratio_band: int | None = None
    remaining_visits: int | None = None
    """Firms the lender can take on in the coming weeks; None: no stated limit."""
    capacity_bound: str | None = None
    """Where none remain: what keeps it from more, of `vocabulary.planning.CapacityBound`."""
    capacity_from: "date | None" = None
    """Where time alone opens it again: from which day."""
    basis: str | None = None
    max_payment_band: int | None = None


@dataclass(frozen=True, kw_only=True)
class SupplyDemand(Facts):
    """A purchase need: `industry_path` is the category asked for, `region_path` the place of delivery.

    Quantities are thousandths of the unit.
    """

    amount_fen: int | None = None
    quantity_milli: int | None = None
    unit: str | None = None
    accept_partial: bool = True
    must_certificates: tuple[str, ...] = ()
    wished_certificates: tuple[str, ...] = ()
    must_standards: tuple[str, ...] = ()
    wished_standards: tuple[str, ...] = ()
    window_end: "date | None" = None
    chain: str | None = None


@dataclass(frozen=True, kw_only=True)
class SupplySupply(Facts):
    """A product line, its category as `industry_path`, and the firm behind it with its place."""

    is_verified: bool | None = None
    is_open: bool | None = None
    unit: str | None = None
    yearly_capacity_milli: int | None = None
    spare_capacity_milli: int | None = None
    certificates: tuple[str, ...] | None = None
    standards: tuple[str, ...] | None = None
    lead_time_days: int | None = None
    delivers_to: tuple[str, ...] = ()
    chain: str | None = None
    refusals: tuple[PastRefusal, ...] = ()
    """Of this line, those the firm has not answered yet; never shown to another buyer."""
