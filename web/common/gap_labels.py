"""The words for the codes of gaps."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.gaps import (
    GapCause,
    GapEventKind,
    GapKind,
    GapStatus,
    GapTaskEnding,
    GapTaskKind,
    GapTaskStatus,
)

GAP_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    GapKind: {
        GapKind.UNMET_PURCHASE: _l("采购需求无本地供应"),
        GapKind.UNSERVED_FINANCING: _l("融资需求无产品可办"),
        GapKind.MISSING_LINK: _l("缺失环节"),
        GapKind.THIN_LINK: _l("独家环节"),
    },
    GapStatus: {GapStatus.OPEN: _l("未补上"), GapStatus.CLOSED: _l("已关闭")},
    GapEventKind: {
        GapEventKind.FOUND: _l("发现缺口"),
        GapEventKind.REOPENED: _l("再次出现"),
        GapEventKind.CLOSED: _l("关闭"),
    },
    GapCause: {
        GapCause.SUPPLIER_CAME: _l("有了本地供应企业"),
        GapCause.PRODUCT_CAME: _l("有了可办的贷款产品"),
        GapCause.FIRM_CONFIRMED: _l("环节上确认了企业"),
        GapCause.NEEDS_ENDED: _l("需求已撤回、改动或到期"),
        GapCause.LINK_CHANGED: _l("产业链环节有变动"),
        GapCause.PROJECT_IN_PRODUCTION: _l("项目投产"),
    },
    GapTaskKind: {GapTaskKind.LEAD: _l("招商线索"), GapTaskKind.UPGRADE: _l("升级任务")},
    GapTaskStatus: {
        GapTaskStatus.OPEN: _l("正在落实"),
        GapTaskStatus.IN_PROJECT: _l("已转为项目"),
        GapTaskStatus.DONE: _l("已完成"),
        GapTaskStatus.DROPPED: _l("已终止"),
    },
    GapTaskEnding: {
        GapTaskEnding.PROJECT_IN_PRODUCTION: _l("项目投产"),
        GapTaskEnding.FIRM_PASSES: _l("企业已符合条件"),
        GapTaskEnding.GAP_CLOSED: _l("缺口已经关闭"),
        GapTaskEnding.BY_HAND: _l("经办人办结"),
    },
}
