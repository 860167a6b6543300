"""The words for the codes of problems."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.lifecycles import ProblemStatus
from vocabulary.problems import ClosingGround, EscalationLevel, ProblemEntryKind, ProblemKind

PROBLEM_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    ProblemStatus: {
        ProblemStatus.RAISED: _l("待交办"),
        ProblemStatus.HANDED_OVER: _l("办理中"),
        ProblemStatus.ANSWERED: _l("已答复，待企业确认"),
        ProblemStatus.CLOSED: _l("已办结"),
    },
    ProblemKind: {
        ProblemKind.LAND: _l("用地规划"),
        ProblemKind.PERMIT: _l("审批手续"),
        ProblemKind.UTILITIES: _l("水电气"),
        ProblemKind.FINANCE: _l("融资"),
        ProblemKind.LABOUR: _l("用工"),
        ProblemKind.TAX: _l("税费政策"),
        ProblemKind.LOGISTICS: _l("物流配套"),
        ProblemKind.OTHER: _l("其他"),
    },
    ProblemEntryKind: {
        ProblemEntryKind.RAISED: _l("提出问题"),
        ProblemEntryKind.HANDED_OVER: _l("交办"),
        ProblemEntryKind.ANSWERED: _l("答复"),
        ProblemEntryKind.NOT_SOLVED: _l("企业表示没有解决"),
        ProblemEntryKind.CLOSED: _l("办结"),
        ProblemEntryKind.ESCALATED: _l("逾期上报"),
    },
    ClosingGround: {
        ClosingGround.FIRM_AGREED: _l("企业同意"),
        ClosingGround.OFFICE_DECIDED: _l("链办决定"),
    },
    EscalationLevel: {
        EscalationLevel.NONE: _l("未上报"),
        EscalationLevel.CHAIN_OFFICE: _l("已提醒链办"),
        EscalationLevel.JOINT_OFFICE: _l("已上报联席办"),
    },
}
