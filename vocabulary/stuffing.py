"""Limits to what a firm says of itself: naming more does not rank higher, and whoever names everything is pointed out.

The engine reads at most `MOST_PRODUCTS` products of a profile and the beginning of each free text, each thing once.
Of a firm that lists words instead of describing itself it reads the first thing of each field only.
"""

import re

MOST_PRODUCTS = 8
"""Products of one profile that count; those named first."""
MOST_CHARACTERS = 300
"""Characters of one free text that count."""
_SEPARATORS = re.compile(r"[、,，;；。.!！|\n]+")
_LIST_LENGTH, _LIST_ITEM = 16, 20
"""So many things of so few characters in one text, repetitions too, are a list of words, not a description."""


def things(text: str | None) -> list[str]:
    """What a text names between its separators, in order."""
    return [part.strip() for part in _SEPARATORS.split(text or "") if part.strip()]


def counted(products: str | None, *texts: str | None) -> tuple[str, ...]:
    """What counts of a firm's products and of its free texts, in the order of the texts and then the products."""
    named = things(products)
    if any(is_list(things(part)) for part in (products, *texts)):
        return tuple(parts[0][:_LIST_ITEM] if parts else "" for parts in (*map(things, texts), named))
    return (*((text or "")[:MOST_CHARACTERS] for text in texts), "、".join(list(dict.fromkeys(named))[:MOST_PRODUCTS]))


def is_list(named: list[str]) -> bool:
    """Whether a text is words rather than a description."""
    return sum(len(thing) <= _LIST_ITEM for thing in named) >= _LIST_LENGTH


def is_stuffed(products: str | None, *texts: str | None) -> bool:
    """Whether an official should look twice: more products than count, one named again, or a text that is a list."""
    named = things(products)
    return len(named) > MOST_PRODUCTS or len(set(named)) < len(named) or any(is_list(things(text)) for text in texts)
