"""Finding an entry of a code list by Chinese, code, pinyin or pinyin initials."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from pypinyin import Style, lazy_pinyin

from vocabulary import industries, regions


def search_text(*texts: str) -> str:
    """Lower-case haystack of Chinese texts: as they are, in full pinyin and in pinyin initials."""
    parts: list[str] = []
    for text in filter(None, texts):
        parts += [
            text.lower(),
            "".join(lazy_pinyin(text)).lower(),
            "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).lower(),
        ]
    return " ".join(dict.fromkeys(parts))


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
        wanted = text.strip()
        return next((entry for entry in self.entries if wanted in (entry.code, entry.text)), None)


def _rank(entry: Entry, wanted: str) -> int:
    if wanted in entry.words or wanted == entry.code.lower():
        return 1
    if entry.code.lower().startswith(wanted) or any(word.startswith(wanted) for word in entry.words):
        return 2
    return 3 if any(wanted in word for word in entry.words) else 0


def _words(text: str) -> tuple[str, ...]:
    return tuple(search_text(text).split(" "))


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
