"""Tables of firms with rows spoilt in known ways: what an import must take, and what it must name."""

import csv
import io
from collections.abc import Sequence
from random import Random

from stdnum.cn.uscc import calc_check_digit

HEADINGS = ["企业名称", "统一社会信用代码", "所在地区", "所属行业", "成立日期", "从业人员", "营业收入（万元）",
            "实缴税金（万元）", "注册资本（万元）"]  # fmt: skip
SPOIL = {
    "no name": ("企业名称", ""),
    "formula as a name": ("企业名称", "=HYPERLINK(1)"),
    "name too long": ("企业名称", "衡" * 121),
    "short code": ("统一社会信用代码", "12345"),
    "wrong check digit": ("统一社会信用代码", "91430400MA4L16JQ9X"),
    "unknown region": ("所在地区", "火星"),
    "unknown industry": ("所属行业", "Z999"),
    "a word for a day": ("成立日期", "昨天"),
    "no such day": ("成立日期", "2015-02-30"),
    "founded tomorrow": ("成立日期", "2999-01-01"),
    "a word for a number": ("从业人员", "八十"),
    "half a person": ("从业人员", "2.5"),
    "negative revenue": ("营业收入（万元）", "-5"),
    "yuan for wan": ("营业收入（万元）", "30000000"),
    "tax above revenue": ("实缴税金（万元）", "9000"),
    "error of a formula": ("注册资本（万元）", "#REF!"),
}
"""Sixteen ways to spoil a row: the column, and what stands in it."""


def firm(n: int) -> list[str]:
    """A good row; its credit code begins with 91 and has its check digit."""
    stem = f"91430400{n:09d}"
    return [f"衡阳样本{n}号机械有限公司", stem + calc_check_digit(stem), "衡阳市", "3251", "2015-06-01", "80", "3000",
            "120", "1000"]  # fmt: skip


def long_names(rows: list[list[str]], seed: int = 2) -> list[list[str]]:
    """The same firms under names of 21 characters, no two alike, as dear to search for as names can be."""
    random = Random(seed)
    return [
        [
            "衡阳市" + "".join(chr(random.randint(0x4E00, 0x9FA5)) for _ in range(6)) + "精密机械制造有限责任公司",
            *row[1:],
        ]
        if row[0].endswith("号机械有限公司")
        else row
        for row in rows
    ]


def table(n_rows: int, n_bad: int, seed: int = 1) -> tuple[list[list[str]], dict[int, str]]:
    """(rows under the headings, {row as a spreadsheet numbers it: spoilt column}); the ways of spoiling in turn."""
    rows = [firm(n) for n in range(n_rows)]
    ways = list(SPOIL.values())
    spoilt: dict[int, str] = {}
    for n, place in enumerate(Random(seed).sample(range(n_rows), n_bad)):
        heading, value = ways[n % len(ways)]
        rows[place][HEADINGS.index(heading)] = value
        spoilt[place + 2] = heading
    return rows, spoilt


def as_csv(rows: Sequence[Sequence[str]], encoding: str = "utf-8-sig") -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([HEADINGS, *rows])
    return file.getvalue().encode(encoding)
