"""The words for the codes of how pairings come about, and of what more than two sides do together."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.classifications import GroupEnd, LoanBasis, PairingOrigin
from vocabulary.lifecycles import OrderStatus, SupplierGroupStatus, SupplierShareStatus

JOINT_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    SupplierGroupStatus: {
        SupplierGroupStatus.ASKED: _l("征询中"),
        SupplierGroupStatus.COMPLETE: _l("全部接受"),
        SupplierGroupStatus.ENDED: _l("未成"),
    },
    SupplierShareStatus: {
        SupplierShareStatus.ASKED: _l("待答复"),
        SupplierShareStatus.ACCEPTED: _l("已接受"),
        SupplierShareStatus.DECLINED: _l("不承担"),
        SupplierShareStatus.LAPSED: _l("逾期未答复"),
        SupplierShareStatus.RELEASED: _l("已解除"),
    },
    PairingOrigin: {
        PairingOrigin.RECOMMENDATION: _l("系统推荐"),
        PairingOrigin.ROADSHOW: _l("路演"),
        PairingOrigin.SUPPLIER_GROUP: _l("多家拼量"),
        PairingOrigin.BY_HAND: _l("人工发起"),
        PairingOrigin.ASSIGNMENT: _l("统筹分配"),
    },
    LoanBasis: {
        LoanBasis.CONFIRMED_ORDER: _l("买方确认的订单（订单融资）"),
        LoanBasis.RECEIVABLES: _l("应收账款"),
    },
    OrderStatus: {
        OrderStatus.CONFIRMED: _l("买方已确认"),
        OrderStatus.FULFILLED: _l("已履行"),
        OrderStatus.WITHDRAWN: _l("买方已撤回"),
    },
    GroupEnd: {
        GroupEnd.SHARE_DECLINED: _l("有供应商不承担其份额"),
        GroupEnd.NO_ANSWER: _l("有供应商逾期未答复"),
        GroupEnd.CAPACITY_CHANGED: _l("有供应商的富余产能已不足"),
        GroupEnd.NEED_CHANGED: _l("采购需求的数量或交期已修改"),
        GroupEnd.NEED_CLOSED: _l("采购需求已暂停或关闭"),
        GroupEnd.TAKEN_BACK: _l("采购方或链办已取消征询"),
    },
}
