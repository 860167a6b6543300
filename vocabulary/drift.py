"""What is watched for change: figures that people file, what they say of pairs, how far the engine reaches."""

from enum import StrEnum


class DriftKind(StrEnum):
    """What changed."""

    UNKNOWN = "unknown"
    """The share of rows in which a figure is missing."""
    MEDIAN = "median"
    """The median of a figure."""
    AGREEMENT = "agreement"
    """The share of verdicts that confirm."""
    REFUSALS = "refusals"
    """The share of one reason among the declines."""
    COVERAGE = "coverage"
    """The share of pairs that the night recommends."""


class DriftField(StrEnum):
    """Figures that are watched."""

    NEED_AMOUNT = "need_amount"
    NEED_TERM = "need_term"
    NEED_RATE = "need_rate"
    FIRM_REVENUE = "firm_revenue"
    FIRM_CAPITAL = "firm_capital"
    FIRM_TAX = "firm_tax"
    FIRM_EMPLOYEES = "firm_employees"
    FIRM_DEBT_RATIO = "firm_debt_ratio"
    PRODUCT_AMOUNT = "product_amount"
    PRODUCT_RATE = "product_rate"


MONEY = frozenset(
    {
        DriftField.NEED_AMOUNT, DriftField.FIRM_REVENUE, DriftField.FIRM_CAPITAL, DriftField.FIRM_TAX,
        DriftField.PRODUCT_AMOUNT,
    }
)  # fmt: skip
"""Fields in fen."""
