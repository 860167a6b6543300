"""What is due by itself: introductions and messages every few seconds, the rest once a day."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from jobs.expiry import expire_due
from jobs.follow_up import follow_up
from jobs.outbox import Deliver, send_due
from models.base import now
from models.session import unit_of_work
from vocabulary.jobs import JobPhase
from vocabulary.lifecycles import RunStatus
from workflows import (
    accounts,
    approvals,
    chain_plans,
    drift,
    gap_keeping,
    ledger_anchors,
    ledger_retention,
    office_reports,
    problems,
    recognitions,
    recommendations,
    reset_requests,
    shadow_runs,
    supplier_shares,
    webhooks,
)
from workflows.calendar import today
from workflows.verdicts import introduce_due

Say = Callable[[JobPhase, int, int], None]
"""(phase, steps done, steps in all): called at the beginning of each step."""


class RunFailed(Exception):
    """The engine failed; what it said before stays in place."""


def tick(engine: Engine, deliver: Deliver, at: datetime | None = None) -> None:
    """Introductions whose hold time is over, then the mail that waited for them, both as of one moment; what other
    systems are told in between."""
    moment = at or now()
    with unit_of_work(engine) as session:
        introduce_due(session, moment)
        reset_requests.see_to(session, moment)
        accounts.end_sessions_to_come(session, moment)
    with unit_of_work(engine) as session:
        webhooks.tell(session)
    send_due(engine, deliver, moment)


def keep_ledger(engine: Engine, seal: ledger_anchors.Seal, say: Say) -> None:
    """The day's anchor, and what is older than it must be kept goes, if this role may remove it at all."""
    say(JobPhase.ANCHOR, 0, 2)
    ledger_anchors.anchor_daily(engine, seal)
    say(JobPhase.TRIMMING, 1, 2)
    if ledger_retention.may_trim(engine):
        ledger_retention.trim(engine, seal, at=now())


def night(engine: Engine, say: Say = lambda *_progress: None, *, cluster: str = "") -> None:
    """What ended is expired, who is late is told, then every market is recommended anew and gaps are found.

    Begun again in the middle, it finds done what was done. Raises RunFailed at the end if a market could not be
    recommended. `cluster` names the Dask cluster that scores, else this process does.
    """
    steps: dict[JobPhase, Callable[[], object]] = {
        JobPhase.EXPIRY: lambda: expire_due(engine, now()),
        JobPhase.REMINDERS: lambda: _remind(engine),
        JobPhase.FOLLOW_UP: lambda: follow_up(engine, now()),
        JobPhase.SCHEDULED_REPORTS: lambda: office_reports.queue_due(engine, today()),
        JobPhase.RECOMMENDATIONS: lambda: recommendations.refresh_all(engine, today=today(), cluster=cluster),
        JobPhase.GAPS: lambda: _find_gaps(engine),
        JobPhase.SHADOW: lambda: shadow_runs.run(engine, on=today()),
        JobPhase.DRIFT: lambda: drift.watch(engine, on=today()),
    }
    found: dict[JobPhase, object] = {}
    for n, (phase, step) in enumerate(steps.items()):
        say(phase, n, len(steps))
        found[phase] = step()
    runs = found[JobPhase.RECOMMENDATIONS]
    if isinstance(runs, list) and any(run.status is RunStatus.FAILED for run in runs):
        raise RunFailed


def _remind(engine: Engine) -> None:
    with unit_of_work(engine) as session:
        approvals.expire_due(session, now())
        supplier_shares.expire_due(session, today())
        problems.escalate_due(session, today())
        chain_plans.remind_due(session, today())
        recognitions.tell_due(session, today())


def _find_gaps(engine: Engine) -> None:
    """What the chains lack, from what the newest runs say."""
    with unit_of_work(engine) as session:
        gap_keeping.refresh_gaps(session, today())
