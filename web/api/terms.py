"""The terms of the four postings, field for field those of their forms."""

from typing import Annotated

from vocabulary.classifications import GuaranteeMethod, LoanBasis, LoanPurpose, RepaymentMethod, TaxGrade, Tier
from vocabulary.standards import Certificate
from vocabulary.units import Unit
from web.api.shapes import (
    Amount,
    Code,
    Count,
    Day,
    Industry,
    Milli,
    Rate,
    Region,
    Sent,
    Several,
    Standards,
    level,
    words,
)


class Posting(Sent):
    """What every posting states. A draft needs its title only; what publishing needs is said when it is published."""

    title: Annotated[str, words(120, least=1)]
    text: Annotated[str, words(4000)] = ""
    expires_on: Day | None = None


class LoanProductTerms(Posting):
    """What a bank lends, to whom, and on which terms. Empty lists mean any."""

    branch: Annotated[str, words(80)] = ""
    min_amount_fen: Amount | None = None
    max_amount_fen: Amount | None = None
    min_term_months: Count | None = None
    max_term_months: Count | None = None
    rate_from_bps: Rate | None = None
    rate_to_bps: Rate | None = None
    repayment: Code[RepaymentMethod] | None = None
    guarantee_fee_bps: Rate | None = None
    purposes: Several[Code[LoanPurpose]] = []
    guarantee_methods: Several[Code[GuaranteeMethod]] = []
    regions: Several[Region] = []
    target_industries: Several[Industry] = []
    excluded_industries: Several[Industry] = []
    tax_grades: Several[Code[TaxGrade]] = []
    tiers: Several[Code[Tier]] = []
    size_bands: Several[Annotated[int, level("staff")]] = []
    min_months_in_operation: Count | None = None
    min_revenue_band: Annotated[int, level("revenue")] | None = None
    max_debt_ratio_band: Annotated[int, level("debt_ratio")] | None = None
    basis: Code[LoanBasis] | None = None
    max_payment_band: Annotated[int, level("payment_days")] | None = None
    documents: Annotated[str, words(1000)] = ""


class FinancingNeedTerms(Posting):
    """What an enterprise wants to borrow."""

    amount_fen: Amount | None = None
    term_months: Count | None = None
    purpose: Code[LoanPurpose] | None = None
    guarantee_methods: Several[Code[GuaranteeMethod]] = []
    max_annual_rate_bps: Rate | None = None


class PurchaseNeedTerms(Posting):
    """What a buyer wants to buy."""

    category_code: Industry | None = None
    specification: Annotated[str, words(500)] = ""
    quantity_milli: Milli | None = None
    unit: Code[Unit] | None = None
    accept_partial: bool = True
    must_standards: Standards = []
    wished_standards: Standards = []
    must_certificates: Several[Code[Certificate]] = []
    wished_certificates: Several[Code[Certificate]] = []
    window_start: Day | None = None
    window_end: Day | None = None
    delivery_region_code: Region | None = None
    payment_days: Count | None = None
    budget_fen: Amount | None = None
    hide_name: bool = False


class ProductLineTerms(Posting):
    """What an enterprise makes, and how much of it is to be had in a year."""

    category_code: Industry | None = None
    specification: Annotated[str, words(500)] = ""
    standards: Standards = []
    unit: Code[Unit] | None = None
    yearly_capacity_milli: Milli | None = None
    spare_capacity_milli: Milli | None = None
    lead_time_days: Count | None = None
    delivers_to: Several[Region] = []
    unit_price_fen: Amount | None = None
