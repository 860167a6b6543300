"""The words for the codes of offices' reports and of research results."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.office_reports import (
    OfficeReportKind,
    OfficeReportStatus,
    ReportFailure,
    ReportForm,
    ReportStep,
    ResearchReadiness,
    ResearchStatus,
)

OFFICE_REPORT_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    OfficeReportKind: {
        OfficeReportKind.FIVE_LISTS: _l("五单一图谱"),
        OfficeReportKind.CASE_LEDGER: _l("对接台账"),
        OfficeReportKind.APPLICATION_LIST: _l("申报清单"),
        OfficeReportKind.RECOMMENDED_LIST: _l("推荐清单"),
    },
    OfficeReportStatus: {
        OfficeReportStatus.QUEUED: _l("排队中"),
        OfficeReportStatus.RUNNING: _l("生成中"),
        OfficeReportStatus.DONE: _l("已定稿"),
        OfficeReportStatus.FAILED: _l("未能生成"),
    },
    ReportForm: {
        ReportForm.CONTENT: _l("内容"),
        ReportForm.XLSX: _l("Excel"),
        ReportForm.PDF: _l("PDF"),
    },
    ReportFailure: {
        ReportFailure.ERROR: _l("生成时出错，已记入日志，请联系系统管理员后再试。"),
        ReportFailure.INTERRUPTED: _l("服务多次中断，没有完成。请再试一次。"),
    },
    ReportStep: {
        ReportStep.TARGETS: _l("发展目标清单"),
        ReportStep.PROJECTS: _l("在建重大项目清单"),
        ReportStep.PROMOTION: _l("招商引资重点项目清单"),
        ReportStep.PROBLEMS: _l("重点问题清单"),
        ReportStep.RESEARCH: _l("可产业化的主要科研成果清单"),
        ReportStep.MAP: _l("产业链上下游图谱"),
        ReportStep.CASES: _l("对接明细"),
        ReportStep.FUNDING: _l("融资需求和五项标准"),
        ReportStep.FREEZING: _l("定稿"),
        ReportStep.XLSX: _l("制作 Excel"),
        ReportStep.PDF: _l("制作 PDF"),
    },
    ResearchStatus: {
        ResearchStatus.LISTED: _l("待转化"),
        ResearchStatus.TAKEN_UP: _l("已落地转化"),
        ResearchStatus.WITHDRAWN: _l("已撤下"),
    },
    ResearchReadiness: {
        ResearchReadiness.LAB: _l("小试"),
        ResearchReadiness.PILOT: _l("中试"),
        ResearchReadiness.READY: _l("可规模生产"),
    },
}
