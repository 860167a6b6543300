"""The clock of the one-process server: due introductions and messages, the nightly work."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial

from sqlalchemy import Engine

from jobs.digests import send_digests
from jobs.expiry import expire_due
from jobs.follow_up import follow_up
from jobs.outbox import Deliver, send_due
from models.base import now
from models.session import unit_of_work
from workflows import (
    approvals,
    chain_plans,
    file_retention,
    gap_keeping,
    idempotency,
    ledger_anchors,
    ledger_retention,
    office_reports,
    problems,
    recognitions,
    recommendations,
    reset_requests,
    supplier_shares,
)
from workflows.calendar import today
from workflows.verdicts import introduce_due

log = logging.getLogger(__name__)

Job = Callable[[], object]
TICK_SECONDS = 20


def run_clock(
    engine: Engine, deliver: Deliver, stop: threading.Event, digest_hour: int, ledger_seal: ledger_anchors.Seal
) -> None:
    """Everything that happens by itself, until `stop` is set."""
    recommendations.warm_up()
    _run(partial(follow_up_now, engine))  # a night on which nothing ran is made good at the start
    _run(partial(queue_reports, engine))
    _run(partial(ledger_anchors.anchor_daily, engine, ledger_seal))
    run_jobs(
        stop,
        every_tick=(partial(digests, engine, digest_hour), partial(tick, engine, deliver)),
        every_day=(partial(keep_ledger, engine, ledger_seal), partial(night, engine)),
    )


def tick(engine: Engine, deliver: Deliver, at: datetime | None = None) -> None:
    """Introductions whose hold time is over, then the mail that waited for them, both as of one moment."""
    moment = at or now()
    with unit_of_work(engine) as session:
        introduce_due(session, moment)
        reset_requests.see_to(session, moment)
    send_due(engine, deliver, moment)


def digests(engine: Engine, hour: int) -> None:
    """Daily mails that are due; most ticks find none."""
    send_digests(engine, now(), hour)


def keep_ledger(engine: Engine, seal: ledger_anchors.Seal) -> None:
    """The day's anchor, and what is older than it must be kept goes."""
    ledger_anchors.anchor_daily(engine, seal)
    ledger_retention.trim(engine, seal, at=now())


def night(engine: Engine) -> None:
    """What ended is expired, who is late is told, then every market is recommended anew and gaps are found."""
    expire_due(engine, now())
    with unit_of_work(engine) as session:
        approvals.expire_due(session, now())
        supplier_shares.expire_due(session, today())
        problems.escalate_due(session, today())
        chain_plans.remind_due(session, today())
        recognitions.tell_due(session, today())
        idempotency.forget_old(session, now())
        file_retention.give_back(session, now())
    follow_up_now(engine)
    queue_reports(engine)
    recommendations.refresh_all(engine, today=today())
    find_gaps(engine)


def find_gaps(engine: Engine) -> None:
    """What the chains lack, from what the newest runs say."""
    with unit_of_work(engine) as session:
        gap_keeping.refresh_gaps(session, today())


def follow_up_now(engine: Engine) -> None:
    follow_up(engine, now())


def queue_reports(engine: Engine) -> None:
    """Reports that offices get by schedule wait for the thread that draws them up."""
    office_reports.queue_due(engine, today())


def run_jobs(
    stop: threading.Event,
    *,
    every_tick: Sequence[Job],
    every_day: Sequence[Job],
    seconds: float = TICK_SECONDS,
    day: Callable[[], date] = today,
) -> None:
    """Run jobs until `stop` is set; daily ones at the first tick of a day, the day of the start excepted.

    A job that fails is logged and tried again at its next turn.
    """
    last_day = day()
    while not stop.is_set():
        for job in every_tick:
            _run(job)
        if day() != last_day:
            last_day = day()
            for job in every_day:
                _run(job)
        stop.wait(seconds)


def _run(job: Job) -> None:
    try:
        job()
    except Exception:  # the loop of a job: log the item and go on
        log.exception("job %s failed", job)
