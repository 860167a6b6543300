"""The words for the codes of chains and their offices."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.chains import ChainChange, FirmStanding, LinkState, OfficePost, TieKind
from vocabulary.lifecycles import ChainStatus, LinkStatus

CHAIN_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    ChainStatus: {
        ChainStatus.ACTIVE: _l("运行中"),
        ChainStatus.MERGED: _l("已并入其他链"),
    },
    LinkStatus: {
        LinkStatus.ACTIVE: _l("启用"),
        LinkStatus.RETIRED: _l("已停用"),
    },
    LinkState: {
        LinkState.STRONG: _l("稳固"),
        LinkState.THIN: _l("单薄"),
        LinkState.MISSING: _l("缺失"),
    },
    FirmStanding: {
        FirmStanding.LEADER: _l("龙头企业"),
        FirmStanding.BACKBONE: _l("骨干企业"),
        FirmStanding.ORDINARY: _l("一般企业"),
    },
    OfficePost: {
        OfficePost.DIRECTOR: _l("主任"),
        OfficePost.EXECUTIVE_DEPUTY: _l("常务副主任"),
        OfficePost.FULL_TIME_DEPUTY: _l("专职副主任"),
        OfficePost.STAFF: _l("工作人员"),
    },
    TieKind: {
        TieKind.SECONDED_FROM: _l("从该单位借调"),
        TieKind.FORMER_EMPLOYER: _l("曾在该单位任职"),
        TieKind.SHAREHOLDING: _l("持有该单位股份"),
        TieKind.RELATIVE: _l("近亲属在该单位"),
        TieKind.OTHER: _l("其他利益关联"),
    },
    ChainChange: {
        ChainChange.FOUNDED: _l("设立"),
        ChainChange.DETAILS: _l("修改基本信息"),
        ChainChange.OFFICE: _l("调整链办"),
        ChainChange.LINK_ADDED: _l("增设环节"),
        ChainChange.LINK_CHANGED: _l("修改环节"),
        ChainChange.LINK_RETIRED: _l("停用环节"),
        ChainChange.LINK_RESTORED: _l("恢复环节"),
        ChainChange.LEADERS: _l("调整龙头和骨干企业"),
        ChainChange.MERGED: _l("合并"),
        ChainChange.SPLIT: _l("拆分"),
    },
}
