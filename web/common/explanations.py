"""Stored gate answers, contributions and changes as sentences in the reader's language.

The engine keeps codes and values only; every page, mail and export words them here, so that they say the same.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from vocabulary.bands import SCALES
from vocabulary.classifications import Market
from vocabulary.reasons import TRACK_RECORD, ComponentCode, GateAnswer, GateCode, Reach
from web.common import charts
from web.common.filters import MISSING, band, industry, money, quantity, region
from web.common.labels import label

Stored = dict[str, Any]
_ANY: LazyString = _l("不限")


@dataclass(frozen=True)
class GateLine:
    """One gate in words: the answer as its code, the name, value and limit, and where the value comes from.

    `limit` is empty where the value says it all.
    """

    code: GateCode
    answer: GateAnswer
    name: str
    value: str
    limit: str
    source: str

    @property
    def text(self) -> str:
        """Value and limit in one."""
        return _("%(value)s，要求：%(limit)s", value=self.value, limit=self.limit) if self.limit else self.value

    @property
    def sentence(self) -> str:
        """Name, value and limit in one, for a list row."""
        return _("%(name)s：%(text)s", name=self.name, text=self.text)


def gate_lines(gates: Iterable[Stored], market: Market) -> list[GateLine]:
    """All gates, in the market's order."""
    return [_gate_line(gate, market) for gate in gates]


def ordered_gates(gates: Iterable[Stored], market: Market) -> list[GateLine]:
    """Closed gates first, then the undecided, then the open: what needs work stands on top."""
    rank = {GateAnswer.CLOSED: 0, GateAnswer.UNKNOWN: 1, GateAnswer.OPEN: 2}
    return sorted(gate_lines(gates, market), key=lambda line: rank[line.answer])


def first_obstacle(gates: Sequence[Stored], market: Market) -> str:
    """The first closed gate, else the first undecided one, in one sentence that counts the others; "" if none."""
    for answer in (GateAnswer.CLOSED, GateAnswer.UNKNOWN):
        found = [gate for gate in gates if gate["answer"] == answer]
        if not found:
            continue
        first = _gate_line(found[0], market).sentence
        if len(found) == 1:
            return first
        return _("%(first)s；另有 %(n)s 项", first=first, n=len(found) - 1)
    return ""


def n_open(gates: Iterable[Stored]) -> int:
    """How many gates are open."""
    return sum(gate["answer"] == GateAnswer.OPEN for gate in gates)


def bars(contributions: Iterable[Stored]) -> list[charts.Bar]:
    """The bars of the waterfall; their points add up to the fit.

    What an aspect could have given at most is its weight's share among those with data, as the engine shares it.
    """
    parts = list(contributions)
    with_data = sum(part["weight"] for part in parts if part["value"] is not None) or 1.0
    return charts.waterfall(
        (
            label(part["code"], "ComponentCode"),
            _reason(part),
            None if part["value"] is None else part["points"],
            0.0 if part["value"] is None else part["weight"] / with_data,
        )
        for part in parts
    )


def reasons(contributions: Iterable[Stored], *, n: int = 2) -> list[str]:
    """The contributions that carry most of the fit, in words, strongest first."""
    with_data = [part for part in contributions if part["value"] is not None and part["points"] > 0]
    strongest = sorted(with_data, key=lambda part: (-part["points"], part["code"]))[:n]
    return [_reason(part) for part in strongest]


def change_lines(changes: Iterable[Stored], gates: Iterable[Stored]) -> list[tuple[str, str]]:
    """(what to do, in whose hand it is) for the smallest set of changes that opens the closed gates."""
    gate_of = {gate["code"]: gate for gate in gates}
    return [(_change(change, gate_of[change["gate"]]), label(change["reach"], "Reach")) for change in changes]


def _gate_line(gate: Stored, market: Market) -> GateLine:
    code, answer = GateCode(gate["code"]), GateAnswer(gate["answer"])
    if gate["kind"] == "order":
        value, limit = _order_text(gate), _order_limit(gate)
    elif gate["kind"] == "flag":
        value, limit = _flag_text(code, answer), ""
    elif code is GateCode.REFUSED_BEFORE:
        value, limit = _refusals_text(gate["value"]), ""
    else:
        value = _value_text(gate) or (_("未填写") if answer is GateAnswer.UNKNOWN else MISSING)
        limit = _limit_text(gate)
    return GateLine(code, answer, label(code), value, limit, _source(gate["source"], market))


