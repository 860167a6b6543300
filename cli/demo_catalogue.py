"""The tables the demo world is drawn from: links, trades, banks, loan kinds, buyers and names."""

import csv
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent / "demo_data"

SURNAMES = "陈李王张刘周黄罗唐谢邓彭曾肖尹阳廖龙贺谭欧蒋胡何吴朱郑许"
GIVEN_NAMES = (_FOLDER / "given_names.txt").read_text(encoding="utf-8").split()
DISTRICTS = (
    "430405", "430406", "430407", "430408", "430421", "430422", "430423", "430424", "430426", "430473", "430476",
    "430481", "430482",
)  # fmt: skip
TOWN_ADDRESSES = ("工业集中区{}号", "创新路{}号", "园区大道{}号", "兴业路{}号", "标准厂房{}栋")


@dataclass(frozen=True)
class Trade:
    """What firms of one link make; the figures are those of a typical firm."""

    chain: str
    link: str
    industry: str
    trade: str
    title: str
    products: str
    specification: str
    standards: str
    certificates: tuple[str, ...]
    unit: str
    price_yuan: int
    capacity: int
    equipment: str


def read_table(name: str) -> list[dict[str, str]]:
    """Rows of one table of the demo world."""
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def brands() -> dict[str, list[str]]:
    """Invented names of firms by theme; those without a theme suit any trade. None is meant to be a real one."""
    themes: dict[str, list[str]] = {"": [], "health": [], "digital": []}
    for row in read_table("brands"):
        themes[row["theme"]].append(row["brand"])
    return themes


def trades() -> list[Trade]:
    """All trades, in the order of the table."""
    return [
        Trade(
            **{
                **row,
                "certificates": tuple(row["certificates"].split()),
                "price_yuan": int(row["price_yuan"]),
                "capacity": int(row["capacity"]),
            }  # type: ignore[arg-type]
        )
        for row in read_table("trades")
    ]
