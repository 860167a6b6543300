"""The computed size class of a firm and its reason in words."""

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from vocabulary.classifications import SizeClass
from vocabulary.money import FEN_PER_WAN
from vocabulary.size_class import Shortfall, SizeField, SizeFinding, rules
from web.common.filters import money
from web.common.labels import label
from web.common.languages import language

_MISSING: dict[SizeField, LazyString] = {
    SizeField.INDUSTRY: _l("所属行业"),
    SizeField.STAFF: _l("从业人数"),
    SizeField.REVENUE: _l("营业收入"),
    SizeField.ASSETS: _l("资产总额"),
}
_BELOW: dict[SizeField, Callable[[str], str]] = {
    SizeField.STAFF: lambda limit: _("从业人员不足%(limit)s人", limit=limit),
    SizeField.REVENUE: lambda limit: _("营收不足%(limit)s", limit=limit),
    SizeField.ASSETS: lambda limit: _("资产总额不足%(limit)s", limit=limit),
}


def size_words(finding: SizeFinding) -> str:
    """`小型`, or that it cannot be told."""
    return str(label(finding.size)) if finding.size else _("无法判定")


def size_reason(finding: SizeFinding) -> str:
    """Why not one class larger, or why the class cannot be told. Names limits, so for the firm and its office only."""
    if not finding.is_covered:
        return _("该行业不在划型办法的范围内")
    if finding.missing:
        names = _("、").join(str(_MISSING[field]) for field in finding.missing)
        return _("缺少：%(names)s", names=names)
    if not finding.short_of:
        return _("各项指标都达到大型的下限")
    return _("；").join(_BELOW[short.field](_limit(short)) for short in finding.short_of)


@dataclass(frozen=True)
class SizeNote:
    """A claim beside what is computed, in words; for the firm itself and its office."""

    claimed: str
    computed: str
    reason: str
    differs: bool
    source: str


def size_note(claimed: SizeClass | None, finding: SizeFinding) -> SizeNote:
    rule = next(rule for rule in rules() if rule.version == finding.version)
    return SizeNote(
        claimed=label(claimed) if claimed else _("未填报"),
        computed=size_words(finding),
        reason=size_reason(finding),
        differs=claimed is not None and finding.size not in (None, claimed),
        source=_("依据：%(source)s", source=rule.source),
    )


def _limit(short: Shortfall) -> str:
    if short.field is SizeField.STAFF:
        return f"{short.limit:,}" if language() == "en" else str(short.limit)
    return money(short.limit) if language() == "en" else _("%(n)s万", n=short.limit // FEN_PER_WAN)
