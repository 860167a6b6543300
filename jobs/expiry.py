"""What ends by itself: postings after their last day, pairings nobody decided, invitations nobody accepted."""

import logging
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from access.actor import SYSTEM
from models.api_key import ApiKey
from models.organization import Invitation
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.session import open_session, unit_of_work
from vocabulary.integrations import API_KEY, ApiKeyStatus
from vocabulary.lifecycle import Lifecycle
from vocabulary.lifecycles import (
    INVITATION,
    PAIRING,
    POSTING,
    InvitationStatus,
    PairingStatus,
    PostingStatus,
)
from workflows.calendar import SHANGHAI, WorkingDays
from workflows.clocks import dated_limits
from workflows.errors import StepNotAllowed
from workflows.notifications import cancel_messages
from workflows.recommendations import refresh_demand, refresh_supply
from workflows.reference_data import working_days
from workflows.transitions import advance

log = logging.getLogger(__name__)

UNDECIDED_LIFE = timedelta(days=90)
_UNDECIDED = (PairingStatus.PROPOSED, PairingStatus.RETURNED, PairingStatus.ON_HOLD)


def expire_due(engine: Engine, at: datetime) -> int:
    """Expire what is due at a moment, each row in a transaction of its own; returns how many rows."""
    day = at.astimezone(SHANGHAI).date()
    live = (PostingStatus.OPEN, PostingStatus.PAUSED)
    with open_session(engine, read_only=True) as session:
        calendar = working_days(session, day)
        silence_days = dated_limits(session).at(day).silence_days

    def refresh(session: Session, row: Any) -> None:
        (refresh_demand if isinstance(row, Demand) else refresh_supply)(session, row.id, today=day)

    def cancel(session: Session, row: Any) -> None:
        cancel_messages(session, SYSTEM, row.id)

    return (
        _expire(engine, POSTING, Demand, PostingStatus.EXPIRED, refresh, Demand.expires_on < day, live)  # type: ignore[operator]
        + _expire(engine, POSTING, Supply, PostingStatus.EXPIRED, refresh, Supply.expires_on < day, live)  # type: ignore[operator]
        + _expire(
            engine,
            PAIRING,
            Pairing,
            PairingStatus.EXPIRED,
            cancel,
            Pairing.status_changed_at < at - UNDECIDED_LIFE,
            _UNDECIDED,
        )
        + _expire(
            engine,
            PAIRING,
            Pairing,
            PairingStatus.EXPIRED,
            cancel,
            Pairing.introduced_at < _silent_since(day, silence_days, calendar),  # type: ignore[operator]
            (PairingStatus.INTRODUCED,),
        )
        + _expire(
            engine,
            INVITATION,
            Invitation,
            InvitationStatus.EXPIRED,
            None,
            Invitation.expires_at <= at,
            (InvitationStatus.SENT,),
        )
        + _expire(engine, API_KEY, ApiKey, ApiKeyStatus.EXPIRED, None, ApiKey.expires_on < day, (ApiKeyStatus.ACTIVE,))
    )


def _silent_since(day: date, silence_days: int, calendar: WorkingDays) -> datetime:
    """The moment before which an introduction without any step counts as silence; the next one may then be asked."""
    for _day in range(silence_days):
        day = calendar.before(day)
    return datetime.combine(day, time.min, SHANGHAI)


def _expire(
    engine: Engine,
    lifecycle: Lifecycle,
    model: Any,
    target: Any,
    after: Callable[[Session, Any], None] | None,
    is_due: Any,
    statuses: tuple[Any, ...],
) -> int:
    with open_session(engine, read_only=True) as session:
        ids = session.exec(select(model.id).where(is_due, col(model.status).in_(statuses))).all()
    return sum(_expire_one(engine, lifecycle, model, row_id, target, after) for row_id in ids)


def _expire_one(
    engine: Engine,
    lifecycle: Lifecycle,
    model: Any,
    row_id: int,
    target: Any,
    after: Callable[[Session, Any], None] | None,
) -> bool:
    try:
        with unit_of_work(engine) as session:
            row = session.get_one(model, row_id)
            advance(session, SYSTEM, lifecycle, row, target, chain_id=getattr(row, "chain_id", None))
            if after is not None:
                after(session, row)
    except StepNotAllowed:  # somebody was faster; the row is in order
        return False
    except Exception:  # one row must not stop the others
        log.exception("%s %s could not expire", lifecycle.noun, row_id)
        return False
    return True
