"""The words for the codes of projects."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.lifecycles import ProjectStatus, ReportStatus
from vocabulary.projects import Light, ProjectKind, TargetKind

PROJECT_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    ProjectStatus: {
        ProjectStatus.RESERVE: _l("储备"),
        ProjectStatus.STARTED: _l("开工"),
        ProjectStatus.UNDER_CONSTRUCTION: _l("在建"),
        ProjectStatus.IN_PRODUCTION: _l("投产"),
        ProjectStatus.DROPPED: _l("已终止"),
    },
    ReportStatus: {
        ReportStatus.DRAFT: _l("草稿"),
        ReportStatus.REPORTED: _l("已上报"),
        ReportStatus.RETURNED: _l("已退回"),
    },
    ProjectKind: {
        ProjectKind.BUILD: _l("建链"),
        ProjectKind.FILL: _l("补链"),
        ProjectKind.EXTEND: _l("延链"),
        ProjectKind.STRENGTHEN: _l("强链"),
    },
    Light: {
        Light.GREEN: _l("绿灯"),
        Light.YELLOW: _l("黄灯"),
        Light.RED: _l("红灯"),
        Light.NO_REPORT: _l("未上报，无法亮灯"),
        Light.NO_AMOUNT: _l("未填总投资，无法亮灯"),
        Light.NOT_STARTED: _l("未开工"),
        Light.DONE: _l("已投产"),
    },
    TargetKind: {
        TargetKind.LARGE_PROJECTS: _l("亿元以上项目"),
        TargetKind.BACKBONE_FIRMS: _l("骨干企业"),
        TargetKind.LEADER_FIRMS: _l("链主企业"),
    },
}