def _order_text(gate: Stored) -> str:
    """The orders as the reader may see them: sum and time to pay, or the bands of both."""
    value = gate["value"]
    if value is None:
        return _("没有买方确认的订单") if gate["limit"] else MISSING
    if "amount_fen" in value:
        days = " – ".join(str(n) for n in value["payment_days"])
        return _("订单 %(amount)s，账期 %(days)s 天", amount=money(value["amount_fen"]), days=days)
    amount, days = band(value["order_band"], "order"), band(value["payment_band"], "payment_days")
    return _("订单 %(amount)s，账期 %(days)s", amount=amount, days=days)


def _order_limit(gate: Stored) -> str:
    limit = gate["limit"]
    if limit is None:
        return str(_ANY)
    basis, latest = label(limit["basis"], "LoanBasis"), limit["max_payment_band"]
    if latest is None:
        return basis
    return _("%(basis)s，账期最长 %(days)s", basis=basis, days=band(latest, "payment_days"))


def _order_change(change: Stored, _gate: Stored) -> str:
    if change["field"] == "payment_band":
        return _("把订单账期缩短到 %(days)s", days=band(change["value"], "payment_days"))
    if change["value"][-1] == "receivables":
        return _("取得买方确认的赊销订单（交货后付款）")
    return _("取得买方确认的订单")


_FLAG_TEXTS: dict[GateCode, tuple[LazyString, LazyString]] = {
    GateCode.FIRM_VERIFIED: (_l("企业档案已由官方核验"), _l("企业档案尚未核验")),
    GateCode.SUPPLY_OPEN: (_l("正在发布"), _l("已暂停、关闭或过期")),
    GateCode.NOT_BLOCKED: (_l("双方可以对接"), _l("双方暂不对接")),
    GateCode.NOT_OWN: (_l("双方是不同的单位"), _l("双方是同一单位")),
}


def _flag_text(code: GateCode, answer: GateAnswer) -> str:
    if answer is GateAnswer.UNKNOWN:
        return _("未填写")
    is_open, is_closed = _FLAG_TEXTS[code]
    return str(is_open if answer is GateAnswer.OPEN else is_closed)


def _refusals_text(found: list[Stored]) -> str:
    """Why and when each refusal that still counts was."""
    if not found:
        return _("没有仍在影响的婉拒")
    return _("；").join(
        _("曾因%(reason)s被婉拒（%(day)s）", reason=label(one["reason"], "DeclineReason"), day=one["on"])
        for one in found
    )


def _months(n: int) -> str:
    return _("%(n)s 个月", n=n)


def _joined(codes: Iterable[Any] | None, show: Callable[[Any], str]) -> str:
    return _("、").join(show(code) for code in codes or ())


def _labels_in(enum_name: str) -> Callable[[Any], str]:
    return lambda code: label(code, enum_name)


_LISTS: dict[str, Callable[[Any], str]] = {
    "guarantees": _labels_in("GuaranteeMethod"),
    "grades": _labels_in("TaxGrade"),
    "purposes": _labels_in("LoanPurpose"),
    "certificates": _labels_in("Certificate"),
    "standards": str,
    "regions": region,
    "industries": industry,
}
_PATHS = frozenset({GateCode.REGION_SERVED, GateCode.INDUSTRY, GateCode.CATEGORY})
"""Gates whose value is a line from coarse to fine, of which the last part says it all."""
_SINGLE: dict[str, Callable[[Any], str]] = {
    "money": money,
    "months": _months,
    "debt_ratio_band": lambda level: band(level, "debt_ratio"),
    "revenue_band": lambda level: band(level, "revenue"),
    "unit": _labels_in("Unit"),
    "count": str,
    "date": str,
}


def _value_text(gate: Stored) -> str:
    """The value found; "" where there is none."""
    kind, value = gate["kind"], gate["value"]
    if kind == "quantity":
        return "" if value["quantity_milli"] is None else quantity(value["quantity_milli"], value["unit"])
    if value is None or value == []:
        return _everywhere(gate)
    if kind in _LISTS:
        codes = value if isinstance(value, list) else [value]
        return _joined(codes[-1:] if gate["code"] in _PATHS else codes, _LISTS[kind])
    return _SINGLE[kind](value)


