"""How values look on a page. Money is fen in, 万元 or 亿元 out."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import gettext as _

from access.small_counts import LEAST
from vocabulary import industries, regions
from vocabulary.bands import SCALES
from vocabulary.money import FEN_PER_WAN, FEN_PER_YI
from vocabulary.units import MILLI
from web.common.case_labels import stage
from web.common.labels import label
from web.common.languages import language

SHANGHAI = ZoneInfo("Asia/Shanghai")
MISSING = "—"


def _number(value: Decimal, places: int) -> str:
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(fen: int | None) -> str:
    """`1,234.5 万元`, from one hundred million yuan on `1.23 亿元`; in English CNY thousand, million."""
    if fen is None:
        return MISSING
    amount = Decimal(fen)
    if language() == "en":
        if abs(fen) >= FEN_PER_WAN * 100:
            return f"CNY {_number(amount / (FEN_PER_WAN * 100), 2)} million"
        return f"CNY {_number(amount / 100, 0)}"
    if abs(fen) >= FEN_PER_YI:
        return f"{_number(amount / FEN_PER_YI, 2)} 亿元"
    return f"{_number(amount / FEN_PER_WAN, 2)} 万元"


def percent_bps(bps: int | None) -> str:
    """`3.45%`."""
    return MISSING if bps is None else f"{Decimal(bps) / 100:.2f}%"


def day(value: date | datetime | str | None) -> str:
    """`2026-11-23`, in Shanghai for times."""
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).date().isoformat()
    if isinstance(value, str):
        return value[:10]
    return MISSING if value is None else value.isoformat()


def moment(value: datetime | None) -> str:
    """`2026-11-23 14:05`, in Shanghai."""
    return MISSING if value is None else value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def week(monday: date | None) -> str:
    """The working days of a week: `2026-11-30 至 12-04`."""
    if monday is None:
        return MISSING
    friday = monday + timedelta(days=4)
    return _("%(first)s 至 %(last)s", first=monday.isoformat(), last=friday.strftime("%m-%d"))


def days_ago(value: datetime | None) -> str:
    """How old something is, in days, months or years."""
    if value is None:
        return MISSING
    days = (datetime.now(UTC) - value).days
    if days < 1:
        return _("今天")
    if days < 60:
        return _("%(n)s 天前", n=days)
    return _("%(n)s 个月前", n=days // 30) if days < 730 else _("%(n)s 年前", n=days // 365)


def waited(since: datetime | None) -> str:
    """How long something has waited: `56 天`."""
    return MISSING if since is None else _("%(n)s 天", n=max(0, (datetime.now(UTC) - since).days))


def quantity(milli: int | None, unit: str | None) -> str:
    """`18,000 吨`."""
    if milli is None:
        return MISSING
    return f"{_number(Decimal(milli) / MILLI, 3)} {label(unit, 'Unit')}"


def filesize(n_bytes: int) -> str:
    """`1.2 MB`, below one `640 KB`, from 1024 on `3.4 GB`."""
    if n_bytes < 1024**2:
        return f"{max(1, round(n_bytes / 1024))} KB"
    return f"{n_bytes / 1024**2:.1f} MB" if n_bytes < 1024**3 else f"{n_bytes / 1024**3:,.1f} GB"


def fit(score: float) -> str:
    """匹配度: 0 to 100 with one decimal."""
    return f"{score * 100:.1f}"


def band(level: int | None, scale: str) -> str:
    """The words of a band: `500–1,000 万元`, `100–300 人`, `40%–50%`."""
    if level is None:
        return MISSING
    shown = SCALES[scale]
    low, high = shown.bounds(level)
    texts = [_edge(shown.unit, edge) for edge in (low, high) if edge is not None]
    if low is None:
        return _("不足 %(edge)s", edge=texts[0])
    return _("%(edge)s及以上", edge=texts[0]) if high is None else f"{texts[0]} – {texts[1]}"


def _edge(unit: str, edge: int) -> str:
    if unit == "fen":
        return money(edge)
    if unit == "day":
        return _("%(n)s 天", n=edge)
    return f"{edge}%" if unit == "percent" else _("%(n)s 人", n=edge)


def region(code: str | None) -> str:
    """Name of a region in the reader's language."""
    if not code:
        return MISSING
    return regions.name_en(code) if language() == "en" else regions.name(code)


def industry(code: str | None) -> str:
    """Code and name of an industry; the names are those of the national standard, in Chinese."""
    return f"{code} {industries.name(code)}" if code else MISSING


_BROWSERS = ("Edg", "MicroMessenger", "Firefox", "Chrome", "Safari")
_SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux")
_SPOKEN = {"Edg": "Edge", "MicroMessenger": "WeChat", "Mac OS": "macOS"}


def device(user_agent: str) -> str:
    """`Chrome · Windows` of a browser's long signature; what is not known is left out."""
    found = [next((mark for mark in known if mark in user_agent), "") for known in (_BROWSERS, _SYSTEMS)]
    return " · ".join(_SPOKEN.get(mark, mark) for mark in found if mark) or user_agent or MISSING


def few(n: int | None) -> str:
    """A count; None is one that is too small for the reader."""
    return _("少于 %(n)s", n=LEAST) if n is None else f"{n:,}"


def labelled(codes: Iterable[StrEnum]) -> list[tuple[StrEnum, str]]:
    """Codes with their words, for a choice."""
    return [(code, label(code)) for code in codes]


def or_missing(value: Any) -> Any:
    """The value, or a dash where there is none."""
    return MISSING if value is None or value == "" else value


def init_filters(app: Flask) -> None:
    """Give templates the filters above under short names."""
    app.jinja_env.filters.update(
        label=label, money=money, percent_bps=percent_bps, day=day, week=week, moment=moment, days_ago=days_ago,
        quantity=quantity, fit=fit, band=band, region=region, industry=industry, or_missing=or_missing,
        device=device, waited=waited, filesize=filesize, stage=stage, few=few, labelled=labelled,
    )  # fmt: skip
