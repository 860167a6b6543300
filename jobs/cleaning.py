"""What nobody needs any more."""

from jobs.attempts import Attempt
from models.base import now
from workflows import api_keys, file_retention, idempotency, jobs, retention


def clean(attempt: Attempt) -> None:
    """Delete old jobs, workers that are gone, old keys of forms, old counts of the API, and room for files."""
    with attempt.finishing() as end:
        jobs.clean(end.session, now())
        idempotency.forget_old(end.session, now())
        api_keys.forget_old_uses(end.session)
        file_retention.give_back(end.session, now())


def end_retention(attempt: Attempt) -> None:
    """Minimise and delete what is past its time, all of it or nothing."""
    with attempt.finishing() as end:
        retention.apply(end.session, now())