def _everywhere(gate: Stored) -> str:
    is_delivery = gate["code"] == GateCode.DELIVERY_REGION and gate["value"] == []
    return _("各地均可") if is_delivery else ""


def _limit_text(gate: Stored) -> str:
    kind, limit, code = gate["kind"], gate["limit"], gate["code"]
    if limit is None or limit == [] or limit == [None, None]:
        return str(_ANY)
    if kind in ("revenue_band", "debt_ratio_band"):
        return _band_limit(kind, limit)
    if code == GateCode.OPERATING_MONTHS:
        return _("满 %(n)s 个月", n=limit)
    if code == GateCode.INDUSTRY:
        return _("不含 %(names)s", names=_joined(limit, industry))
    if code == GateCode.WINDOW:
        return _("不晚于 %(day)s", day=limit)
    if code in (GateCode.CATEGORY, GateCode.DELIVERY_REGION):
        return _joined(limit[-1:], _LISTS[kind])
    if code == GateCode.LENDER_CAPACITY:
        return _capacity_limit(limit)
    if kind in _LISTS:
        return _joined(limit, _LISTS[kind])
    if kind == "quantity":
        return quantity(limit["quantity_milli"], limit["unit"])
    return _range_text(limit, _SINGLE[kind]) if isinstance(limit, list) else _SINGLE[kind](limit)


def _capacity_limit(limit: Any) -> str:
    """What is asked for, and what stands against it; runs from before quotas and pauses kept the number alone."""
    limit = limit if isinstance(limit, dict) else {"at_least": limit, "bound": None}
    asked = _("至少 %(n)s 个", n=limit["at_least"])
    bound = label(limit["bound"], "CapacityBound") if limit["bound"] else ""
    return _("%(asked)s（%(bound)s）", asked=asked, bound=bound) if bound else asked


def _lender(change: Stored, gate: Stored) -> str:
    """Time opens a full week or a pause; a quota only the bank."""
    if change["on"]:
        return _("等银行的走访名额恢复，最早 %(day)s", day=change["on"])
    bound = gate["limit"]["bound"] if isinstance(gate["limit"], dict) else None
    if not bound:
        return _("等银行恢复受理")
    return _("等银行恢复受理（%(bound)s）", bound=label(bound, "CapacityBound"))


def _range_text(limits: list[Any], show: Callable[[Any], str]) -> str:
    low, high = limits
    if low is None:
        return _("不超过 %(high)s", high=show(high))
    return _("不低于 %(low)s", low=show(low)) if high is None else f"{show(low)} – {show(high)}"


def _band_limit(kind: str, level: int) -> str:
    """Revenue has a lowest band, the debt ratio a highest one; each limit stands at the band's edge."""
    scale = "revenue" if kind == "revenue_band" else "debt_ratio"
    low, high = SCALES[scale].bounds(level)
    edge = low if kind == "revenue_band" else high
    if edge is None:
        return str(_ANY)
    return _("不低于 %(low)s", low=money(edge)) if kind == "revenue_band" else _("低于 %(n)s%%", n=edge)


_PROFILE_FIELDS = frozenset(
    {"is_verified", "industry_path", "region_path", "founded_on", "revenue_band", "debt_ratio_band", "tax_grade",
     "certificates"}
)  # fmt: skip


def _source(source: str, market: Market) -> str:
    side, _dot, field = source.partition(".")
    if field == "order_bases":
        return _("取自买方的确认")
    if side == "pair":
        return _("取自系统记录")
    if field in _PROFILE_FIELDS:
        return _("取自企业档案")
    if market is Market.FINANCE:
        return _("取自融资需求") if side == "demand" else _("取自贷款产品")
    return _("取自采购需求") if side == "demand" else _("取自产品与产能")


