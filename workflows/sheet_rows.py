"""Rows of firms and needs out of tables: every problem is named by row, column and reason."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from vocabulary import notices, regions
from vocabulary.money import FEN_PER_WAN, FEN_PER_YUAN
from vocabulary.names import name_core
from vocabulary.search import industry_picker, region_picker
from vocabulary.trades import guess_industry
from vocabulary.units import MILLI, parse_unit
from vocabulary.uscc import check_uscc, normalize_uscc
from workflows import sheets
from workflows.imports import FirmRow, NeedRow

FIRM_COLUMNS: dict[str, tuple[str, ...]] = {
    "legal_name": ("legal_name", "企业名称", "full_name", "short_name"),
    "uscc": ("uscc", "统一社会信用代码"),
    "short_name": ("short_name", "简称"),
    "region": ("region", "所在地区", "city", "province"),
    "industry": ("industry", "所属行业"),
    "chain": ("chain", "所属产业链"),
    "founded_on": ("founded_on", "成立日期"),
    "introduction": ("introduction", "企业简介", "intro_text"),
    "main_products": ("main_products", "主营产品", "sw_industry_l3", "sw_industry_l2"),
    "employees": ("employees", "从业人员"),
    "revenue_wan": ("revenue_wan", "营业收入（万元）"),
    "tax_paid_wan": ("tax_paid_wan", "实缴税金（万元）"),
    "registered_capital_wan": ("registered_capital_wan", "注册资本（万元）"),
}
"""Our name of a column and the headings it is read from; the first one with a value counts."""
NEED_COLUMNS: dict[str, tuple[str, ...]] = {
    "buyer_name": ("buyer_name", "采购单位", "buyer_group"),
    "title": ("title", "标题"),
    "text": ("need_text", "采购内容"),
    "industry": ("industry", "产品类别"),
    "region": ("region", "交货地区"),
    "chain": ("chain", "所属产业链"),
    "quantity": ("quantity", "数量"),
    "unit": ("unit", "单位"),
    "budget": ("budget_text", "预算"),
    "published_on": ("publish_date", "发布日期"),
}

_LONGEST_NAME = 120
_LARGEST = 10**12
_LARGEST_COUNT = 10**7
MIN_INTRODUCTION = 20
MIN_NEED_TEXT = 15
"""Characters that a text must exceed to describe something."""


def says_something(row: Mapping[str, str], columns: tuple[str, ...], more_than: int) -> bool:
    """Whether one of the columns holds more than so many characters."""
    return any(len(row.get(name, "").strip()) > more_than for name in columns)


@dataclass(frozen=True)
class BadCell:
    """One problem: the row as a spreadsheet numbers it (the heading is row 1), the column and the reason."""

    row: int
    column: str
    reason: str


class BadFile(Exception):
    """The file has problems; none of it was loaded."""

    def __init__(self, problems: list[BadCell]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


def read_firms(path: Path, *, chains: Mapping[str, str], keep: Callable[[Mapping[str, str]], bool]) -> list[FirmRow]:
    """Rows of a file of firms for which `keep` holds. Raises BadFile naming every problem."""
    rows = read_rows(path, FIRM_COLUMNS, firm_readers(chains), ("legal_name",), keep)
    return [firm_of(values) for values in rows]


def firm_readers(chains: Mapping[str, str]) -> dict[str, Callable[[str], Any]]:
    """How each column of a firm is read; `chains`: code by code or name."""
    return {
        "legal_name": read_name,
        "uscc": read_uscc,
        "region": read_region,
        "industry": read_industry,
        "chain": lambda text: _chain(text, chains),
        "founded_on": read_day,
        "employees": read_count,
        "revenue_wan": read_wan,
        "tax_paid_wan": read_wan,
        "registered_capital_wan": read_wan,
    }


def firm_of(values: Mapping[str, Any]) -> FirmRow:
    """A firm out of values as read."""
    return FirmRow(
        legal_name=values["legal_name"],
        uscc=values["uscc"],
        short_name=(values["short_name"] or "")[:60],
        region_code=values["region"],
        industry_code=values["industry"] or _trade_of(values),
        is_industry_guessed=values["industry"] is None,
        chain_code=values["chain"],
        founded_on=values["founded_on"],
        introduction=_business(values["introduction"] or ""),
        main_products=values["main_products"] or "",
        employees=values["employees"],
        revenue_fen=values["revenue_wan"],
        tax_paid_fen=values["tax_paid_wan"],
        registered_capital_fen=values["registered_capital_wan"],
    )


def read_needs(path: Path, *, chains: Mapping[str, str], keep: Callable[[Mapping[str, str]], bool]) -> list[NeedRow]:
    """Rows of a file of purchase needs for which `keep` holds. Raises BadFile naming every problem."""
    readers: dict[str, Callable[[str], Any]] = {
        "buyer_name": read_name,
        "industry": read_industry,
        "region": read_region,
        "chain": lambda text: _chain(text, chains),
        "quantity": lambda text: int(read_number(text) * MILLI),
        "unit": read_unit,
        "budget": _budget,
        "published_on": read_day,
    }
    return [
        NeedRow(
            buyer_name=values["buyer_name"],
            title=notices.subject(values["title"]),
            text=notices.content(values["text"] or ""),
            industry_code=values["industry"] or _wanted_in(values),
            is_industry_guessed=values["industry"] is None,
            region_code=values["region"],
            chain_code=values["chain"],
            quantity_milli=values["quantity"],
            unit=values["unit"],
            budget_fen=values["budget"],
            published_on=values["published_on"],
        )
        for values in read_rows(path, NEED_COLUMNS, readers, ("buyer_name", "title"), keep)
    ]


def read_rows(
    path: Path,
    columns: Mapping[str, tuple[str, ...]],
    readers: Mapping[str, Callable[[str], Any]],
    required: tuple[str, ...],
    keep: Callable[[Mapping[str, str]], bool],
) -> Iterator[dict[str, Any]]:
    """Values by our name of the column, of every row for which `keep` holds. Raises BadFile naming every problem."""
    try:
        table = sheets.read_csv(path.read_bytes())
    except sheets.NoTable as error:
        raise BadFile([BadCell(1, "file", error.reason)]) from error
    found, problems = rows_of(table, columns, readers, required, keep)
    if problems:
        raise BadFile(problems)
    yield from found.values()


def rows_of(
    table: Sequence[Sequence[str]],
    columns: Mapping[str, tuple[str, ...]],
    readers: Mapping[str, Callable[[str], Any]],
    required: tuple[str, ...],
    keep: Callable[[Mapping[str, str]], bool],
) -> tuple[dict[int, dict[str, Any]], list[BadCell]]:
    """(values of each good row by its number, all problems) of a table whose first row is the heading."""
    headings = [heading.strip() for heading in table[0]] if table else []
    problems = [
        BadCell(1, name, f"no column {' / '.join(columns[name])}")
        for name in required
        if not set(headings) & set(columns.get(name, ()))
    ]
    found: dict[int, dict[str, Any]] = {}
    if problems:
        return found, problems
    there = {name: tuple(source for source in sources if source in headings) for name, sources in columns.items()}
    for number, cells in enumerate(table[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(headings) :]):
            problems.append(BadCell(number, "file", f"{len(cells)} cells under {len(headings)} headings"))
            continue
        raw = dict(zip(headings, [*cells, *[""] * len(headings)], strict=False))
        if not keep(raw):
            continue
        values, bad = _values(number, raw, there, readers, required)
        problems += bad
        if not bad:
            found[number] = values
    return found, problems


def _values(
    number: int,
    raw: Mapping[str, str],
    columns: Mapping[str, tuple[str, ...]],
    readers: Mapping[str, Callable[[str], Any]],
    required: tuple[str, ...],
) -> tuple[dict[str, Any], list[BadCell]]:
    """The values of one row, None where a cell is empty, and what is wrong with it."""
    values: dict[str, Any] = dict.fromkeys(columns)
    problems = []
    for name, sources in columns.items():
        heading = next((source for source in sources if raw[source].strip()), None)
        if heading is None:
            if name in required:
                problems.append(BadCell(number, sources[0] if len(sources) == 1 else name, "missing"))
            continue
        text = raw[heading].strip()
        try:
            values[name] = readers.get(name, str)(sheets.refuse_spoilt(text))
        except ValueError as error:
            problems.append(BadCell(number, heading or name, f"{error}: {text[:40]}"))
    return values, problems


def _trade_of(values: Mapping[str, Any]) -> str | None:
    """Industry a firm names only in words: its products first, then its name, then what it says of its business."""
    name = name_core(values["legal_name"])
    return guess_industry(values["main_products"], name, _business(values["introduction"] or ""))


def _wanted_in(values: Mapping[str, Any]) -> str | None:
    return guess_industry(notices.subject(values["title"]), notices.content(values["text"] or ""))


_SENTENCES = re.compile(r"(?<=[。；;])")
_CLAUSES = re.compile(r"(?<=[，,：:])")
_BUSINESS = re.compile(r"主营|主要|从事|生产|制造|加工|研发|研制|产品|经营范围|业务|销售")
_HISTORY = re.compile(
    r"前身|批准|注册|登记|改制|变更|更名|上市|发行|股东|股份|发起|设立|执照|名称|出资|投资者|有限公司"
)


def _business(text: str) -> str:
    """What a firm says of its business; how it was founded and listed is left out.

    Of a sentence that tells history only the clauses about the business are kept.
    """
    kept = []
    for sentence in _SENTENCES.split(text):
        parts = _CLAUSES.split(sentence) if _HISTORY.search(sentence) else [sentence]
        kept += [part for part in parts if _BUSINESS.search(part) and not _HISTORY.search(part)]
    return "".join(kept)


def read_name(text: str) -> str:
    """A company's name. A spreadsheet formula is none."""
    if len(text) > _LONGEST_NAME:
        raise ValueError(f"longer than {_LONGEST_NAME} characters")
    if text.startswith(("=", "+", "-", "@")):
        raise ValueError("not a name")
    return text


