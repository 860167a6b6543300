"""The unified social credit code, GB 32100-2015."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from stdnum.cn.uscc import calc_check_digit

LENGTH = 18
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Digits and letters without I, O, S, V, Z."""


class UsccReason(StrEnum):
    LENGTH = "length"
    ALPHABET = "alphabet"
    REGION = "region"
    CHECK_CHARACTER = "check_character"


@dataclass(frozen=True)
class UsccProblem:
    """What is wrong; `found` is the offending part."""

    reason: UsccReason
    found: str


def normalize_uscc(text: str) -> str:
    """Half-width, upper case, without spaces and hyphens."""
    return "".join(unicodedata.normalize("NFKC", text).upper().replace("-", "").split())


def check_uscc(code: str) -> UsccProblem | None:
    """The first thing wrong with a normalised code, or None.

    Letters are allowed in places 1 and 2 (registration authority and category, e.g. N for rural collectives) and
    in the nine places of the organization code; the six places of the region are digits.
    """
    if len(code) != LENGTH:
        return UsccProblem(UsccReason.LENGTH, str(len(code)))
    strange = "".join(dict.fromkeys(character for character in code if character not in ALPHABET))
    if strange:
        return UsccProblem(UsccReason.ALPHABET, strange)
    if not code[2:8].isdigit():
        return UsccProblem(UsccReason.REGION, code[2:8])
    if calc_check_digit(code[:17]) != code[17]:
        return UsccProblem(UsccReason.CHECK_CHARACTER, code[17])
    return None
