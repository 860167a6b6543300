"""What is left out of words that go by mail: amounts of money and telephone numbers that somebody typed into a name."""

import re
from typing import Any

_NUMBER = r"\d[\d,，.．]*"
_NOT_MONEY = r"(?!\s*[吨件台套米只个人平股颗支片箱户家次])"
_FIGURES = re.compile(
    "|".join(
        (
            rf"(?:人民币|RMB|CNY|USD|[￥¥$])\s*{_NUMBER}\s*(?:thousand|million|billion|万|亿|[kKmM]\b)?元?",
            rf"{_NUMBER}\s*余?\s*[千百]?[万亿]*\s*元",
            rf"{_NUMBER}\s*余?\s*[千百]?[万亿]{_NOT_MONEY}",
            r"[一二两三四五六七八九十百千万亿零〇]*[一二两三四五六七八九十百千万亿]元",
            rf"{_NUMBER}\s*(?:yuan|RMB|CNY)\b",
            r"(?<![\dA-Za-z])(?:\+?86[- ]?)?1\d{2}[- ]?\d{4}[- ]?\d{4}(?![\dA-Za-z])",
            r"(?<!\d)0\d{2,3}[- ]?\d{7,8}(?!\d)",
        )
    )
)


def without_figures(text: str) -> str:
    """`流动资金贷款2000万元` -> `流动资金贷款`: a title goes by mail, the amount in it does not.

    Quantities of goods stay: `采购裸铜线1200吨` is what the other side is asked for.
    """
    left = " ".join(_FIGURES.sub("", text).split())
    return left or "…"


def discreet(value: Any) -> Any:
    """The same for every text in the values of a message, however deep."""
    if isinstance(value, str):
        return without_figures(value) if _FIGURES.search(value) else value
    if isinstance(value, dict):
        return {key: discreet(each) for key, each in value.items()}
    return [discreet(each) for each in value] if isinstance(value, list | tuple) else value
