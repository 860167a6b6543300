"""Product standards (GB/T 3953-2009) and certificates as they are named in the trade."""

import re
import unicodedata
from enum import StrEnum

_STANDARD = re.compile(r"(?<![A-Z])([A-Z]{1,4}(?:/[TZ])?)\s*(\d+(?:\.\d+)*)\s*(?:-\s*((?:19|20)\d{2}))?(?!\d)")
PREFIXES = {"GB", "GB/T", "GB/Z", "JB/T", "YB/T", "YS/T", "HG/T", "YD/T", "DL/T", "SJ/T", "QC/T", "YY/T", "IEC", "ISO",
             "NY/T", "QB/T", "FZ/T", "LS/T", "SB/T", "CJ/T", "JG/T", "MT/T", "TB/T"}  # fmt: skip


class Certificate(StrEnum):
    """Certificates that buyers ask for."""

    ISO9001 = "iso9001"
    ISO14001 = "iso14001"
    ISO45001 = "iso45001"
    IATF16949 = "iatf16949"
    CCC = "ccc"
    PRODUCTION_LICENCE = "production_licence"
    FOOD_LICENCE = "food_licence"
    HACCP = "haccp"
    GMP = "gmp"
    CE = "ce"
    UL = "ul"
    ROHS = "rohs"
    POWER_SUPPLIER = "power_supplier"


def parse_standards(text: str) -> list[str]:
    """Standards named in a text, in the spelling `GB/T 3953-2009`, each once."""
    plain = unicodedata.normalize("NFKC", text).upper().replace("—", "-").replace("–", "-")
    found = []
    for prefix, number, year in _STANDARD.findall(plain):
        if prefix in PREFIXES:
            found.append(f"{prefix} {number}-{year}" if year else f"{prefix} {number}")
    return list(dict.fromkeys(found))


def same_standard(one: str, other: str) -> bool:
    """Whether two spellings name one standard; the year counts only where both state it."""
    (base, _, year), (other_base, _, other_year) = one.partition("-"), other.partition("-")
    return base == other_base and (not year or not other_year or year == other_year)
