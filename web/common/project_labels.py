"""The words for the codes of projects."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.lifecycles import ProjectStatus, ReportStatus
from vocabulary.plans import PlanPhase, PlanTaskKind, PlanTaskStatus
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
        TargetKind.FIRMS_CONFIRMED: _l("环节已确认企业"),
        TargetKind.LINKS_COVERED: _l("有确认企业的环节"),
        TargetKind.ROADSHOWS_HELD: _l("已举办路演"),
        TargetKind.PAIRINGS_CONFIRMED: _l("已引荐对接"),
        TargetKind.PROJECTS_BEGUN: _l("已开工项目"),
        TargetKind.PROBLEMS_CLOSED: _l("已办结问题"),
    },
    PlanTaskStatus: {
        PlanTaskStatus.PLANNED: _l("计划中"),
        PlanTaskStatus.UNDER_WAY: _l("推进中"),
        PlanTaskStatus.DONE: _l("已完成"),
        PlanTaskStatus.DROPPED: _l("已终止"),
    },
    PlanPhase: {
        PlanPhase.FOUNDATION: _l("第一阶段 · 一年打基础"),
        PlanPhase.RESULTS: _l("第二阶段 · 两年见成效"),
        PlanPhase.CLOSED_LOOP: _l("第三阶段 · 三年成闭环"),
    },
    PlanTaskKind: {
        PlanTaskKind.FRAMEWORK: _l("搭框架"),
        PlanTaskKind.SURVEY: _l("摸家底"),
        PlanTaskKind.EXAMPLES: _l("挖典型"),
        PlanTaskKind.INVESTMENT: _l("抓招商"),
        PlanTaskKind.PROJECTS: _l("落项目"),
        PlanTaskKind.COOPERATION: _l("促联合"),
        PlanTaskKind.TALENT: _l("引人才"),
        PlanTaskKind.COSTS: _l("降成本"),
        PlanTaskKind.PROFIT: _l("提效益"),
    },
}
