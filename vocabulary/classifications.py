"""Codes that rows, forms and the engine share. Labels live in `web/common/labels.py`."""

from enum import StrEnum


class Market(StrEnum):
    """The two markets; each pairs a demand with a supply."""

    FINANCE = "finance"
    SUPPLY = "supply"


class Side(StrEnum):
    """The side of a pair on which somebody acts."""

    DEMAND = "demand"
    SUPPLY = "supply"


class LinkPosition(StrEnum):
    """Where a link stands in its chain."""

    UPSTREAM = "upstream"
    MIDSTREAM = "midstream"
    DOWNSTREAM = "downstream"


class ChainPlacement(StrEnum):
    """How we know that a firm sits on a link."""

    FILED = "filed"
    CONFIRMED = "confirmed"
    GUESSED = "guessed"


class LoanPurpose(StrEnum):
    """贷款用途."""

    WORKING_CAPITAL = "working_capital"
    EQUIPMENT = "equipment"
    FIXED_ASSETS = "fixed_assets"
    PROJECT = "project"
    TRADE = "trade"


class GuaranteeMethod(StrEnum):
    """担保方式: what a firm can offer and what a product accepts."""

    MORTGAGE = "mortgage"
    PLEDGE = "pledge"
    GUARANTEE = "guarantee"
    PUBLIC_GUARANTOR = "public_guarantor"
    RECEIVABLES = "receivables"
    UNSECURED = "unsecured"


class RepaymentMethod(StrEnum):
    """还款方式."""

    EQUAL_INSTALMENT = "equal_instalment"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_FIRST = "interest_first"
    BULLET = "bullet"
    REVOLVING = "revolving"


class TaxGrade(StrEnum):
    """纳税信用等级, best first; M is given to new firms."""

    A = "A"
    B = "B"
    M = "M"
    C = "C"
    D = "D"


class Tier(StrEnum):
    """梯度培育: the rung of specialised firms."""

    NONE = "none"
    INNOVATIVE = "innovative"
    SRDI = "srdi"
    LITTLE_GIANT = "little_giant"
    CHAMPION = "champion"


class SizeClass(StrEnum):
    """统计上大中小微型: the statistical size class of a firm, largest first."""

    LARGE = "large"
    MEDIUM = "medium"
    SMALL = "small"
    MICRO = "micro"


class Ownership(StrEnum):
    """企业所有制."""

    PRIVATE = "private"
    STATE = "state"
    MIXED = "mixed"
    FOREIGN = "foreign"
    COLLECTIVE = "collective"


class Provenance(StrEnum):
    """Where a value comes from (F6)."""

    SELF_FILED = "self_filed"
    FILED_FOR_FIRM = "filed_for_firm"
    IMPORTED = "imported"
    GUESSED = "guessed"
    VERIFIED = "verified"


class SignalKind(StrEnum):
    """What one side says about a recommendation."""

    INTEREST = "interest"
    SHORTLIST = "shortlist"
    DISMISS = "dismiss"


class DeclineReason(StrEnum):
    """Reason codes of a bank, a buyer or a firm that says no (F37)."""

    COLLATERAL_INSUFFICIENT = "collateral_insufficient"
    DEBT_TOO_HIGH = "debt_too_high"
    OPERATING_HISTORY_SHORT = "operating_history_short"
    INDUSTRY_NOT_SERVED = "industry_not_served"
    AMOUNT_NOT_SUITABLE = "amount_not_suitable"
    CREDIT_RECORD = "credit_record"
    PRICE_NOT_SUITABLE = "price_not_suitable"
    SPECIFICATION_MISMATCH = "specification_mismatch"
    CAPACITY_INSUFFICIENT = "capacity_insufficient"
    DELIVERY_TOO_LATE = "delivery_too_late"
    QUALITY_NOT_PROVEN = "quality_not_proven"
    ALREADY_SUPPLIED = "already_supplied"
    COMPETITOR = "competitor"
    OTHER = "other"


_D = DeclineReason
COUNTERPART_REASONS: dict[Market, tuple[DeclineReason, ...]] = {
    Market.FINANCE: (
        _D.COLLATERAL_INSUFFICIENT, _D.DEBT_TOO_HIGH, _D.OPERATING_HISTORY_SHORT, _D.INDUSTRY_NOT_SERVED,
        _D.AMOUNT_NOT_SUITABLE, _D.CREDIT_RECORD, _D.PRICE_NOT_SUITABLE, _D.OTHER,
    ),
    Market.SUPPLY: (
        _D.SPECIFICATION_MISMATCH, _D.CAPACITY_INSUFFICIENT, _D.DELIVERY_TOO_LATE, _D.QUALITY_NOT_PROVEN,
        _D.PRICE_NOT_SUITABLE, _D.ALREADY_SUPPLIED, _D.COMPETITOR, _D.OTHER,
    ),
}  # fmt: skip
"""Codes that fit what a bank, or a buyer, may find."""
FIRM_REASONS = (_D.PRICE_NOT_SUITABLE, _D.AMOUNT_NOT_SUITABLE, _D.ALREADY_SUPPLIED, _D.COMPETITOR, _D.OTHER)
"""Codes for the firm that passes over a bank or a buyer."""


