"""How officials decide beside what the engine says: agreement, pace, and the pairs decided without the score.

Read from the ledger, where every verdict stands with its moment, also those taken back later.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from models.audit_event import AuditEvent
from models.organization import Organization, User
from models.pairing import Pairing
from models.recommendation import Recommendation
from vocabulary.lifecycles import PairingStatus
from vocabulary.reasons import PairState

DAYS = 90
PAUSE = timedelta(minutes=30)
"""What lies longer behind the verdict before is not told as time spent on it."""
STAMP_SECONDS, STAMP_SHARE, STAMP_DECISIONS = 10, 0.95, 10
"""Nearly everything confirmed, at this pace, in so many decisions: nobody can have read them."""
_CONFIRMED = f"pairing_{PairingStatus.CONFIRMED.value}"
_VERDICTS = tuple(
    f"pairing_{status.value}"
    for status in (PairingStatus.CONFIRMED, PairingStatus.RETURNED, PairingStatus.ON_HOLD, PairingStatus.REFUSED)
)


@dataclass(frozen=True)
class Tally:
    """Decisions and how many of them confirmed."""

    n: int = 0
    n_confirmed: int = 0


@dataclass(frozen=True)
class Habit:
    """One official. `n_first` of `n_ranked` confirmed pairs stood first in the list of their need when decided."""

    name: str
    office: str
    open_pairs: Tally
    blind_pairs: Tally
    n_ranked: int
    n_first: int
    seconds: float | None
    """Median time since the verdict before it; None where none followed another within the pause."""

    @property
    def n(self) -> int:
        return self.open_pairs.n + self.blind_pairs.n

    @property
    def looks_stamped(self) -> bool:
        """Whether nearly all was confirmed at a pace at which nothing can have been read."""
        confirmed = self.open_pairs.n_confirmed + self.blind_pairs.n_confirmed
        is_fast = self.seconds is not None and self.seconds <= STAMP_SECONDS
        return self.n >= STAMP_DECISIONS and confirmed >= STAMP_SHARE * self.n and is_fast


def habits(session: Session, actor: Actor, *, at: datetime) -> list[Habit]:
    """Officials who decided in the last 90 days: those that look stamped first, then by number of decisions."""
    require(actor, Permission.READ_MODEL_EFFECTS)
    rows = session.execute(_statement(at - timedelta(days=DAYS))).all()
    by_official = defaultdict(list)
    for row in rows:
        by_official[row.user_id].append(row)
    found = [_habit(some) for some in by_official.values()]
    return sorted(found, key=lambda habit: (not habit.looks_stamped, -habit.n, habit.name))


def _habit(rows: list[Any]) -> Habit:
    gaps = [
        (after.occurred_at - before.occurred_at).total_seconds()
        for before, after in pairwise(rows)
        if after.occurred_at - before.occurred_at <= PAUSE
    ]
    ranked = [row.n_better == 0 for row in rows if row.action == _CONFIRMED and row.recommendation_id]
    return Habit(
        rows[0].full_name,
        rows[0].legal_name or "",
        _tally([row for row in rows if not row.is_blind]),
        _tally([row for row in rows if row.is_blind]),
        len(ranked),
        sum(ranked),
        median(gaps) if gaps else None,
    )


def _tally(rows: list[Any]) -> Tally:
    return Tally(len(rows), sum(row.action == _CONFIRMED for row in rows))


def _statement(since: datetime) -> Any:
    """Verdicts in the order of their moments, each with the number of pairs that stood above it in its list."""
    better = aliased(Recommendation)
    n_better = (
        select(func.count())
        .where(
            col(better.demand_id) == col(Recommendation.demand_id),
            col(better.state) == PairState.ELIGIBLE,
            col(better.score) > col(Recommendation.score),
            or_(
                col(better.created_at) <= col(AuditEvent.occurred_at),
                col(better.run_id) == col(Recommendation.run_id),  # a row of one list is a moment younger than another
            ),
            or_(col(better.superseded_at).is_(None), col(better.superseded_at) > col(AuditEvent.occurred_at)),
        )
        .correlate(Recommendation, AuditEvent)
        .scalar_subquery()
    )
    return (
        select(
            col(User.id).label("user_id"), col(User.full_name), col(Organization.legal_name), col(AuditEvent.action),
            col(AuditEvent.occurred_at), col(Pairing.is_blind), col(Recommendation.id).label("recommendation_id"),
            n_better.label("n_better"),
        )
        .join(Pairing, col(Pairing.id) == AuditEvent.subject_id)
        .join(User, col(User.id) == AuditEvent.actor_user_id)
        .outerjoin(Organization, col(Organization.id) == AuditEvent.actor_organization_id)
        .outerjoin(Recommendation, col(Recommendation.id) == Pairing.recommendation_id)
        .where(
            col(AuditEvent.subject_kind) == "pairing",
            col(AuditEvent.action).in_(_VERDICTS),
            col(AuditEvent.occurred_at) >= since,
        )
        .order_by(col(AuditEvent.occurred_at), col(AuditEvent.id))
    )  # fmt: skip
