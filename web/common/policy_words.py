"""Refusals, limits and terms of the policy sandbox in words, for the office and for banks."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from vocabulary.policy import FIELD_OF, PolicyRule
from web.common.filters import band
from web.common.labels import label
from workflows.errors import NotComplete


def refusal_words(code: str) -> str:
    """What is wrong, by reason code."""
    return {
        "required": _("请填写。"),
        "unknown": _("请从列表中选择。"),
        "out_of_range": _("超出可以填写的范围。"),
        "no_change": _("与现行规则相同，没有任何变化，无需测算。"),
        "no_product": _("没有发布中的产品符合这个范围。"),
        "all_zero": _("权重不能全部为 0。"),
        "second_person": _("方案须由提出人以外的联席办同事发布。"),
        "stale": _("测算之后数据已有变化，请重新测算后再发布。"),
        "terms_changed": _("产品条款在建议之后已修改，不能直接接受；请婉拒并说明，或自行修改产品。"),
        "not_open": _("产品已不在发布中，不能接受。"),
    }[code]


def problem_words(refused: NotComplete) -> str:
    """All problems in one sentence, for a page without fields."""
    return " ".join(dict.fromkeys(refusal_words(code) for code in refused.problems.values()))


def value_words(rule: PolicyRule, value: Any) -> str:
    """A limit in words; an empty one is no limit."""
    if value is None or value == []:
        return _("不限")
    if rule is PolicyRule.REVENUE_BAND:
        return band(value, "revenue")
    if rule is PolicyRule.DEBT_RATIO_BAND:
        return band(value, "debt_ratio")
    if rule is PolicyRule.INTEREST:
        return f"{value / 100:g}%"
    if rule is PolicyRule.OPERATING_MONTHS:
        return _("%(n)s 个月", n=value)
    kind = "TaxGrade" if rule is PolicyRule.TAX_GRADES else "GuaranteeMethod"
    return "、".join(label(code, kind) for code in ([value] if isinstance(value, str) else value))


_RULE_OF_TERM = {term: rule for rule, term in FIELD_OF.items()}
_NAMES = {"rate_from_bps": _l("最低年利率"), "rate_to_bps": _l("最高年利率")}


def term_lines(terms: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, value before and value after of each term that changes."""
    lines = []
    for name, (before, after) in terms.items():
        rule = _RULE_OF_TERM.get(name, PolicyRule.INTEREST)
        text = str(_NAMES[name]) if name in _NAMES else label(rule)
        lines.append((text, value_words(rule, before), value_words(rule, after)))
    return lines
