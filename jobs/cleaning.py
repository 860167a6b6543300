"""What nobody needs any more."""

from jobs.attempts import Attempt
from models.base import now
from workflows import idempotency, jobs


def clean(attempt: Attempt) -> None:
    """Delete jobs that ended long ago, workers that are gone, and the keys of forms that were sent long ago."""
    with attempt.finishing() as end:
        jobs.clean(end.session, now())
        idempotency.forget_old(end.session, now())