_STRONG, _FAIR = 0.75, 0.4
_TRACKED = 0.55, 0.49
"""Of a track record, one half is the average: 0.55 is about three times as often, 0.49 a fifth less often."""
_C = ComponentCode
_REASONS: dict[ComponentCode, tuple[LazyString, LazyString, LazyString]] = {
    _C.TEXT: (_l("双方描述高度吻合"), _l("双方描述有共同内容"), _l("双方描述共同内容较少")),
    _C.INDUSTRY_FIT: (_l("正是产品面向的行业"), _l("与产品面向的行业相近"), _l("与产品面向的行业较远")),
    _C.SIZE_FIT: (_l("企业规模正合产品定位"), _l("企业规模接近产品定位"), _l("企业规模与产品定位差距较大")),
    _C.GUARANTEE_FIT: (_l("担保方式完全对得上"), _l("部分担保方式对得上"), _l("担保方式对得上的不多")),
    _C.PRICE_FIT: (_l("利率在可接受范围内"), _l("利率处于中等水平"), _l("利率偏高")),
    _C.TIER_FIT: (_l("属于产品面向的培育层级"), _l("接近产品面向的培育层级"), _l("不在产品面向的培育层级")),
    _C.REGION_FIT: (_l("服务就在本地"), _l("服务覆盖本省"), _l("面向全国，并非本地产品")),
    _C.CATEGORY_FIT: (_l("产品类别一致"), _l("产品类别相近"), _l("产品类别较远")),
    _C.CAPACITY_FIT: (_l("富余产能足够供货"), _l("富余产能可供一部分"), _l("富余产能只够一小部分")),
    _C.DISTANCE: (_l("距离近，同在本市"), _l("同在本省"), _l("跨省供货")),
    _C.CHAIN_FIT: (_l("同属一条产业链"), _l("产业链相近"), _l("分属不同产业链")),
    _C.WISHES: (_l("优先条件基本具备"), _l("具备一部分优先条件"), _l("优先条件大多不具备")),
    _C.TRACK_ACTIVITY: (_l("近期成交频繁"), _l("近期有成交"), _l("近期成交很少")),
    _C.TRACK_TEXT: (_l("承接过十分相近的需求"), _l("承接过有些相近的需求"), _l("没有承接过相近的需求")),
    _C.TRACK_REGION: (_l("在当地的成交远多于平均"), _l("在当地的成交与平均相当"), _l("在当地的成交少于平均")),
    _C.TRACK_INDUSTRY: (_l("本行业的成交远多于平均"), _l("本行业的成交与平均相当"), _l("本行业的成交少于平均")),
    _C.TRACK_SIZE: (_l("同等金额的成交远多于平均"), _l("同等金额的成交与平均相当"), _l("同等金额的成交少于平均")),
    _C.TRACK_TERM: (_l("同等期限的成交远多于平均"), _l("同等期限的成交与平均相当"), _l("同等期限的成交少于平均")),
    _C.TRACK_KIND: (_l("同类型的成交远多于平均"), _l("同类型的成交与平均相当"), _l("同类型的成交少于平均")),
}  # fmt: skip


_TOO_FEW: LazyString = _l("同类成交不足 3 家，只计分，不作说明")
_RECORDS: dict[tuple[str, ComponentCode], LazyString] = {
    ("lent", _C.TRACK_ACTIVITY): _l("曾向 %(n)s 家企业授信或放款"),
    ("lent", _C.TRACK_INDUSTRY): _l("曾向同行业 %(n)s 家企业授信或放款"),
    ("lent", _C.TRACK_REGION): _l("曾向当地 %(n)s 家企业授信或放款"),
    ("lent", _C.TRACK_SIZE): _l("曾有 %(n)s 家金额相近的企业获其授信或放款"),
    ("supplied", _C.TRACK_ACTIVITY): _l("曾获 %(n)s 家单位下单"),
    ("supplied", _C.TRACK_INDUSTRY): _l("同类产品曾获 %(n)s 家单位下单"),
    ("supplied", _C.TRACK_REGION): _l("曾获当地 %(n)s 家单位下单"),
}


def _record(code: ComponentCode, part: Stored) -> str:
    """A track record by the number of firms behind it; where they are so few that one could be guessed, nothing."""
    n = part["n_firms"]
    return str(_TOO_FEW) if n is None else str(_RECORDS[part["deed"], code]) % {"n": n}


def _reason(part: Stored) -> str:
    if part["value"] is None:
        return _("资料不足，未计入；权重由其他各项分担")
    code, value = ComponentCode(part["code"]), part["value"]
    if "n_firms" in part:
        return _record(code, part)
    strong, fair, weak = _REASONS[code]
    least_strong, least_fair = _TRACKED if code in TRACK_RECORD else (_STRONG, _FAIR)
    return str(strong if value >= least_strong else fair if value >= least_fair else weak)


