"""Texts of the trade as words and grams.

Chinese has no spaces, so its runs give single characters and pairs of them; other scripts give words, pairs of words
and the quadruples of letters inside long words, so that `pavement` meets `pavements`. One text may hold both.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from vocabulary.standards import PREFIXES

MAX_TOKENS = 600
"""Longer texts are cut: naming every product of the catalogue must not pay. A Chinese character or a word is one."""
_PAPERWORK = re.compile(
    r"(股份|有限|责任|集团|分)*公司|第?[一二三四五六七八九十0-9]+次|20\d\d(年|-)|采购|项目|公告|公示|招标|投标|询比|比选|中标|事前|直接|集中"
)
"""Words of notices and legal forms: they stand in every text and say nothing of the good."""
_CLAUSES = re.compile(r"[，,。;；、\n]+")
_BETWEEN_CJK = re.compile(r"(?<=[\u2e80-\u9fff])\s+|\s+(?=[\u2e80-\u9fff])")
_RUNS = re.compile(r"[\u2e80-\u9fff]+|[^\W_\u2e80-\u9fff]+(?:[./×-][^\W_\u2e80-\u9fff]+)*")
_THOUSANDS = re.compile(r"(?<![\d.])(\d{1,3})((?:[ ,]\d{3})+)(?!\d)")
_TEN_THOUSAND = re.compile(r"(\d+(?:\.\d+)?) ?(万|亿)(?=[吨千公平立米件只套台个元])")
_STANDARD = re.compile(
    r"(?<![a-z])([a-z]{1,4}(?:/[tz])?)[ -]?(\d{2,}(?:\.\d+)*)(?:[ ]?[-—–][ ]?(?:19|20)\d\d)?(?![\d.])"
)
_SERIES = frozenset(prefix.lower() for prefix in PREFIXES)
_DIAMETER = re.compile(r"(?:直径|外径|线径|管径|[φϕø∅⌀])\s*[:：]?\s*(?=\d)")
_SPELLINGS = (
    ("平方毫米", "mm2"), ("平方米", "m2"), ("立方米", "m3"), ("毫米", "mm"), ("厘米", "cm"), ("千米", "km"),
    ("公里", "km"), ("千克", "kg"), ("公斤", "kg"), ("千伏", "kv"), ("千瓦", "kw"), ("兆瓦", "mw"), ("吨", "t"),
    ("米", "m"), ("升", "l"), ("伏", "v"),
)  # fmt: skip
_UNIT = re.compile(r"(?<=\d) ?(" + "|".join(word for word, _ in _SPELLINGS) + ")")
_SYMBOL = re.compile(r"(?<=\d) +(?=(?:mm2|mm|cm|km|kg|kv|kw|mw|mpa|t|m|l|v)(?![a-z0-9]))")
_MAGNITUDES = {"万": 4, "亿": 8}


def normalize(text: str) -> str:
    """Half-width, lower case, without paperwork; each clause once; one spelling of amounts, units and standards.

    `18 000 吨/年` and `1.8万吨/年` become `18000t/年`, `直径 2.6 毫米` and `Φ2.6mm` become `φ2.6mm`, `GB/T 3953-2009`
    becomes `gb/t3953`. At most `MAX_TOKENS` characters and words remain.
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = _STANDARD.sub(lambda found: found[1] + found[2] if found[1] in _SERIES else found[0], plain)
    plain = _one_spelling(_PAPERWORK.sub(" ", plain))
    clauses = dict.fromkeys(" ".join(_BETWEEN_CJK.sub("", clause).split()) for clause in _CLAUSES.split(plain))
    return _cut(" ".join(filter(None, clauses)))


def _one_spelling(plain: str) -> str:
    plain = _THOUSANDS.sub(lambda found: found[1] + re.sub(r"\D", "", found[2]), plain)
    plain = _TEN_THOUSAND.sub(lambda found: _scaled(found[1], _MAGNITUDES[found[2]]), plain)
    plain = _DIAMETER.sub("φ", plain)
    plain = _UNIT.sub(lambda found: dict(_SPELLINGS)[found[1]], plain)
    return _SYMBOL.sub("", plain)


def _scaled(digits: str, zeros: int) -> str:
    """`1.8` with 4 zeros is `18000`; digits beyond the decimal point are kept."""
    whole, _, part = digits.partition(".")
    moved = whole + part.ljust(zeros, "0")[:zeros]
    rest = part[zeros:]
    return (moved.lstrip("0") or "0") + (f".{rest}" if rest else "")


def _cut(plain: str) -> str:
    n_tokens = 0
    for run in _RUNS.finditer(plain):
        n_tokens += len(run[0]) if is_chinese(run[0]) else 1
        if n_tokens > MAX_TOKENS:
            return plain[: run.end() - (n_tokens - MAX_TOKENS if is_chinese(run[0]) else len(run[0]))]
    return plain


def is_chinese(run: str) -> bool:
    """Whether a run is of a script without spaces."""
    return "\u2e80" <= run[0] <= "\u9fff"


def words(plain: str) -> list[str]:
    """Words of the scripts that have them, in order."""
    return [run for run in _RUNS.findall(plain) if not is_chinese(run)]


def grams(plain: str) -> Iterator[str]:
    """Terms of a normalised text: `铜`, `铜线`; `copper`, `copper wire`, `_copp`."""
    before = ""
    for run in _RUNS.findall(plain):
        if is_chinese(run):
            yield from run
            yield from map("".join, pairwise(run))
            before = ""
            continue
        yield run
        if before:
            yield f"{before} {run}"
        before = run
        if len(run) >= _LONG_WORD and run.isalpha():
            yield from (f"_{run[start : start + 4]}" for start in range(len(run) - 3))


_LONG_WORD = 5


def is_coarse(term: str) -> bool:
    """Whether a term is a single character or a whole word, not a gram made of several or of parts."""
    return len(term) == 1 or not (is_chinese(term) or " " in term or term[0] == "_")
