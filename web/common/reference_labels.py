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
    },
}
