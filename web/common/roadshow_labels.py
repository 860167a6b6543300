"""The words for the codes of roadshows."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.classifications import MeetingOrigin, ParticipantOrigin, StageChoice, WishKind
from vocabulary.lifecycles import MeetingStatus, ParticipantStatus, RoadshowStatus

ROADSHOW_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    RoadshowStatus: {
        RoadshowStatus.PLANNED: _l("筹备中"),
        RoadshowStatus.ANNOUNCED: _l("已公告"),
        RoadshowStatus.HELD: _l("已举办"),
        RoadshowStatus.CANCELLED: _l("已取消"),
    },
    ParticipantStatus: {
        ParticipantStatus.INVITED: _l("已邀请，待答复"),
        ParticipantStatus.APPLIED: _l("已申请，待确认"),
        ParticipantStatus.WAITING: _l("候补"),
        ParticipantStatus.ACCEPTED: _l("已确认参会"),
        ParticipantStatus.DECLINED: _l("谢绝参会"),
        ParticipantStatus.REFUSED: _l("未获确认"),
        ParticipantStatus.WITHDRAWN: _l("已退出"),
    },
    ParticipantOrigin: {
        ParticipantOrigin.INVITED: _l("链办邀请"),
        ParticipantOrigin.APPLIED: _l("自行报名"),
        ParticipantOrigin.WALK_IN: _l("现场到会"),
    },
    MeetingStatus: {
        MeetingStatus.NOTED: _l("已记录"),
        MeetingStatus.PROVISIONAL: _l("拟定"),
        MeetingStatus.PUBLISHED: _l("已发布"),
        MeetingStatus.FREED: _l("已释放"),
    },
    MeetingOrigin: {
        MeetingOrigin.PLANNED: _l("系统排定"),
        MeetingOrigin.BY_HAND: _l("人工安排"),
        MeetingOrigin.FOUND_THERE: _l("现场发现"),
    },
    WishKind: {
        WishKind.MUST: _l("必须见"),
        WishKind.WOULD: _l("愿意见"),
        WishKind.VETO: _l("不见"),
    },
    StageChoice: {
        StageChoice.PIN: _l("必上"),
        StageChoice.BAR: _l("不上"),
    },
}
