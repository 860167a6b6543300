"""Words for what lenders can take on and for assignments."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.lifecycles import AssignmentStatus
from vocabulary.planning import AdoptionOutcome, CapacityBound, UnservedCause

CAPACITY_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    CapacityBound: {
        CapacityBound.VISITS: _l("走访名额已满"),
        CapacityBound.PAUSE: _l("暂停受理"),
        CapacityBound.FIRMS: _l("户数额度用完"),
        CapacityBound.AMOUNT: _l("剩余金额不足"),
    },
    AssignmentStatus: {
        AssignmentStatus.PENDING: _l("待采用"),
        AssignmentStatus.ADOPTED: _l("已采用"),
        AssignmentStatus.DROPPED: _l("已放弃"),
    },
    AdoptionOutcome: {
        AdoptionOutcome.OPENED: _l("已提交审定"),
        AdoptionOutcome.ALREADY: _l("原已在审定或办理中"),
        AdoptionOutcome.TAKEN_ON: _l("已由其他银行受理"),
        AdoptionOutcome.NEED_NOT_OPEN: _l("融资需求已不再发布"),
        AdoptionOutcome.PRODUCT_NOT_OPEN: _l("贷款产品已不再发布"),
        AdoptionOutcome.NOT_ELIGIBLE: _l("已不符合准入条件"),
        AdoptionOutcome.NO_CAPACITY: _l("银行名额已满"),
        AdoptionOutcome.NOT_POSSIBLE: _l("企业没有负责的链办"),
    },
    UnservedCause: {
        UnservedCause.NO_ELIGIBLE: _l("没有符合条件的产品"),
        UnservedCause.PAUSED: _l("名额为零"),
        UnservedCause.FULL: _l("符合条件的银行名额都用完了"),
        UnservedCause.TOTAL: _l("再多安排一家会使总匹配度低于先到先得"),
    },
}