class VerdictReason(StrEnum):
    """Reason codes of an official's verdict."""

    FACTS_VERIFIED = "facts_verified"
    MUTUAL_INTEREST = "mutual_interest"
    CHAIN_PRIORITY = "chain_priority"
    ROADSHOW_AGREED = "roadshow_agreed"
    INFORMATION_MISSING = "information_missing"
    INFORMATION_STALE = "information_stale"
    CONSENT_MISSING = "consent_missing"
    WAITING_FOR_FIRM = "waiting_for_firm"
    WAITING_FOR_COUNTERPART = "waiting_for_counterpart"
    LENDER_FULL = "lender_full"
    NOT_SUITABLE = "not_suitable"
    RISK_FOUND = "risk_found"
    OTHER = "other"


class PairingOrigin(StrEnum):
    """What opened a pairing."""

    RECOMMENDATION = "recommendation"
    ROADSHOW = "roadshow"
    BY_HAND = "by_hand"
    SUPPLIER_GROUP = "supplier_group"
    ASSIGNMENT = "assignment"


class LoanBasis(StrEnum):
    """What a loan product rests on, if on more than the firm itself: an order, or what a buyer owes for one."""

    CONFIRMED_ORDER = "confirmed_order"
    RECEIVABLES = "receivables"


class GroupEnd(StrEnum):
    """Why a supplier group that was asked came to nothing."""

    SHARE_DECLINED = "share_declined"
    NO_ANSWER = "no_answer"
    CAPACITY_CHANGED = "capacity_changed"
    NEED_CHANGED = "need_changed"
    NEED_CLOSED = "need_closed"
    TAKEN_BACK = "taken_back"


class ParticipantOrigin(StrEnum):
    """How an organization came to a roadshow."""

    INVITED = "invited"
    APPLIED = "applied"
    WALK_IN = "walk_in"


class WishKind(StrEnum):
    """What a participant says of a possible partner; a veto is absolute and private."""

    MUST = "must"
    WOULD = "would"
    VETO = "veto"


class StageChoice(StrEnum):
    """What an official decides about a firm before the stage is proposed."""

    PIN = "pin"
    BAR = "bar"


class MeetingOrigin(StrEnum):
    """How a meeting came about."""

    PLANNED = "planned"
    BY_HAND = "by_hand"
    FOUND_THERE = "found_there"


class CaseStepKind(StrEnum):
    """The outcome ladders of both markets (F35), in order."""

    CONTACT = "contact"
    VISIT = "visit"
    DUE_DILIGENCE = "due_diligence"
    CREDIT_GRANTED = "credit_granted"
    DISBURSED = "disbursed"
    RENEWED = "renewed"
    NEGOTIATION = "negotiation"
    SAMPLE = "sample"
    TRIAL_ORDER = "trial_order"
    FRAME_AGREEMENT = "frame_agreement"
    VOLUME_ORDER = "volume_order"


LADDERS: dict[Market, tuple[CaseStepKind, ...]] = {
    Market.FINANCE: (
        CaseStepKind.CONTACT,
        CaseStepKind.VISIT,
        CaseStepKind.DUE_DILIGENCE,
        CaseStepKind.CREDIT_GRANTED,
        CaseStepKind.DISBURSED,
        CaseStepKind.RENEWED,
    ),
    Market.SUPPLY: (
        CaseStepKind.NEGOTIATION,
        CaseStepKind.SAMPLE,
        CaseStepKind.TRIAL_ORDER,
        CaseStepKind.FRAME_AGREEMENT,
        CaseStepKind.VOLUME_ORDER,
    ),
}

PROOF = frozenset(
    {
        CaseStepKind.CREDIT_GRANTED,
        CaseStepKind.DISBURSED,
        CaseStepKind.RENEWED,
        CaseStepKind.TRIAL_ORDER,
        CaseStepKind.FRAME_AGREEMENT,
        CaseStepKind.VOLUME_ORDER,
    }
)
"""Steps that show that a pair was good: money was lent or something was bought."""

AMOUNT_REQUIRED = frozenset(
    {
        CaseStepKind.CREDIT_GRANTED,
        CaseStepKind.DISBURSED,
        CaseStepKind.TRIAL_ORDER,
        CaseStepKind.FRAME_AGREEMENT,
        CaseStepKind.VOLUME_ORDER,
    }
)
"""Steps that state an amount. 授信 and 放款 are different figures and are never added."""


ORDER_STEPS = frozenset({CaseStepKind.TRIAL_ORDER, CaseStepKind.FRAME_AGREEMENT, CaseStepKind.VOLUME_ORDER})
"""Steps of a buyer that it may confirm as an order, for a loan that rests on it."""


class ConsentPurpose(StrEnum):
    """What a firm lets one counterpart do with its dossier (F51)."""

    CREDIT_REVIEW = "credit_review"
    SUPPLIER_REVIEW = "supplier_review"


PURPOSE_OF_MARKET: dict[Market, ConsentPurpose] = {
    Market.FINANCE: ConsentPurpose.CREDIT_REVIEW,
    Market.SUPPLY: ConsentPurpose.SUPPLIER_REVIEW,
}

FIRM_SIDE: dict[Market, Side] = {Market.FINANCE: Side.DEMAND, Market.SUPPLY: Side.SUPPLY}
"""The side of the firm whose dossier is at stake: the borrower, or the supplier. The other side is the counterpart."""


def decline_reasons(market: Market, side: Side) -> tuple[DeclineReason, ...]:
    """The codes one side of a market chooses from when it says no."""
    return FIRM_REASONS if FIRM_SIDE[market] is side else COUNTERPART_REASONS[market]
