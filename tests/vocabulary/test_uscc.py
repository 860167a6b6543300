import pytest

from vocabulary.uscc import ALPHABET, UsccProblem, UsccReason, check_uscc, normalize_uscc

REAL = ["914403001922038216", "9144030071526726XG", "91440400192548256N", "91100000100003962T", "91350100M000100Y43"]


@pytest.mark.parametrize("code", REAL)
def test_published_codes_pass(code: str) -> None:
    assert check_uscc(code) is None


@pytest.mark.parametrize("code", REAL)
def test_a_single_wrong_character_is_always_noticed(code: str) -> None:
    for place in range(18):
        for character in ALPHABET:
            if character != code[place]:
                assert check_uscc(code[:place] + character + code[place + 1 :]) is not None


def test_a_rural_collective_with_a_letter_in_front_passes() -> None:
    body = "N2430482MF0123456"
    code = next(body + character for character in ALPHABET if check_uscc(body + character) is None)
    assert check_uscc(code) is None


def test_the_problem_names_what_is_wrong() -> None:
    assert check_uscc("123") == UsccProblem(UsccReason.LENGTH, "3")
    assert check_uscc("91440300192203821I") == UsccProblem(UsccReason.ALPHABET, "I")
    assert check_uscc("91440A001922038216") == UsccProblem(UsccReason.REGION, "440A00")
    assert check_uscc("914403001922038217") == UsccProblem(UsccReason.CHECK_CHARACTER, "7")


def test_spaces_width_and_case_do_not_matter() -> None:
    assert normalize_uscc(" ９１35 0100m000100y43 ") == "91350100M000100Y43"
