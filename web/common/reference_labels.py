"""The words for kinds of reference data."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.reference import ReferenceKind

REFERENCE_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    ReferenceKind: {
        ReferenceKind.WORKING_DAYS: _l("工作日历"),
        ReferenceKind.DECLINE_REASONS: _l("婉拒和略过的理由"),
        ReferenceKind.VERDICT_REASONS: _l("审定的理由"),
        ReferenceKind.CASE_CLOCKS: _l("办理时限"),
    },
}
SCALE_NAMES: dict[str, LazyString] = {
    "revenue": _l("营业收入"),
    "staff": _l("从业人数"),
    "debt_ratio": _l("资产负债率"),
    "tax": _l("纳税额"),
    "order": _l("买方确认的订单"),
    "payment_days": _l("订单账期"),
    "collateral": _l("抵押物估值"),
}
"""What is shown to others in bands only."""
