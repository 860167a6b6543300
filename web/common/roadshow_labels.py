"""The words for the codes of roadshows."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.classifications import MeetingOrigin, ParticipantOrigin, StageChoice, WishKind
from vocabulary.lifecycles import MeetingStatus, ParticipantStatus, RoadshowStatus
from vocabulary.roadshow_effect import Covariate, EffectGroup, EffectOutcome, LeftOut
from vocabulary.roadshow_report import Mark, RowKind

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
    RowKind: {
        RowKind.ATTENDANCE: _l("到会名单"),
        RowKind.MEETINGS: _l("洽谈明细"),
        RowKind.PAIRINGS: _l("对接明细"),
        RowKind.STEPS: _l("成效明细"),
        RowKind.OVERDUE: _l("逾期未跟进"),
        RowKind.UNMET: _l("未能满足的事项"),
        RowKind.PAIRS: _l("比较的企业"),
        RowKind.FIRMS: _l("未纳入与可比的企业"),
    },
    Mark: {
        Mark.ASKED: _l("链办邀请"),
        Mark.ASKED_ITSELF: _l("自行报名"),
        Mark.WALKED_IN: _l("现场到会"),
        Mark.HAD_SEAT: _l("有席位"),
        Mark.SAID_NO: _l("谢绝或退出"),
        Mark.NO_SEAT: _l("没有席位"),
        Mark.CAME: _l("到会"),
        Mark.NO_SHOW: _l("有席位未到"),
        Mark.ON_STAGE: _l("安排上台"),
        Mark.PITCHED: _l("实际上台"),
        Mark.PLANNED: _l("排定"),
        Mark.HELD: _l("实际举行"),
        Mark.NOT_HELD: _l("没有举行"),
        Mark.FREED: _l("事先取消"),
        Mark.FOUND_THERE: _l("现场相识"),
        Mark.BOTH_SAID: _l("双方都有反馈"),
        Mark.ONE_SAID: _l("只有一方反馈"),
        Mark.NOBODY_SAID: _l("双方都没有反馈"),
        Mark.BOTH_GO_ON: _l("双方都愿继续"),
        Mark.WITH_REASON: _l("已有结论"),
        Mark.SIMILAR: _l("可以比较"),
        Mark.CANDIDATE: _l("同链其他企业"),
    },
    EffectGroup: {
        EffectGroup.PRESENTED: _l("上台路演的企业"),
        EffectGroup.MET: _l("参加一对一洽谈的企业"),
    },
    EffectOutcome: {
        EffectOutcome.INTRODUCED: _l("经审定对接"),
        EffectOutcome.CREDIT_GRANTED: _l("获得授信"),
        EffectOutcome.DISBURSED: _l("获得放款"),
        EffectOutcome.ORDERED: _l("拿到订单"),
    },
    Covariate: {
        Covariate.DISTRICT: _l("县区"),
        Covariate.INDUSTRY: _l("行业大类"),
        Covariate.SIZE: _l("营收档位"),
        Covariate.TIER: _l("梯度培育层级"),
        Covariate.OPEN_POSTINGS: _l("会前在办的需求和产品"),
        Covariate.EARLIER: _l("会前已有的对接"),
    },
    LeftOut: {
        LeftOut.CAME_EARLIER: _l("参加过更早的路演，计入那一场"),
        LeftOut.CAME: _l("参加过路演，不能作对照"),
        LeftOut.JOINED_LATER: _l("路演之后才加入"),
        LeftOut.NO_FACTS: _l("会前没有核验过的档案"),
        LeftOut.NOBODY_SIMILAR: _l("同链没有相似企业"),
    },
}