def read_uscc(text: str) -> str:
    code = normalize_uscc(text)
    problem = check_uscc(code)
    if problem is not None:
        raise ValueError(f"not a credit code ({problem.reason})")
    return code


_AUTONOMOUS = re.compile(r"(壮族|回族|维吾尔)?自治区$")


@cache
def _region_codes() -> dict[str, str]:
    """Code by full name, and by short name for provinces and cities."""
    codes: dict[str, str] = {}
    for code, region in regions.by_code().items():
        codes.setdefault(region.name_zh, code)
        if region.level in ("province", "city"):
            codes.setdefault(regions.short_name(code), code)
            codes.setdefault(_AUTONOMOUS.sub("", region.name_zh), code)
    return codes


def read_region(text: str) -> str:
    entry = region_picker().get(text)
    code = entry.code if entry else _region_codes().get(text)
    if code is None:
        raise ValueError("unknown region")
    return code


def read_industry(text: str) -> str:
    entry = industry_picker().get(text)
    if entry is None:
        raise ValueError("unknown industry of GB/T 4754")
    return entry.code


def _chain(text: str, chains: Mapping[str, str]) -> str:
    if text not in chains:
        raise ValueError("unknown chain")
    return chains[text]


def read_unit(text: str) -> str:
    unit = parse_unit(text)
    if unit is None:
        raise ValueError("unknown unit")
    return unit.value


