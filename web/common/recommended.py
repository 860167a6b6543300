"""What the recommendation pages of firms, banks and buyers share: filters, rows and parties in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from access.lists.recommendations import Filters, Line, Listing, Party
from vocabulary.classifications import Market, Side
from vocabulary.reasons import PairState
from web.common import explanations
from web.common.filters import band, day, industry, money, percent_bps, quantity, region
from web.common.labels import label
from web.common.pagination import Page, requested_page

SIZE = 25


@dataclass(frozen=True)
class Row:
    """One pair in a list: whose it is, and why or why not in words."""

    line: Line
    name: str
    posting_title: str
    reasons: list[str]
    obstacle: str
    changes: list[tuple[str, str]]
    bands: list[tuple[str, str]]


def requested_filters() -> Filters:
    """Filters of the address; what is not a known choice is ignored."""
    state = request.args.get("state", "")
    sort = request.args.get("sort", "fit")
    return Filters(
        state=PairState(state) if state in set(PairState) else None,
        region=request.args.get("region", "")[:12],
        industry=request.args.get("industry", "")[:8],
        q=request.args.get("q", "")[:60],
        is_shortlisted=request.args.get("show") == "shortlisted",
        only_dismissed=request.args.get("show") == "dismissed",
        newest_first=sort == "newest",
        mutual_first=sort == "mutual",
    )


def has_filters(filters: Filters) -> bool:
    """Whether the list was narrowed, so that an empty one means "nothing fits the filters"."""
    return bool(filters.state or filters.region or filters.industry or filters.q)


def page_of(listing: Listing) -> Page:
    """The page of rows in words."""
    return Page(
        [row(line, listing.market, listing.side) for line in listing.lines], requested_page(), listing.total, SIZE
    )


def row(line: Line, market: Market, reader: Side) -> Row:
    """A line in words for the side that reads it."""
    return Row(
        line=line,
        name=line.counterpart or _("未公开名称的采购单位"),
        posting_title=line.supply_title if reader is Side.DEMAND else line.demand_title,
        reasons=explanations.reasons(line.strongest),
        obstacle="" if line.state is PairState.ELIGIBLE else explanations.first_obstacle(line.gates, market),
        changes=explanations.change_lines(line.changes, line.gates),
        bands=_band_rows(line),
    )


def _band_rows(line: Line) -> list[tuple[str, str]]:
    names = {"revenue": _("营收"), "staff": _("人数"), "debt_ratio": _("负债率")}
    return [(names[scale], band(level, scale)) for scale, level in line.bands.items()]


def party_rows(party: Party) -> list[tuple[str, str]]:
    """The public values and bands of one side; ids, which say nothing to a reader, are left out."""
    return [
        (label(value.name), _profile_text(value.name, value.value, value.scale))
        for value in party.values
        if value.name not in ("chain_id", "chain_link_id")
    ]


_PROFILE_TEXTS: dict[str, Callable[[Any], str]] = {
    "region_code": region,
    "industry_code": industry,
    "registered_capital_fen": money,
    "founded_on": day,
    "guarantee_methods": lambda codes: _("、").join(label(code, "GuaranteeMethod") for code in codes),
    "is_high_tech": lambda is_so: _("是") if is_so else _("否"),
    "tax_grade": lambda grade: label(grade, "TaxGrade"),
}


def _profile_text(name: str, value: Any, scale: str | None) -> str:
    if scale is not None:
        return band(value, scale)
    if name in _PROFILE_TEXTS:
        return _PROFILE_TEXTS[name](value)
    return label(value) if hasattr(value, "value") else str(value)


def demand_rows(asked: dict[str, Any], market: Market) -> list[tuple[str, str]]:
    """What is asked for."""
    if not asked:
        return []
    if market is Market.FINANCE:
        return [
            (_("融资金额"), money(asked["amount_fen"])),
            (_("期限"), _("%(n)s 个月", n=asked["term_months"])),
            (_("贷款用途"), label(asked["purpose"])),
            (_("担保方式"), _codes(asked["guarantee_methods"], "GuaranteeMethod")),
        ]
    return [
        (_("规格"), asked["specification"] or "—"),
        (_("采购数量"), quantity(asked["quantity_milli"], asked["unit"])),
        (_("最晚交货"), day(asked["window_end"])),
        (_("必备证书"), _codes(asked["must_certificates"], "Certificate")),
        (_("执行标准"), _("、").join(asked["must_standards"]) or "—"),
    ]


def supply_rows(offered: dict[str, Any], market: Market) -> list[tuple[str, str]]:
    """What is offered."""
    if not offered:
        return []
    if market is Market.FINANCE:
        return [
            (_("额度"), f"{money(offered['min_amount_fen'])} – {money(offered['max_amount_fen'])}"),
            (_("期限"), _("%(low)s – %(high)s 个月", low=offered["min_term_months"], high=offered["max_term_months"])),
            (_("年利率"), f"{percent_bps(offered['rate_from_bps'])} – {percent_bps(offered['rate_to_bps'])}"),
            (_("担保方式"), _codes(offered["guarantee_methods"], "GuaranteeMethod")),
            (_("还款方式"), label(offered["repayment"])),
            *_basis_rows(offered),
            (_("所需材料"), offered["documents"] or "—"),
        ]
    lead_time = offered["lead_time_days"]
    return [
        (_("规格"), offered["specification"] or "—"),
        (_("年产能"), quantity(offered["yearly_capacity_milli"], offered["unit"])),
        (_("富余产能"), quantity(offered["spare_capacity_milli"], offered["unit"])),
        (_("供货周期"), "—" if lead_time is None else _("%(n)s 天", n=lead_time)),
        (_("执行标准"), _("、").join(offered["standards"]) or "—"),
    ]


def _basis_rows(offered: dict[str, Any]) -> list[tuple[str, str]]:
    """What the product rests on, of those that rest on something."""
    if offered["basis"] is None:
        return []
    rows = [(_("还款来源依据"), label(offered["basis"]))]
    if offered["max_payment_band"] is not None:
        rows.append((_("订单账期最长档"), band(offered["max_payment_band"], "payment_days")))
    return rows


def _codes(codes: list[str], enum_name: str) -> str:
    return _("、").join(label(code, enum_name) for code in codes) or "—"


def case_url(line: Line) -> str:
    """The page of the pair's case, or "" while there is none to see."""
    return url_for("cases.detail", public_id=line.pairing_public_id) if line.pairing_public_id else ""
