"""The words for what is due of a case, who was told, and what is open."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from access.lists.briefs import OpenPoint
from vocabulary.case_clocks import ClockStage, ReminderLevel
from vocabulary.classifications import Market

_STAGES: dict[Market, dict[ClockStage, LazyString]] = {
    Market.FINANCE: {
        ClockStage.CONTACT: _l("首次联系"),
        ClockStage.VISIT: _l("走访"),
        ClockStage.DECISION: _l("授信决定"),
        ClockStage.DELIVERY: _l("发放贷款"),
    },
    Market.SUPPLY: {
        ClockStage.CONTACT: _l("首次洽谈"),
        ClockStage.VISIT: _l("样品"),
        ClockStage.DECISION: _l("首单决定"),
        ClockStage.DELIVERY: _l("批量订单"),
    },
}

CASE_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    ReminderLevel: {
        ReminderLevel.HANDLER: _l("已提醒经办人"),
        ReminderLevel.CHAIN_OFFICE: _l("已报链办"),
        ReminderLevel.JOINT_OFFICE: _l("已报联席办"),
    },
    OpenPoint: {
        OpenPoint.NOBODY_HANDLES: _l("对方还没有指定由谁联系企业。"),
        OpenPoint.HANDLER_LEFT: _l("对方的经办人已离任，需要交接。"),
        OpenPoint.NOBODY_FOLLOWS: _l("还没有指定由谁跟进。"),
        OpenPoint.FOLLOWER_LEFT: _l("跟进的官员已离任，需要交接。"),
        OpenPoint.LATE: _l("下一步已逾期。"),
        OpenPoint.CONSENT_ENDED: _l("企业的授权已到期或撤回，不能再查阅资料。"),
        OpenPoint.NO_EVIDENCE: _l("有填了金额的步骤没有证明材料。"),
    },
}


def stage(code: ClockStage | None, market: Market) -> str:
    """What is due, in the words of the market."""
    return "—" if code is None else str(_STAGES[market][code])
