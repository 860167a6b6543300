"""Work that no page waits for: kinds, statuses, what is being done, why there is no result."""

from enum import StrEnum

from vocabulary.lifecycle import lifecycle


class JobStatus(StrEnum):
    """A piece of work waits for its time, is done by one worker, and is begun again if that worker dies."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobKind(StrEnum):
    """What can be done; `jobs.registry` says how, and when by itself."""

    NIGHT = "night"
    DIGESTS = "digests"
    LEDGER = "ledger"
    CLEANING = "cleaning"
    RETENTION = "retention"
    REPORT = "report"
    POLICY = "policy"
    ASSIGNMENT = "assignment"
    TRAINING = "training"
    WEBHOOK = "webhook"
    IMPORT = "import"


class JobPhase(StrEnum):
    """What a job is doing at a moment."""

    EXPIRY = "expiry"
    REMINDERS = "reminders"
    FOLLOW_UP = "follow_up"
    SCHEDULED_REPORTS = "scheduled_reports"
    RECOMMENDATIONS = "recommendations"
    SHADOW = "shadow"
    DRIFT = "drift"
    GAPS = "gaps"
    ANCHOR = "anchor"
    TRIMMING = "trimming"
    COMPUTING = "computing"
    KEEPING = "keeping"
    DRAWING_UP = "drawing_up"
    SENDING = "sending"
    LOADING = "loading"


class JobFailure(StrEnum):
    """Why a job ended without result, or begins anew."""

    ERROR = "error"
    INTERRUPTED = "interrupted"


_S = JobStatus
JOB = lifecycle(
    "job",
    _S,
    _S.WAITING,
    {
        _S.WAITING: (_S.RUNNING, _S.CANCELLED),
        # Back to waiting after an error that may pass, or when its worker died.
        _S.RUNNING: (_S.DONE, _S.FAILED, _S.WAITING),
        _S.FAILED: (_S.WAITING,),
        _S.CANCELLED: (_S.WAITING,),
    },
)
LIVE_JOB = frozenset({_S.WAITING, _S.RUNNING})
"""Statuses in which somebody still waits for it."""
LANE: dict[JobKind, str] = dict.fromkeys(
    (JobKind.NIGHT, JobKind.POLICY, JobKind.ASSIGNMENT, JobKind.TRAINING), "engine"
)
"""Kinds that need the engine or much memory: of a lane one runs at a time."""
TRIES = 5
"""So often a job is begun by itself."""
