"""Plans of the demo world: each chain at another point of its three years, tasks in every status."""

from datetime import timedelta

from sqlmodel import col, select

from cli.demo_base import DemoBase
from models.chain_plan import ChainPlan, PlanTask
from vocabulary.plans import TASK_MONTHS, USUAL_TASKS, PlanTaskStatus, months_after, phase_days
from vocabulary.projects import TargetKind

_S = PlanTaskStatus
_BEGUN_MONTHS_AGO = (14, 8, 5, 11, 2, 20, 0)
_MEASURES = (
    (TargetKind.LINKS_COVERED, 6), (TargetKind.FIRMS_CONFIRMED, 20), (TargetKind.BACKBONE_FIRMS, 3),
    (TargetKind.ROADSHOWS_HELD, 2), (TargetKind.PROJECTS_BEGUN, 5), (TargetKind.PAIRINGS_CONFIRMED, 10),
    None, None, None,
)  # fmt: skip


def add_plans(base: DemoBase) -> None:
    """What ended long ago is done, what ended lately is late in every second chain, one task was given up."""
    chains = sorted(base.chains.values(), key=lambda chain: chain.sort_order)
    has_plan = set(base.session.exec(select(col(ChainPlan.chain_id))).all())
    for nth, chain in enumerate(chains):
        if chain.id in has_plan:
            continue
        start = months_after(base.today.replace(day=1), -_BEGUN_MONTHS_AGO[nth % len(_BEGUN_MONTHS_AGO)])
        official = base.officials.get(chain.id or 0)
        owner_id = official.id if official else None
        base.session.add(ChainPlan(chain_id=chain.id or 0, starts_on=start, begun_by_id=owner_id))
        n = 0
        for phase, (first, _last) in phase_days(start).items():
            for place, kind in enumerate(USUAL_TASKS[phase]):
                measure = _MEASURES[n]
                task = PlanTask(
                    chain_id=chain.id or 0, phase=phase, kind=kind, owner_id=owner_id if n < 6 else None,
                    starts_on=months_after(first, TASK_MONTHS * place),
                    due_on=months_after(first, TASK_MONTHS * (place + 1)) - timedelta(days=1),
                    measure=measure[0] if measure else None, target=measure[1] if measure else None,
                )  # fmt: skip
                _set_state(base, task, is_behind=nth % 2 == 0)
                base.session.add(task)
                n += 1
    base.session.flush()


def _set_state(base: DemoBase, task: PlanTask, *, is_behind: bool) -> None:
    """Where a task stands by its dates; the last of the plan that began first was given up."""
    ended = (base.today - task.due_on).days
    if ended > (90 if is_behind else 0):
        task.status, task.done_on, task.note = _S.DONE, task.due_on, "已按期完成并报联席会议办公室备案"
    elif task.starts_on <= base.today:
        task.status = _S.UNDER_WAY
    elif task.measure is None and is_behind and task.kind == "costs":
        task.status, task.dropped_reason = _S.DROPPED, "与全市降成本行动合并推进"
