"""The words of the funnel and of the exposure report."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.classifications import Market
from vocabulary.funnel import ExposureCause, FunnelLevel, FunnelStanding

FUNNEL_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    FunnelLevel: {
        FunnelLevel.FILED: _l("填报"),
        FunnelLevel.ELIGIBLE: _l("合格"),
        FunnelLevel.RECOMMENDED: _l("推荐"),
        FunnelLevel.CONFIRMED: _l("确认"),
        FunnelLevel.VISITED: _l("走访 / 见面"),
        FunnelLevel.DONE: _l("放款 / 订单"),
    },
    FunnelStanding: {
        FunnelStanding.WAITING: _l("等待中"),
        FunnelStanding.SILENT: _l("逾期无回应"),
        FunnelStanding.UNDECIDED: _l("资料待补"),
        FunnelStanding.BLOCKED: _l("条件不符"),
        FunnelStanding.DECLINED: _l("被婉拒"),
        FunnelStanding.WITHDRAWN: _l("已撤回"),
        FunnelStanding.DONE: _l("已办成"),
    },
    ExposureCause: {
        ExposureCause.BELOW_CUT: _l("排在各名单首页之后"),
        ExposureCause.LENDER_FULL: _l("银行走访已排满"),
        ExposureCause.LENDER_PAUSED: _l("银行暂停受理"),
        ExposureCause.QUOTA_USED: _l("产品额度已用完"),
        ExposureCause.POSTING_PAUSED: _l("企业自己暂停"),
        ExposureCause.NO_RUN: _l("等待下一次全量推荐"),
    },
}
MET_WORDS = {Market.FINANCE: _l("走访"), Market.SUPPLY: _l("见面")}
CLOSED_WORDS = {Market.FINANCE: _l("放款"), Market.SUPPLY: _l("订单")}


def level_words(level: FunnelLevel, market: Market) -> LazyString:
    """A level in the words of its market."""
    if level is FunnelLevel.VISITED:
        return MET_WORDS[market]
    return CLOSED_WORDS[market] if level is FunnelLevel.DONE else FUNNEL_LABELS[FunnelLevel][level]
