"""What nobody needs any more."""

from jobs.attempts import Attempt
from models.base import now
from workflows import file_retention, idempotency, jobs


def clean(attempt: Attempt) -> None:
    """Delete jobs that ended long ago, workers that are gone, keys of forms sent long ago, and room for files."""
    with attempt.finishing() as end:
        jobs.clean(end.session, now())
        idempotency.forget_old(end.session, now())
        file_retention.give_back(end.session, now())
