"""Company names without what says nothing about the company."""

import re
import unicodedata
from functools import cache

from vocabulary import regions

_LEGAL_FORM = re.compile(r"(股份有限公司|有限责任公司|集团有限公司|集团公司|有限公司|集团|公司|厂|专业合作社|合作社)")

LONGEST_CORE = 120
"""Of the characters that NFKC writes, which can be several for one: ㎡ is two."""


@cache
def _places() -> frozenset[str]:
    """Names of provinces and of the regions of Hunan, with and without their rank."""
    names: set[str] = set()
    for region in regions.by_code().values():
        if region.level == "province" or region.code.startswith("43"):
            names.update({region.name_zh, regions.short_name(region.code)})
    return frozenset(name for name in names if len(name) > 1)


@cache
def _longest_place() -> int:
    return max(map(len, _places()))


def _leading_place(core: str) -> int:
    """Characters of the longest place that a name begins with, 0 if none; two characters of the name must remain."""
    longest = min(_longest_place(), len(core) - 2)
    return next((length for length in range(longest, 1, -1) if core[:length] in _places()), 0)


def name_core(legal_name: str) -> str:
    """The name without leading places and without legal form: 常宁市隆源铜业有限公司 -> 隆源铜业.

    A bracketed place goes too. What would leave fewer than two characters is not taken away.
    """
    core = unicodedata.normalize("NFKC", legal_name).replace(" ", "")[:LONGEST_CORE]
    core = re.sub(r"\(([^)]*)\)", lambda found: "" if found[1] in _places() else found[1], core)
    core = _LEGAL_FORM.sub("", core) or core
    while length := _leading_place(core):
        core = core[length:]
    return core
