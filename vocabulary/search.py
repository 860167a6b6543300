"""Finding rows and entries of code lists by Chinese, code, pinyin or pinyin initials."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import accumulate

from pypinyin import Style, lazy_pinyin
from pypinyin.contrib.mmseg import seg

from vocabulary import industries, regions

LONGEST_TERM = 18
"""Characters of a term that are kept and compared; a unified social credit code has 18."""
_CHINESE = re.compile(r"[\u3400-\u9fff]+")
_RUN = re.compile(r"[a-z]+|[0-9]+")


class SearchKind(StrEnum):
    """Whose rows are found by their own terms."""

    ORGANIZATION = "organization"
    DEMAND = "demand"
    SUPPLY = "supply"


def words(text: str) -> list[str]:
    """The words of a query: Chinese runs, and what of letters and figures stands between spaces (GB/T3956: gbt3956)."""
    found = []
    for word in _plain(text).split():
        found += _CHINESE.findall(word)
        found += filter(None, ("".join(_RUN.findall(part)) for part in _CHINESE.split(word)))
    return [word[:LONGEST_TERM] for word in found]


def terms(*, names: Iterable[str] = (), texts: Iterable[str] = ()) -> set[str]:
    """What a row is found by: a word of a query finds it if one of its terms begins with that word.

    Every suffix of a Chinese run is a term, so each word within it is the beginning of one, two characters too,
    without a dictionary that would have to know it. Letters and figures are taken together whatever parts them, from
    each change between them on (GB/T 3956-2008: gbt39562008, t39562008, 39562008, 2008). Names are also found by
    pinyin, from any syllable on, and by its initials.
    """
    found: set[str] = set()
    for text in (*names, *texts):
        plain = _plain(text)
        for run in _CHINESE.findall(plain):
            found |= _suffixes(run)
        for part in _CHINESE.split(plain):
            found |= _suffixes(_RUN.findall(part))
    for name in names:
        for run in _CHINESE.findall(name):
            syllables = [syllable for word in seg.cut(run) for syllable in _syllables(word)]
            found |= _suffixes(syllables) | _suffixes([syllable[0] for syllable in syllables])
    return found


def _plain(text: str) -> str:
    """Lower case, full-width letters and figures as the plain ones."""
    return unicodedata.normalize("NFKC", text).lower()


@cache
def _syllables(word: str) -> tuple[str, ...]:
    """The pinyin of a character or of a word of pypinyin's dictionary, whose size bounds what is kept."""
    return tuple(lazy_pinyin(word))


def _suffixes(parts: Sequence[str]) -> set[str]:
    """What begins with each part; none of them is empty."""
    whole = "".join(parts)
    ends = accumulate(map(len, parts))
    return {whole[end - len(part) : end - len(part) + LONGEST_TERM] for part, end in zip(parts, ends, strict=True)}


def _haystack(text: str) -> str:
    """A name as it is, in full pinyin and in initials."""
    spelled = ("".join(lazy_pinyin(text)), "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)))
    return " ".join(dict.fromkeys((text, *spelled))).lower()


@dataclass(frozen=True)
class Entry:
    """One thing to pick: its code, what is shown, and the words it is found by."""

    code: str
    text: str
    context: str
    words: tuple[str, ...]
    is_leaf: bool


class Picker:
    """A searchable code list."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._exact = {key: entry for entry in reversed(self.entries) for key in (entry.text, entry.code)}

    def search(self, query: str, limit: int = 20) -> list[Entry]:
        """Best first: exact, then beginning, then contained; leaves before branches; then by code."""
        wanted = "".join(query.split()).lower()
        if not wanted:
            return []
        found = [
            (rank, not entry.is_leaf, entry.code, entry) for entry in self.entries if (rank := _rank(entry, wanted))
        ]
        return [entry for *_, entry in sorted(found, key=lambda row: row[:3])[:limit]]

    def get(self, text: str) -> Entry | None:
        """The entry with exactly this code or shown text."""
        return self._exact.get(text.strip())


def _rank(entry: Entry, wanted: str) -> int:
    if wanted in entry.words or wanted == entry.code.lower():
        return 1
    if entry.code.lower().startswith(wanted) or any(word.startswith(wanted) for word in entry.words):
        return 2
    return 3 if any(wanted in word for word in entry.words) else 0


def _words(text: str) -> tuple[str, ...]:
    return tuple(_haystack(text).split(" "))


@cache
def industry_picker() -> Picker:
    """Divisions, groups and classes of GB/T 4754-2017."""
    return Picker(
        Entry(item.code, item.name_zh, industries.name(item.parent), _words(item.name_zh), item.level == 4)
        for item in industries.by_code().values()
        if item.level > 1
    )


@cache
def region_picker() -> Picker:
    """All regions; those of the city come first among equals because their context is the city."""
    return Picker(
        Entry(item.code, item.name_zh, regions.name(item.parent), _words(item.name_zh), item.level == "county")
        for item in regions.by_code().values()
    )