_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)")


def read_day(text: str) -> date:
    """`2026-03-05`, and as spreadsheets in China write it: `2026/3/5`, `2026年3月5日`. A time behind it is left out."""
    found = _DAY.match(text)
    try:
        return date(*map(int, found.groups())) if found else date.fromisoformat(text[:10])
    except ValueError:
        raise ValueError("not a day (YYYY-MM-DD)") from None


def read_wan(text: str) -> int:
    return int(read_number(text) * FEN_PER_WAN)


def read_number(text: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", "").replace("，", ""))
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not number.is_finite() or number < 0:
        raise ValueError("not a number from zero up")
    if number > _LARGEST:
        raise ValueError("too large")
    return number


def read_count(text: str) -> int:
    number = read_number(text)
    if number != number.to_integral_value():
        raise ValueError("not a whole number")
    if number > _LARGEST_COUNT:
        raise ValueError("too large")
    return int(number)


def _budget(text: str) -> int | None:
    """`177.98万元`, `84968元`: the first amount with its unit. The column is free text: without one it says nothing."""
    found = re.search(r"(?<![\d.])(\d[\d,，]*(?:\.\d+)?)\s*(万元|元)", text)
    if found is None:
        return None
    return int(read_number(found[1]) * (FEN_PER_WAN if found[2] == "万元" else FEN_PER_YUAN)) or None
