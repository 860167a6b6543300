"""A plan as a paper: the tasks and the targets of the years."""

from datetime import date

from flask_babel import gettext as _

from access.lists.chain_plans import PlanPage, TaskLine
from vocabulary.plans import PlanTaskStatus
from web.common.chain_map_words import named
from web.common.labels import label
from web.common.papers import Column, Kind, Paper, Section


def plan_paper(found: PlanPage, on: date) -> Paper:
    """The same figures as the page."""
    task_columns = (
        Column(_("阶段")), Column(_("任务")), Column(_("责任人")), Column(_("开始日期"), Kind.DAY),
        Column(_("完成期限"), Kind.DAY), Column(_("状态")), Column(_("指标")), Column(_("现有"), Kind.COUNT),
        Column(_("目标数"), Kind.COUNT), Column(_("进展说明（人工填报）")),
    )  # fmt: skip
    target_columns = (
        Column(_("年度"), Kind.CODE),
        Column(_("指标")),
        Column(_("现有"), Kind.COUNT),
        Column(_("目标数"), Kind.COUNT),
    )
    targets = [(str(row.year), label(row.kind), row.done, row.at_least) for row in found.targets]
    return Paper(
        title=_("三阶段行动计划"),
        subtitle=named(found.chain),
        facts=((_("日期"), on.isoformat()),),
        sections=(
            Section(_("任务"), task_columns, [_row(line) for phase in found.phases for line in phase.tasks]),
            Section(_("年度目标"), target_columns, targets),
        ),
        file_name=f"{named(found.chain)}-{_('三阶段行动计划')}-{on.isoformat()}",
    )


def _row(line: TaskLine) -> tuple[object, ...]:
    task = line.task
    status = label(task.status)
    return (
        label(task.phase), label(task.kind) if task.kind else task.name, line.owner or _("未定"), task.starts_on,
        task.due_on, f"{status} · {_('逾期')}" if line.is_late else status,
        label(task.measure) if task.measure else _("人工填报"), line.done, task.target,
        task.dropped_reason if task.status is PlanTaskStatus.DROPPED else task.note,
    )  # fmt: skip