def _change(change: Stored, gate: Stored) -> str:
    """What would have to be done for one closed gate."""
    return _CHANGES[GateCode(change["gate"])](change, gate)


def _added(change: Stored, gate: Stored) -> list[Any]:
    """What the change adds to the list there is."""
    return [code for code in change["value"] if code not in (gate["value"] or ())]


def _amount(change: Stored, gate: Stored) -> str:
    amount = money(change["value"])
    if change["value"] < gate["value"]:
        return _("把融资金额降到 %(amount)s", amount=amount)
    return _("把融资金额提高到 %(amount)s", amount=amount)


def _term(change: Stored, gate: Stored) -> str:
    if change["value"] < gate["value"]:
        return _("把期限缩短到 %(n)s 个月", n=change["value"])
    return _("把期限延长到 %(n)s 个月", n=change["value"])


def _operating(change: Stored, gate: Stored) -> str:
    missing = gate["limit"] - gate["value"]
    return _("再经营 %(n)s 个月，到 %(day)s 即满足", n=missing, day=change["on"])


def _opened_again(change: Stored, _gate: Stored) -> str:
    return _("重新发布这个产品") if change["reach"] == Reach.FIRM else _("等发布方重新发布这个产品")


def _after_refusal(change: Stored, _gate: Stored) -> str:
    if change["reach"] == Reach.FIRM:
        return _("改善被婉拒的这一项并更新资料，或等到 %(day)s", day=change["on"])
    return _("到 %(day)s 不再因此受限", day=change["on"])


_CHANGES: dict[GateCode, Callable[[Stored, Stored], str]] = {
    GateCode.REFUSED_BEFORE: _after_refusal,
    GateCode.FIRM_VERIFIED: lambda _c, _g: _("提交企业档案并通过官方核验"),
    GateCode.SUPPLY_OPEN: _opened_again,
    GateCode.AMOUNT: _amount,
    GateCode.TERM: _term,
    GateCode.PURPOSE: lambda c, _g: _("把贷款用途改为“%(name)s”", name=label(c["value"], "LoanPurpose")),
    GateCode.GUARANTEE: lambda c, g: _(
        "增加一种担保方式：%(names)s", names=_joined(_added(c, g), _LISTS["guarantees"])
    ),
    GateCode.REGION_SERVED: lambda c, _g: _("银行把服务区域扩大到%(name)s", name=region(c["value"][-1])),
    GateCode.OPERATING_MONTHS: _operating,
    GateCode.REVENUE_BAND: lambda c, _g: _(
        "营业收入达到要求：%(limit)s", limit=_band_limit("revenue_band", c["value"])
    ),
    GateCode.DEBT_RATIO_BAND: lambda c, _g: _(
        "资产负债率降到要求：%(limit)s", limit=_band_limit("debt_ratio_band", c["value"])
    ),
    GateCode.TAX_GRADE: lambda c, _g: _("纳税信用等级达到 %(grade)s", grade=label(c["value"], "TaxGrade")),
    GateCode.INDUSTRY: lambda _c, _g: _("银行把本行业移出不受理名单"),
    GateCode.LENDER_CAPACITY: _lender,
    GateCode.ORDER: _order_change,
    GateCode.CATEGORY: lambda c, _g: _(
        "采购单位改为采购本类产品；现在采购的是 %(name)s", name=industry(c["value"][-1])
    ),
    GateCode.UNIT: lambda c, _g: _("把计量单位改为%(name)s", name=label(c["value"], "Unit")),
    GateCode.CAPACITY: lambda c, g: _(
        "把富余产能提高到 %(quantity)s", quantity=quantity(c["value"], g["value"]["unit"])
    ),
    GateCode.CERTIFICATES: lambda c, g: _("补充证书：%(names)s", names=_joined(_added(c, g), _LISTS["certificates"])),
    GateCode.STANDARDS: lambda c, g: _("达到标准：%(names)s", names=_joined(_added(c, g), str)),
    GateCode.WINDOW: lambda c, _g: _("把供货周期缩短到 %(n)s 天以内", n=c["value"]),
    GateCode.DELIVERY_REGION: lambda c, _g: _("把%(name)s加入可交货地区", name=region(c["value"][-1])),
}
