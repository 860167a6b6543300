"""The words for what is due of a case, who was told, and what is open."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from access.lists.briefs import OpenPoint
from vocabulary.case_clocks import ClockStage, ReminderLevel

CASE_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    ClockStage: {
        ClockStage.CONTACT: _l("首次联系"),
        ClockStage.VISIT: _l("走访或样品"),
        ClockStage.DECISION: _l("授信或下单的决定"),
        ClockStage.DELIVERY: _l("放款或批量订单"),
    },
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
