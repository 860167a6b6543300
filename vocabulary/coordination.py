"""The coordination mechanism for loans to small firms: its five standards and the columns of its two lists.

支持小微企业融资协调工作机制 (金发〔2024〕32号): a firm that applies stands on the 申报清单; once the office finds
that it meets the five standards (五项标准) it stands on the 推荐清单 that banks get.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from vocabulary.classifications import TaxGrade
from vocabulary.reasons import GateAnswer


class FundingStandard(StrEnum):
    """五项标准, in the mechanism's order."""

    COMPLIANT_OPERATION = "compliant_operation"
    FIXED_PREMISES = "fixed_premises"
    REAL_NEED = "real_need"
    GOOD_CREDIT = "good_credit"
    LAWFUL_PURPOSE = "lawful_purpose"


class FundingList(StrEnum):
    """申报清单 and 推荐清单."""

    APPLICATION = "application"
    RECOMMENDED = "recommended"


class FormColumn(StrEnum):
    """The columns of the filed form, in its order; the last three only on the 推荐清单."""

    NUMBER = "number"
    FIRM = "firm"
    USCC = "uscc"
    DISTRICT = "district"
    CHAIN = "chain"
    INDUSTRY = "industry"
    SIZE = "size"
    TIER = "tier"
    AMOUNT = "amount"
    PURPOSE = "purpose"
    TERM = "term"
    STANDARD_1 = "standard_1"
    STANDARD_2 = "standard_2"
    STANDARD_3 = "standard_3"
    STANDARD_4 = "standard_4"
    STANDARD_5 = "standard_5"
    CONTACT = "contact"
    PHONE = "phone"
    APPLIED_ON = "applied_on"
    CHECKED_ON = "checked_on"
    CHECKED_BY = "checked_by"
    BANKS = "banks"


ONLY_RECOMMENDED = (FormColumn.CHECKED_ON, FormColumn.CHECKED_BY, FormColumn.BANKS)
STANDARD_COLUMNS: dict[FundingStandard, FormColumn] = dict(
    zip(
        FundingStandard,
        (
            FormColumn.STANDARD_1, FormColumn.STANDARD_2, FormColumn.STANDARD_3, FormColumn.STANDARD_4,
            FormColumn.STANDARD_5,
        ),
        strict=True,
    )
)  # fmt: skip
MIN_MONTHS = 12
"""Months in operation that cities ask for (6 to 12); the longer one is used."""
GOOD_TAX_GRADES = frozenset({TaxGrade.A, TaxGrade.B, TaxGrade.M})


def columns_of(kind: FundingList) -> tuple[FormColumn, ...]:
    """The columns of one of the two lists, in the form's order."""
    is_recommended = kind is FundingList.RECOMMENDED
    return tuple(column for column in FormColumn if is_recommended or column not in ONLY_RECOMMENDED)


@dataclass(frozen=True)
class StandardFacts:
    """What the records of a firm and its need say that bears on the five standards."""

    is_verified: bool
    founded_on: date | None
    address: str | None
    tax_grade: TaxGrade | None
    purpose: str | None


def answers_by_records(facts: StandardFacts, on: date) -> dict[FundingStandard, GateAnswer]:
    """What the records alone allow to say. That a need is real they never show: an official has to find that."""
    _s, answer = FundingStandard, GateAnswer
    if not facts.is_verified or facts.founded_on is None:
        operation = answer.UNKNOWN
    else:
        operation = answer.OPEN if months_between(facts.founded_on, on) >= MIN_MONTHS else answer.CLOSED
    credit = answer.OPEN if facts.tax_grade in GOOD_TAX_GRADES else answer.UNKNOWN
    return {
        _s.COMPLIANT_OPERATION: operation,
        _s.FIXED_PREMISES: answer.OPEN if facts.is_verified and facts.address else answer.UNKNOWN,
        _s.REAL_NEED: answer.UNKNOWN,
        _s.GOOD_CREDIT: answer.CLOSED if facts.tax_grade is TaxGrade.D else credit,
        _s.LAWFUL_PURPOSE: answer.OPEN if facts.purpose else answer.UNKNOWN,
    }


def months_between(start: date, on: date) -> int:
    """Whole months that are over; negative before the start."""
    return (on.year - start.year) * 12 + on.month - start.month - (on.day < start.day)
