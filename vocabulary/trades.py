"""Which industry of GB/T 4754 a phrase is about, guessed from the words of the trade.

For files that name goods but no code. A guess is coarse (mostly a division) and is always marked as one.
"""

import csv
import re
import unicodedata
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "trade_words.csv"
_CLAUSES = re.compile(r"[，,。；;、：:\n]+")


@cache
def codes_by_word() -> dict[str, str]:
    """Industry code by trade word; the words are those of notices, catalogues and exchange lists."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return {_plain(word): row["code"] for row in csv.DictReader(file) for word in row["words"].split()}


@cache
def _lengths() -> tuple[int, ...]:
    return tuple(sorted({len(word) for word in codes_by_word()}, reverse=True))


def guess_industry(*texts: str | None) -> str | None:
    """Code of the first clause of the texts that holds a known word; None if none does.

    The head of a Chinese noun phrase stands last: 蓄电池维护服务 is a service, 光缆接头盒 is no cable. So the word that
    ends last counts, and of two that end together the longer one.
    """
    for text in texts:
        for clause in _CLAUSES.split(_plain(text or "")):
            if (word := _last_word(clause)) is not None:
                return codes_by_word()[word]
    return None


def _last_word(clause: str) -> str | None:
    words = codes_by_word()
    for end in range(len(clause), 0, -1):
        for length in _lengths():
            if length <= end and clause[end - length : end] in words:
                return clause[end - length : end]
    return None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper().replace(" ", "").rstrip("Ⅲ")
