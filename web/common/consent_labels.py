"""The words for how a consent stands."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.consents import ConsentState

CONSENT_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    ConsentState: {
        ConsentState.IN_FORCE: _l("有效"),
        ConsentState.REPLACED: _l("已由新版代替"),
        ConsentState.WITHDRAWN: _l("已撤回"),
        ConsentState.ENDED: _l("已到期"),
    },
}
