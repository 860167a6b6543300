"""The words for the codes of jobs."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.jobs import JobFailure, JobKind, JobPhase, JobStatus

JOB_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    JobKind: {
        JobKind.NIGHT: _l("夜间运行"),
        JobKind.DIGESTS: _l("每日汇总邮件"),
        JobKind.LEDGER: _l("留痕锚定与到期清理"),
        JobKind.CLEANING: _l("清理过期记录"),
        JobKind.RETENTION: _l("清除到期的个人信息和记录"),
        JobKind.REPORT: _l("出具报告"),
        JobKind.POLICY: _l("政策测算"),
        JobKind.ASSIGNMENT: _l("统筹分配计算"),
        JobKind.TRAINING: _l("训练模型版本"),
        JobKind.WEBHOOK: _l("向其他系统推送"),
        JobKind.IMPORT: _l("导入表格"),
    },
    JobStatus: {
        JobStatus.WAITING: _l("等待中"),
        JobStatus.RUNNING: _l("运行中"),
        JobStatus.DONE: _l("已完成"),
        JobStatus.FAILED: _l("未完成"),
        JobStatus.CANCELLED: _l("已取消"),
    },
    JobPhase: {
        JobPhase.EXPIRY: _l("处理到期的发布、对接和邀请"),
        JobPhase.REMINDERS: _l("提醒与升级"),
        JobPhase.FOLLOW_UP: _l("核对每个对接的时限"),
        JobPhase.SCHEDULED_REPORTS: _l("安排按月报告"),
        JobPhase.RECOMMENDATIONS: _l("重新计算推荐"),
        JobPhase.SHADOW: _l("影子运行"),
        JobPhase.DRIFT: _l("比对数据和判断的变化"),
        JobPhase.GAPS: _l("查找断点缺口"),
        JobPhase.ANCHOR: _l("写入锚点"),
        JobPhase.TRIMMING: _l("清理到期留痕"),
        JobPhase.COMPUTING: _l("测算中"),
        JobPhase.KEEPING: _l("保存结果"),
        JobPhase.DRAWING_UP: _l("编制报告"),
        JobPhase.SENDING: _l("推送中"),
        JobPhase.LOADING: _l("写入表格中的行"),
    },
    JobFailure: {
        JobFailure.ERROR: _l("运行出错"),
        JobFailure.INTERRUPTED: _l("服务中断"),
    },
}
