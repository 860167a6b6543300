"""Every kind of job: a line in `handlers`, and one in `daily` if it comes by itself each day.

A new kind gets its name in `vocabulary.jobs`, its words in `web.common.job_labels`, and `workflows.jobs.ask` lets it
be done.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from typing import Any

from sqlalchemy import Engine

from jobs import clock, computations
from jobs.attempts import Attempt
from jobs.cleaning import clean, end_retention
from jobs.digests import send_digests, who_waits
from jobs.imports import WordsOf, do_import
from jobs.outbox import Deliver
from jobs.reports import Compose, do_report
from jobs.runner import Handler
from jobs.webhooks import Send, do_webhook
from models.base import now
from vocabulary.jobs import JobKind
from workflows.ledger_anchors import Seal


@dataclass(frozen=True)
class Services:
    """What jobs need of the application: how mail and messages go, reports are made, where anchors go, how people
    write what tables hold, who scores."""

    deliver: Deliver
    compose: Compose
    seal: Seal
    digest_hour: int
    send: Send
    key: str
    """The application's secret, under which those of webhooks are sealed."""
    import_words: WordsOf
    cluster: str = ""


class NotEverybody(Exception):
    """The daily mail of some person could not be written; the log says whose."""


def handlers(services: Services) -> dict[JobKind, Handler]:
    """How each kind is done."""
    return {
        JobKind.NIGHT: lambda attempt: clock.night(attempt.engine, attempt.say, cluster=services.cluster),
        JobKind.DIGESTS: lambda attempt: _digests(attempt, services),
        JobKind.LEDGER: lambda attempt: clock.keep_ledger(attempt.engine, services.seal, attempt.say),
        JobKind.CLEANING: clean,
        JobKind.RETENTION: end_retention,
        JobKind.REPORT: lambda attempt: do_report(attempt, services.compose),
        JobKind.POLICY: computations.compute_policy,
        JobKind.ASSIGNMENT: computations.compute_assignment,
        JobKind.TRAINING: computations.train_model,
        JobKind.WEBHOOK: lambda attempt: do_webhook(attempt, services.send, services.key),
        JobKind.IMPORT: lambda attempt: do_import(attempt, services.import_words),
    }


def daily(digest_hour: int) -> dict[JobKind, time]:
    """What comes by itself each day, and when, in China Standard Time."""
    return {
        JobKind.LEDGER: time(0, 2),
        JobKind.NIGHT: time(0, 5),
        JobKind.CLEANING: time(3, 30),
        JobKind.RETENTION: time(3, 45),
        JobKind.DIGESTS: time(digest_hour),
    }


def _digests(attempt: Attempt, services: Services) -> None:
    at = now()
    send_digests(attempt.engine, at, services.digest_hour)
    if who_waits(attempt.engine, at, services.digest_hour):
        raise NotEverybody


Pulse = Callable[[], Any]


def pulse(engine: Engine, services: Services) -> Pulse:
    """What happens every few seconds and needs no row of its own: each introduction and each message is one."""
    return lambda: clock.tick(engine, services.deliver)
