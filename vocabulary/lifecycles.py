"""Every status of every noun, and every allowed step between two of them.

`workflows/transitions.py` obeys these tables, pages ask them for their buttons, the tests walk every pair of statuses.
"""

from enum import StrEnum

from vocabulary.approvals import APPROVAL
from vocabulary.gaps import GAP, GAP_TASK
from vocabulary.imports import IMPORT_BATCH
from vocabulary.integrations import API_KEY, DELIVERY, WEBHOOK
from vocabulary.jobs import JOB
from vocabulary.lifecycle import Lifecycle
from vocabulary.lifecycle import lifecycle as _lifecycle
from vocabulary.model_versions import MODEL_VERSION
from vocabulary.office_reports import OfficeReportStatus, ResearchStatus
from vocabulary.plans import PLAN_TASK
from vocabulary.policy import POLICY_SCENARIO, PRODUCT_SUGGESTION


class OrganizationStatus(StrEnum):
    """An organization is checked by an official before it can act."""

    REGISTERED = "registered"
    VERIFIED = "verified"
    RETURNED = "returned"
    SUSPENDED = "suspended"
    MERGED = "merged"


class UserStatus(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"


class InvitationStatus(StrEnum):
    SENT = "sent"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class SubmissionStatus(StrEnum):
    """One submission of a firm's profile."""

    SUBMITTED = "submitted"
    VERIFIED = "verified"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


class RecognitionStatus(StrEnum):
    """A title that a firm filed; whether a verified one still counts, its days say."""

    FILED = "filed"
    VERIFIED = "verified"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


class PostingStatus(StrEnum):
    """A demand or a supply: financing need, purchase need, loan product, product line."""

    DRAFT = "draft"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"
    EXPIRED = "expired"


class PairingStatus(StrEnum):
    """The life of a pairing (docs/glossary.md)."""

    PROPOSED = "proposed"
    RETURNED = "returned"
    ON_HOLD = "on_hold"
    CONFIRMED = "confirmed"
    INTRODUCED = "introduced"
    IN_PROGRESS = "in_progress"
    AGREED = "agreed"
    FULFILLED = "fulfilled"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REFUSED = "refused"
    REVOKED = "revoked"


class RunStatus(StrEnum):
    """A run of the engine."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class OutboxStatus(StrEnum):
    """A message waits for its hold time, is claimed by one sender, then goes out once."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    CANCELLED = "cancelled"
    FAILED = "failed"


class RoadshowStatus(StrEnum):
    PLANNED = "planned"
    ANNOUNCED = "announced"
    HELD = "held"
    CANCELLED = "cancelled"


class ParticipantStatus(StrEnum):
    """An organization and one roadshow: asked by the office or applying, with a seat or without."""

    INVITED = "invited"
    APPLIED = "applied"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class MeetingStatus(StrEnum):
    """A one-to-one meeting: provisional until published; noted without a slot if two simply met."""

    NOTED = "noted"
    PROVISIONAL = "provisional"
    PUBLISHED = "published"
    FREED = "freed"


class OrderStatus(StrEnum):
    """An order that its buyer confirmed: withdrawn, or delivered and paid for."""

    CONFIRMED = "confirmed"
    FULFILLED = "fulfilled"
    WITHDRAWN = "withdrawn"


class ChainStatus(StrEnum):
    """A chain goes on until it is merged into another."""

    ACTIVE = "active"
    MERGED = "merged"


class LinkStatus(StrEnum):
    """A link of a chain; a retired one stays in the versions that had it."""

    ACTIVE = "active"
    RETIRED = "retired"


class SupplierGroupStatus(StrEnum):
    """Suppliers asked to serve one need together: complete when each has accepted its share."""

    ASKED = "asked"
    COMPLETE = "complete"
    ENDED = "ended"


class SupplierShareStatus(StrEnum):
    """One supplier's part: lapsed without an answer in time, released when the group ended for another's sake."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    RELEASED = "released"


class AssignmentStatus(StrEnum):
    """A proposal of who is sent to which lender; adopting opens pairings, it confirms none."""

    PENDING = "pending"
    ADOPTED = "adopted"
    DROPPED = "dropped"


class ProjectStatus(StrEnum):
    """A key project: 储备, 开工, 在建, 投产, or given up."""

    RESERVE = "reserve"
    STARTED = "started"
    UNDER_CONSTRUCTION = "under_construction"
    IN_PRODUCTION = "in_production"
    DROPPED = "dropped"


class ReportStatus(StrEnum):
    """A month's report of a project: locked once reported, opened again only when it is returned."""

    DRAFT = "draft"
    REPORTED = "reported"
    RETURNED = "returned"


class ProblemStatus(StrEnum):
    """A problem of a firm or a project, from its being raised to an end that the firm agrees to."""

    RAISED = "raised"
    HANDED_OVER = "handed_over"
    ANSWERED = "answered"
    CLOSED = "closed"


_O, _P, _S = OrganizationStatus, PairingStatus, SubmissionStatus
_T = PostingStatus

ORGANIZATION = _lifecycle(
    "organization",
    _O,
    _O.REGISTERED,
    {
        _O.REGISTERED: (_O.VERIFIED, _O.RETURNED, _O.MERGED),
        _O.RETURNED: (_O.REGISTERED, _O.VERIFIED, _O.MERGED),
        _O.VERIFIED: (_O.SUSPENDED, _O.MERGED),
        _O.SUSPENDED: (_O.VERIFIED,),
    },
)
USER = _lifecycle(
    "user",
    UserStatus,
    UserStatus.ACTIVE,
    {UserStatus.ACTIVE: (UserStatus.DISABLED,), UserStatus.DISABLED: (UserStatus.ACTIVE,)},
)
INVITATION = _lifecycle(
    "invitation",
    InvitationStatus,
    InvitationStatus.SENT,
    {
        InvitationStatus.SENT: (
            InvitationStatus.ACCEPTED,
            InvitationStatus.CANCELLED,
            InvitationStatus.EXPIRED,
        )
    },
)
SUBMISSION = _lifecycle(
    "profile_submission",
    _S,
    _S.SUBMITTED,
    {_S.SUBMITTED: (_S.VERIFIED, _S.RETURNED, _S.WITHDRAWN)},
)
POSTING = _lifecycle(
    "posting",
    _T,
    _T.DRAFT,
    {
        _T.DRAFT: (_T.OPEN, _T.CLOSED),
        _T.OPEN: (_T.PAUSED, _T.CLOSED, _T.EXPIRED),
        _T.PAUSED: (_T.OPEN, _T.CLOSED, _T.EXPIRED),
        _T.EXPIRED: (_T.OPEN, _T.CLOSED),
    },
)
PAIRING = _lifecycle(
    "pairing",
    _P,
    _P.PROPOSED,
    {
        _P.PROPOSED: (_P.CONFIRMED, _P.RETURNED, _P.ON_HOLD, _P.REFUSED, _P.WITHDRAWN, _P.EXPIRED),
        _P.RETURNED: (_P.PROPOSED, _P.WITHDRAWN, _P.EXPIRED, _P.REFUSED),
        _P.ON_HOLD: (_P.PROPOSED, _P.CONFIRMED, _P.RETURNED, _P.REFUSED, _P.WITHDRAWN, _P.EXPIRED),
        # Taking a verdict back within the hold time returns the pairing to the queue.
        _P.CONFIRMED: (_P.PROPOSED, _P.INTRODUCED, _P.REVOKED, _P.WITHDRAWN),
        _P.INTRODUCED: (_P.IN_PROGRESS, _P.DECLINED, _P.WITHDRAWN, _P.EXPIRED, _P.REVOKED),
        _P.IN_PROGRESS: (_P.AGREED, _P.DECLINED, _P.WITHDRAWN, _P.EXPIRED, _P.REVOKED),
        _P.AGREED: (_P.FULFILLED, _P.DECLINED, _P.WITHDRAWN, _P.EXPIRED, _P.REVOKED),
        _P.REFUSED: (_P.PROPOSED,),
    },
)
RUN = _lifecycle(
    "recommendation_run",
    RunStatus,
    RunStatus.RUNNING,
    {RunStatus.RUNNING: (RunStatus.FINISHED, RunStatus.FAILED)},
)
OUTBOX = _lifecycle(
    "outbox_message",
    OutboxStatus,
    OutboxStatus.WAITING,
    {
        OutboxStatus.WAITING: (OutboxStatus.SENDING, OutboxStatus.CANCELLED),
        OutboxStatus.SENDING: (OutboxStatus.SENT, OutboxStatus.FAILED),
        # A failed message is claimed again when its wait is over, or put back with new tries by an administrator.
        OutboxStatus.FAILED: (OutboxStatus.SENDING, OutboxStatus.WAITING, OutboxStatus.CANCELLED),
    },
)
ROADSHOW = _lifecycle(
    "roadshow",
    RoadshowStatus,
    RoadshowStatus.PLANNED,
    {
        RoadshowStatus.PLANNED: (RoadshowStatus.ANNOUNCED, RoadshowStatus.CANCELLED),
        RoadshowStatus.ANNOUNCED: (RoadshowStatus.HELD, RoadshowStatus.CANCELLED),
    },
)
_A = ParticipantStatus
PARTICIPANT = _lifecycle(
    "roadshow_participant",
    _A,
    _A.INVITED,
    {
        _A.INVITED: (_A.ACCEPTED, _A.WAITING, _A.DECLINED, _A.WITHDRAWN),
        _A.APPLIED: (_A.ACCEPTED, _A.WAITING, _A.REFUSED, _A.WITHDRAWN),
        _A.WAITING: (_A.ACCEPTED, _A.REFUSED, _A.WITHDRAWN),
        _A.ACCEPTED: (_A.WITHDRAWN,),
        # Somebody who said no, or was refused, may be asked or ask again; a walk-in gets a seat at the door.
        _A.DECLINED: (_A.INVITED, _A.APPLIED, _A.ACCEPTED),
        _A.WITHDRAWN: (_A.INVITED, _A.APPLIED, _A.ACCEPTED),
        _A.REFUSED: (_A.INVITED, _A.ACCEPTED),
    },
)
MEETING = _lifecycle(
    "roadshow_meeting",
    MeetingStatus,
    MeetingStatus.PROVISIONAL,
    {
        MeetingStatus.PROVISIONAL: (MeetingStatus.PUBLISHED, MeetingStatus.FREED),
        MeetingStatus.PUBLISHED: (MeetingStatus.FREED,),
        # A freed pair may be given another slot, or meet all the same.
        MeetingStatus.FREED: (MeetingStatus.PROVISIONAL, MeetingStatus.NOTED),
    },
)
ASSIGNMENT = _lifecycle(
    "assignment_proposal",
    AssignmentStatus,
    AssignmentStatus.PENDING,
    {AssignmentStatus.PENDING: (AssignmentStatus.ADOPTED, AssignmentStatus.DROPPED)},
)

CHAIN = _lifecycle("chain", ChainStatus, ChainStatus.ACTIVE, {ChainStatus.ACTIVE: (ChainStatus.MERGED,)})
CHAIN_LINK = _lifecycle(
    "chain_link",
    LinkStatus,
    LinkStatus.ACTIVE,
    {LinkStatus.ACTIVE: (LinkStatus.RETIRED,), LinkStatus.RETIRED: (LinkStatus.ACTIVE,)},
)
_N = RecognitionStatus
RECOGNITION = _lifecycle(
    "recognition",
    _N,
    _N.FILED,
    {_N.FILED: (_N.VERIFIED, _N.REFUSED, _N.WITHDRAWN), _N.VERIFIED: (_N.REVOKED,)},
)
_G, _H = SupplierGroupStatus, SupplierShareStatus
SUPPLIER_GROUP = _lifecycle("supplier_group", _G, _G.ASKED, {_G.ASKED: (_G.COMPLETE, _G.ENDED)})
SUPPLIER_SHARE = _lifecycle(
    "supplier_share",
    _H,
    _H.ASKED,
    {
        _H.ASKED: (_H.ACCEPTED, _H.DECLINED, _H.LAPSED, _H.RELEASED),
        _H.ACCEPTED: (_H.RELEASED,),
    },
)
_J = ProjectStatus
PROJECT = _lifecycle(
    "project",
    _J,
    _J.RESERVE,
    {
        _J.RESERVE: (_J.STARTED, _J.DROPPED),
        _J.STARTED: (_J.UNDER_CONSTRUCTION, _J.DROPPED),
        _J.UNDER_CONSTRUCTION: (_J.IN_PRODUCTION, _J.DROPPED),
        _J.DROPPED: (_J.RESERVE,),
    },
)
PROJECT_REPORT = _lifecycle(
    "project_report",
    ReportStatus,
    ReportStatus.DRAFT,
    {
        ReportStatus.DRAFT: (ReportStatus.REPORTED,),
        ReportStatus.REPORTED: (ReportStatus.RETURNED,),
        ReportStatus.RETURNED: (ReportStatus.REPORTED,),
    },
)

_Q = ProblemStatus
PROBLEM = _lifecycle(
    "problem",
    _Q,
    _Q.RAISED,
    {
        _Q.RAISED: (_Q.HANDED_OVER, _Q.CLOSED),
        # Another bureau may turn out to be the right one.
        _Q.HANDED_OVER: (_Q.HANDED_OVER, _Q.ANSWERED, _Q.CLOSED),
        # A firm that is not helped sends it back to be handed over again.
        _Q.ANSWERED: (_Q.RAISED, _Q.CLOSED),
    },
)
_C = OrderStatus
CONFIRMED_ORDER = _lifecycle("confirmed_order", _C, _C.CONFIRMED, {_C.CONFIRMED: (_C.FULFILLED, _C.WITHDRAWN)})

_R, _V = OfficeReportStatus, ResearchStatus
OFFICE_REPORT = _lifecycle(
    "office_report",
    _R,
    _R.QUEUED,
    {
        _R.QUEUED: (_R.RUNNING,),
        # Back in the queue when the process that drew it up died.
        _R.RUNNING: (_R.DONE, _R.FAILED, _R.QUEUED),
        _R.FAILED: (_R.QUEUED,),
    },
)
RESEARCH_RESULT = _lifecycle(
    "research_result",
    ResearchStatus,
    _V.LISTED,
    {_V.LISTED: (_V.TAKEN_UP, _V.WITHDRAWN), _V.WITHDRAWN: (_V.LISTED,)},
)

ATTENDING = frozenset({_A.INVITED, _A.APPLIED, _A.WAITING, _A.ACCEPTED})
"""Statuses of those who are told what changes."""
SCHEDULED = frozenset({MeetingStatus.PROVISIONAL, MeetingStatus.PUBLISHED})
"""Statuses in which a meeting occupies a table and a slot of both sides."""

LIFECYCLES: dict[str, Lifecycle] = {
    lifecycle.noun: lifecycle
    for lifecycle in (
        ORGANIZATION, USER, INVITATION, SUBMISSION, POSTING, PAIRING, RUN, OUTBOX, ROADSHOW, PARTICIPANT,
        MEETING, CHAIN, CHAIN_LINK, SUPPLIER_GROUP, SUPPLIER_SHARE, PROJECT, PROJECT_REPORT, PROBLEM, CONFIRMED_ORDER,
        PLAN_TASK, ASSIGNMENT, RECOGNITION, OFFICE_REPORT, RESEARCH_RESULT, WEBHOOK, DELIVERY,
        POLICY_SCENARIO, PRODUCT_SUGGESTION, APPROVAL, IMPORT_BATCH, GAP, GAP_TASK, JOB, API_KEY, MODEL_VERSION,
    )
}  # fmt: skip

LIVE_PAIRING = frozenset(
    {
        _P.PROPOSED, _P.RETURNED, _P.ON_HOLD, _P.CONFIRMED, _P.INTRODUCED, _P.IN_PROGRESS, _P.AGREED,
    }
)  # fmt: skip
"""Statuses of which one pair of a demand and a supply may hold at most one row."""

DECIDABLE_PAIRING = frozenset({_P.PROPOSED, _P.ON_HOLD})
"""Statuses in which an official's verdict is due."""

RELEASED_PAIRING = frozenset({_P.INTRODUCED, _P.IN_PROGRESS, _P.AGREED, _P.FULFILLED})
"""Statuses in which contacts and the consented dossier are open to the counterpart."""

RUNNING_PAIRING = RELEASED_PAIRING - {_P.FULFILLED}
"""Statuses in which a next step can be due."""
TAKEN_ON = RELEASED_PAIRING | {_P.CONFIRMED}
"""Statuses in which a pairing takes up a visit and a share of the product's quota."""
