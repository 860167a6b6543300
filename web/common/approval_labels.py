"""The words for the codes of approvals by a second person."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.approvals import ApprovalReason, ApprovalStatus

APPROVAL_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    ApprovalReason: {
        ApprovalReason.AMOUNT: _l("金额超过限额"),
        ApprovalReason.NUMBER_A_DAY: _l("当日数量超过限额"),
        ApprovalReason.ROLE_GRANT: _l("授予角色"),
        ApprovalReason.ROLE_END: _l("终止角色"),
    },
    ApprovalStatus: {
        ApprovalStatus.REQUESTED: _l("待第二人审批"),
        ApprovalStatus.APPROVED: _l("已批准"),
        ApprovalStatus.REFUSED: _l("未批准"),
        ApprovalStatus.WITHDRAWN: _l("已撤回申请"),
        ApprovalStatus.EXPIRED: _l("已逾期失效"),
    },
}
