from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vocabulary.classifications import TaxGrade
from vocabulary.coordination import (
    MIN_MONTHS,
    FundingStandard,
    StandardFacts,
    answers_by_records,
    months_between,
)
from vocabulary.reasons import GateAnswer

ON = date(2026, 11, 25)
S, A = FundingStandard, GateAnswer


def answers(**values):
    known = {
        "is_verified": True, "founded_on": date(2015, 6, 1), "address": "常宁市水口山路 1 号", "tax_grade": TaxGrade.A,
        "purpose": "equipment",
    }  # fmt: skip
    return answers_by_records(StandardFacts(**known | values), ON)


def test_records_answer_four_standards_and_never_that_a_need_is_real():
    assert [answer for standard, answer in answers().items() if answer is not A.OPEN] == [A.UNKNOWN]
    assert answers()[S.REAL_NEED] is A.UNKNOWN


def test_missing_records_are_to_be_supplied_and_not_a_no():
    bare = answers(founded_on=None, address=None, tax_grade=None, purpose=None)
    assert set(bare.values()) == {A.UNKNOWN}
    assert answers(tax_grade=TaxGrade.C)[S.GOOD_CREDIT] is A.UNKNOWN
    assert answers(tax_grade=TaxGrade.D)[S.GOOD_CREDIT] is A.CLOSED
    assert answers(is_verified=False)[S.COMPLIANT_OPERATION] is A.UNKNOWN


def test_twelve_months_in_operation_are_enough_on_the_day():
    assert answers(founded_on=date(2025, 11, 25))[S.COMPLIANT_OPERATION] is A.OPEN
    assert answers(founded_on=date(2025, 11, 26))[S.COMPLIANT_OPERATION] is A.CLOSED
    assert MIN_MONTHS == 12


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 4_000))
def test_months_grow_with_the_days_and_are_never_ahead(start, days):
    on = start + timedelta(days=days)
    months = months_between(start, on)
    assert 0 <= months <= days / 28
    assert months_between(start, on + timedelta(days=32)) > months
