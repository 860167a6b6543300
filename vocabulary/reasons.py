"""Codes in which the engine explains itself; sentences are made from them where they can be translated."""

from enum import StrEnum


class GateAnswer(StrEnum):
    """符合 / 不符合 / 待补充."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class PairState(StrEnum):
    """What the gates say of a pair: all open, some unknown, some closed."""

    ELIGIBLE = "eligible"
    POSSIBLE = "possible"
    CLOSED = "closed"


class GateCode(StrEnum):
    """The hard rules of both markets."""

    FIRM_VERIFIED = "firm_verified"
    SUPPLY_OPEN = "supply_open"
    NOT_BLOCKED = "not_blocked"
    AMOUNT = "amount"
    TERM = "term"
    GUARANTEE = "guarantee"
    REGION_SERVED = "region_served"
    OPERATING_MONTHS = "operating_months"
    REVENUE_BAND = "revenue_band"
    DEBT_RATIO_BAND = "debt_ratio_band"
    TAX_GRADE = "tax_grade"
    INDUSTRY = "industry"
    PURPOSE = "purpose"
    LENDER_CAPACITY = "lender_capacity"
    ORDER = "order"
    REFUSED_BEFORE = "refused_before"
    NOT_OWN = "not_own"
    CATEGORY = "category"
    UNIT = "unit"
    CAPACITY = "capacity"
    CERTIFICATES = "certificates"
    STANDARDS = "standards"
    WINDOW = "window"
    DELIVERY_REGION = "delivery_region"


class ComponentCode(StrEnum):
    """The scored aspects of both markets."""

    TEXT = "text"
    INDUSTRY_FIT = "industry_fit"
    SIZE_FIT = "size_fit"
    GUARANTEE_FIT = "guarantee_fit"
    PRICE_FIT = "price_fit"
    TIER_FIT = "tier_fit"
    REGION_FIT = "region_fit"
    CATEGORY_FIT = "category_fit"
    CAPACITY_FIT = "capacity_fit"
    DISTANCE = "distance"
    CHAIN_FIT = "chain_fit"
    WISHES = "wishes"
    TRACK_ACTIVITY = "track_activity"
    TRACK_TEXT = "track_text"
    TRACK_REGION = "track_region"
    TRACK_INDUSTRY = "track_industry"
    TRACK_SIZE = "track_size"
    TRACK_TERM = "track_term"
    TRACK_KIND = "track_kind"


TRACK_RECORD = frozenset(code for code in ComponentCode if code.value.startswith("track_"))
"""What a supply really did; one that did nothing yet has no such aspects at all, rather than gaps in its facts."""


class Reach(StrEnum):
    """Whose hand a change needs: the firm's own, only time, or the other side's."""

    FIRM = "firm"
    TIME = "time"
    OTHER_SIDE = "other_side"


class ValueKind(StrEnum):
    """How a value of a gate is to be shown."""

    MONEY = "money"
    MONTHS = "months"
    PERCENT_BAND = "debt_ratio_band"
    REVENUE_BAND = "revenue_band"
    GUARANTEES = "guarantees"
    GRADES = "grades"
    PURPOSES = "purposes"
    REGIONS = "regions"
    INDUSTRIES = "industries"
    CERTIFICATES = "certificates"
    STANDARDS = "standards"
    QUANTITY = "quantity"
    UNIT = "unit"
    DATE = "date"
    FLAG = "flag"
    COUNT = "count"
    ORDER = "order"
    REFUSALS = "refusals"
