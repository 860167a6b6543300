"""Planting values that no outsider may see, and finding them again in any notation."""

import random
import re
from dataclasses import dataclass, field
from typing import Any

from vocabulary.bands import SCALES
from vocabulary.profile_fields import FieldKind, ProfileField

_FEN_PER_YUAN, _YUAN_PER_WAN, _YUAN_PER_YI = 100, 10_000, 100_000_000
_NUMBER = re.compile(r"(?<![0-9A-Za-z.,])\d[\d,]*(?:\.\d+)?(?![0-9A-Za-z])")
_WORD = re.compile(r"密\d{9}语|c\d{9}@canary\.example")
_MIN_DIGITS = 5
"""A notation of fewer significant digits is met by chance."""


@dataclass
class Canaries:
    """Values made up at random, and the texts that would give each of them away."""

    chance: random.Random
    texts: dict[str, str] = field(default_factory=dict)
    """A text that must not be met -> the field it was planted in."""

    def value_for(self, profile_field: ProfileField, old: Any) -> Any:
        """A new value for a field that had `old`: of the same kind, inside the same band, not met elsewhere."""
        if profile_field.kind is FieldKind.MONEY:
            yuan = self._inside(profile_field, old, _FEN_PER_YUAN) | 1  # never a round figure
            for text in notations(yuan):
                self.texts[text] = profile_field.name
            return yuan * _FEN_PER_YUAN
        if profile_field.kind in (FieldKind.COUNT, FieldKind.PERCENT):
            return self._inside(profile_field, old, 1)
        if profile_field.kind in (FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.PHONE, FieldKind.EMAIL):
            text = self._text(profile_field.kind)
            self.texts[text] = profile_field.name
            return text
        return old

    def _inside(self, profile_field: ProfileField, old: int, unit: int) -> int:
        """A number of `unit`s in the band of the old one; without a band, anything up to three times the old."""
        lower, upper = 0, max(old, unit) * 3
        if profile_field.scale:
            scale = SCALES[profile_field.scale]
            level = scale.level_of(old)
            assert level is not None
            low, high = scale.bounds(level)
            lower, upper = low or 0, high or max(old * 3, (low or 0) * 3)
        return self.chance.randrange(lower // unit, max(upper // unit - 1, lower // unit + 1))

    def _text(self, kind: FieldKind) -> str:
        digits = "".join(self.chance.choices("0123456789", k=9))
        if kind is FieldKind.PHONE:
            return f"13{digits}"
        return f"c{digits}@canary.example" if kind is FieldKind.EMAIL else f"密{digits}语"

    def found_in(self, text: str) -> set[str]:
        """Names of fields whose planted value stands in `text`; digits count as whole numbers only."""
        numbers = set(_NUMBER.findall(text)) & self.texts.keys()
        words = {canary for canary in _WORD.findall(text) if canary in self.texts}
        return {self.texts[canary] for canary in numbers | words}


def notations(yuan: int) -> set[str]:
    """The ways an amount is written here: in fen, yuan, 万元 and 亿元, with and without separators and decimals."""
    texts = {str(yuan * _FEN_PER_YUAN), str(yuan), f"{yuan:,}", f"{yuan:,}.00", f"{yuan}.00", f"{yuan}.0"}
    for unit, most in ((_YUAN_PER_WAN, 4), (_YUAN_PER_YI, 8)):
        for places in range(most + 1):
            texts |= {f"{yuan / unit:.{places}f}", f"{yuan / unit:,.{places}f}"}
    return {text for text in texts if len(re.sub(r"\D", "", text).strip("0")) >= _MIN_DIGITS}
