"""What a policy scenario (政策推演) may change, and what it may do to a pair of a firm and a product."""

from enum import StrEnum

from vocabulary.lifecycle import lifecycle


class PolicyStatus(StrEnum):
    """A policy scenario; publishing makes weights live, or puts other terms before the banks."""

    DRAFT = "draft"
    COMPUTED = "computed"
    PUBLISHED = "published"
    DROPPED = "dropped"


class SuggestionStatus(StrEnum):
    """Other terms that the joint office puts before a bank; only the bank changes its product."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class PolicyRule(StrEnum):
    """The rule that is changed on a copy: the weights of one market, or one of the limits of loan products."""

    WEIGHTS = "weights"
    REVENUE_BAND = "revenue_band"
    DEBT_RATIO_BAND = "debt_ratio_band"
    OPERATING_MONTHS = "operating_months"
    TAX_GRADES = "tax_grades"
    GUARANTEE_METHODS = "guarantee_methods"
    INTEREST = "interest"


class PolicyManner(StrEnum):
    """Relaxing changes only products that are stricter than what is asked, tightening only those that are looser."""

    RELAX = "relax"
    TIGHTEN = "tighten"


class PolicyChange(StrEnum):
    """What a scenario does to a pair."""

    GAINED = "gained"
    LOST = "lost"
    MOVED = "moved"


class PolicyGroup(StrEnum):
    """By what the firms of a result are counted."""

    CHAIN = "chain"
    DISTRICT = "district"
    TIER = "tier"
    SIZE = "size"


FIELD_OF: dict[PolicyRule, str] = {
    PolicyRule.REVENUE_BAND: "min_revenue_band",
    PolicyRule.DEBT_RATIO_BAND: "max_debt_ratio_band",
    PolicyRule.OPERATING_MONTHS: "min_months_in_operation",
    PolicyRule.TAX_GRADES: "tax_grades",
    PolicyRule.GUARANTEE_METHODS: "guarantee_methods",
}
"""The term of a loan product behind a rule; interest moves both ends of the rate."""
SCALE_OF: dict[PolicyRule, str] = {
    PolicyRule.REVENUE_BAND: "revenue",
    PolicyRule.DEBT_RATIO_BAND: "debt_ratio",
}
SETS = frozenset({PolicyRule.TAX_GRADES, PolicyRule.GUARANTEE_METHODS})
"""Rules whose term is a set of codes; an empty set accepts any."""
TOP_RANKS = 10
"""Ranks that a change of place is told of: a move from the 40th to the 38th place helps nobody."""
MOST_POINTS = 100

_S, _T = PolicyStatus, SuggestionStatus
POLICY_SCENARIO = lifecycle(
    "policy_scenario",
    _S,
    _S.DRAFT,
    {
        _S.DRAFT: (_S.COMPUTED, _S.DROPPED),
        # Facts change: a result is made again until it is published.
        _S.COMPUTED: (_S.COMPUTED, _S.PUBLISHED, _S.DROPPED),
    },
)
PRODUCT_SUGGESTION = lifecycle("product_suggestion", _T, _T.PROPOSED, {_T.PROPOSED: (_T.ACCEPTED, _T.DECLINED)})
