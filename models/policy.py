"""Policy scenarios: a change of one rule on a copy, what it would do, and what became of it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from models.base import (
    Row,
    code_column,
    evidence_check,
    foreign_key,
    json_column,
    public_id_column,
    required_code,
    status_check,
    status_column,
    time_column,
)
from vocabulary.classifications import Market, Tier
from vocabulary.lifecycles import POLICY_SCENARIO, PRODUCT_SUGGESTION
from vocabulary.policy import PolicyChange, PolicyManner, PolicyRule, PolicyStatus, SuggestionStatus


class WeightsVersion(Row, table=True):
    """The weights of a market from `valid_from` on; before the first one those declared in code hold."""

    __tablename__ = "weights_version"
    __table_args__ = (UniqueConstraint("market", "version"),)

    market: Market = required_code(Market)
    version: int
    weights: dict[str, float] = json_column(dict)
    digest: str = Field(max_length=64)
    """SHA-256 over what is published; also in the ledger. A version whose content says another is not used."""
    valid_from: date
    reason: str = Field(max_length=500)
    created_by_id: int = foreign_key("user.id", nullable=False, index=False)
    approved_by_id: int = foreign_key("user.id", nullable=False, index=False)


class PolicyScenario(Row, table=True):
    """One change of one rule. It is never edited: another try is another scenario.

    `value` is the limit asked for: a band level, months, basis points, a code, or weights by component code; None is
    no limit. `facts_digest` and `settings_fingerprint` name what the result was compared on.
    """

    __tablename__ = "policy_scenario"
    __table_args__ = (
        status_check(PolicyStatus),
        evidence_check(
            "computed_has_result", (PolicyStatus.COMPUTED, PolicyStatus.PUBLISHED), "computed_at", "facts_digest"
        ),
        evidence_check("published_has_publisher", (PolicyStatus.PUBLISHED,), "published_by_id", "published_at"),
        evidence_check("dropped_has_reason", (PolicyStatus.DROPPED,), "dropped_reason"),
        CheckConstraint("published_by_id <> created_by_id", name="published_by_another"),
    )

    public_id: str = public_id_column()
    title: str = Field(max_length=120)
    reason: str = Field(max_length=500)
    rule: PolicyRule = required_code(PolicyRule)
    market: Market = required_code(Market)
    manner: PolicyManner | None = code_column(PolicyManner)
    value: Any = json_column()
    bank_id: int | None = foreign_key("organization.id", index=False)
    """Only this bank's products; None is all."""
    supply_id: int | None = foreign_key("supply.id", index=False)
    """Only this product."""
    purpose: str | None = Field(default=None, max_length=32)
    """Only products for this purpose."""
    created_by_id: int = foreign_key("user.id", nullable=False, index=False)
    status: PolicyStatus = status_column(POLICY_SCENARIO.initial)
    status_changed_at: datetime = time_column(default_now=True)
    computed_at: datetime | None = time_column()
    compared_on: date | None = None
    facts_digest: str | None = Field(default=None, max_length=64)
    settings_fingerprint: str | None = Field(default=None, max_length=64)
    figures: dict[str, Any] = json_column(dict)
    """Pairs and needs with something before and after, products changed, pairs asked."""
    changes: list[dict[str, Any]] = json_column(list)
    """Products with other terms: supply_id, version of the terms, and [before, after] by field."""
    weights_before: dict[str, float] = json_column(dict)
    duration_ms: int = 0
    published_by_id: int | None = foreign_key("user.id", index=False)
    published_at: datetime | None = time_column()
    published_note: str = Field(default="", max_length=500)
    dropped_reason: str | None = Field(default=None, max_length=500)


class PolicyEffect(Row, table=True):
    """One pair that a scenario gains, loses or moves in the list of its demand."""

    __tablename__ = "policy_effect"
    __table_args__ = (
        UniqueConstraint("scenario_id", "demand_id", "supply_id"),
        Index("ix_policy_effect_change", "scenario_id", "change", "organization_id"),
    )

    public_id: str = public_id_column()
    scenario_id: int = foreign_key("policy_scenario.id", nullable=False, index=False, cascade=True)
    change: PolicyChange = required_code(PolicyChange)
    demand_id: int = foreign_key("demand.id", nullable=False, index=False)
    supply_id: int = foreign_key("supply.id", nullable=False, index=False)
    organization_id: int = foreign_key("organization.id", nullable=False, index=False)
    """The firm: the borrower, or the supplier."""
    chain_id: int | None = foreign_key("chain.id", index=False)
    region_code: str | None = Field(default=None, max_length=12)
    tier: Tier | None = code_column(Tier)
    size_band: int | None = None
    rank_before: int | None = None
    rank_after: int | None = None
    score_before: float | None = None
    score_after: float | None = None
    points_before: list[float | None] | None = json_column()
    points_after: list[float | None] | None = json_column()
    """Shares of the score by component, in the market's order; None where it abstained."""
    gates: list[dict[str, Any]] = json_column(list)
    """The gates that decided: code, kind, value and source, the limit before and the limit after."""
    is_turning: bool = False
    """Whether the need goes from nothing at all to something, or from something to nothing."""


class ProductSuggestion(Row, table=True):
    """Other terms for one loan product, put before its bank."""

    __tablename__ = "product_suggestion"
    __table_args__ = (
        status_check(SuggestionStatus),
        evidence_check(
            "answered_has_person",
            (SuggestionStatus.ACCEPTED, SuggestionStatus.DECLINED),
            "answered_by_id",
            "answered_at",
        ),
        UniqueConstraint("scenario_id", "supply_id"),
    )

    public_id: str = public_id_column()
    scenario_id: int = foreign_key("policy_scenario.id", nullable=False)
    supply_id: int = foreign_key("supply.id", nullable=False, index=False)
    organization_id: int = foreign_key("organization.id", nullable=False)
    """The bank."""
    base_version: int
    """The version of the terms that were compared."""
    terms: dict[str, Any] = json_column(dict)
    """[before, after] by field."""
    n_gained: int = 0
    n_lost: int = 0
    status: SuggestionStatus = status_column(PRODUCT_SUGGESTION.initial)
    status_changed_at: datetime = time_column(default_now=True)
    answered_by_id: int | None = foreign_key("user.id", index=False)
    answered_at: datetime | None = time_column()
    answer: str = Field(default="", max_length=500)
