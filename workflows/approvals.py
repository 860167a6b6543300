"""Dual control: a confirmation above a limit is done only when a second, different official gives it too.

The row is the request; the deed itself is done by `verdicts.confirm`, for whoever comes second.
"""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from access.actor import SYSTEM, Actor
from access.rules import NotAllowed
from models.approval import Approval
from models.base import now
from models.organization import Organization, User
from models.pairing import Pairing
from models.posting import Demand, Supply
from vocabulary.approvals import ApprovalReason, ApprovalStatus
from vocabulary.lifecycles import APPROVAL
from vocabulary.roles import OrganizationKind
from workflows.audit import record
from workflows.calendar import city_day
from workflows.errors import StepNotAllowed
from workflows.notifications import queue_mail, queue_to_members
from workflows.transitions import advance
from workflows.turns import take_turn

LIFE = timedelta(days=7)


def waiting_for(session: Session, pairing: Pairing) -> Approval | None:
    """The request that waits for a second official, if one does and it is not too old."""
    return session.exec(
        select(Approval).where(
            Approval.pairing_id == pairing.id,
            Approval.status == ApprovalStatus.REQUESTED,
            Approval.expires_at > now(),
        )
    ).first()


def needs_second(
    session: Session,
    actor: Actor,
    pairing: Pairing,
    *,
    amount_fen: int,
    above_fen: int | None,
    releases_per_day: int | None,
    note: str,
) -> bool:
    """Whether this confirmation only asks for a second one; False when it may be done now.

    Rows written: an `approval`, requested or approved. Raises NotAllowed for the official who asked already.
    """
    waiting = waiting_for(session, pairing)
    if waiting is not None:
        if waiting.requested_by_id == actor.user_id:
            raise NotAllowed("second_official")
        _decide(session, actor, waiting, ApprovalStatus.APPROVED)
        return False
    why = _limit_passed(session, actor, amount_fen, above_fen, releases_per_day)
    if why is None:
        return False
    _request(session, actor, pairing, why=why, note=note)
    return True


def _limit_passed(
    session: Session, actor: Actor, amount_fen: int, above_fen: int | None, releases_per_day: int | None
) -> ApprovalReason | None:
    if above_fen is not None and amount_fen > above_fen:
        return ApprovalReason.AMOUNT
    if releases_per_day is not None and _decided_today(session, actor) >= releases_per_day:
        return ApprovalReason.NUMBER_A_DAY
    return None


def _decided_today(session: Session, actor: Actor) -> int:
    """How many the official confirmed on this day of the city; what was taken back does not count."""
    take_turn(session, User, actor.user_id)  # the day's last one is not given twice
    since = now() - timedelta(days=1)
    moments = session.exec(
        select(Pairing.decided_at).where(
            Pairing.decided_by_id == actor.user_id,
            col(Pairing.hold_until).is_not(None),
            col(Pairing.decided_at) > since,
        )
    ).all()
    today = city_day(now())
    return sum(moment is not None and city_day(moment) == today for moment in moments)


def _request(session: Session, actor: Actor, pairing: Pairing, *, why: ApprovalReason, note: str) -> Approval:
    _expire_old(session, pairing)
    row = Approval(
        pairing_id=pairing.id or 0,
        chain_id=pairing.chain_id,
        why=why,
        note=note[:1000],
        requested_by_id=actor.user_id or 0,
        expires_at=now() + LIFE,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    record(session, actor, "approval_requested", subject_kind="approval", subject_id=row.id, chain_id=pairing.chain_id)
    queue_to_members(
        session, _offices(session, pairing), template="second_official_asked", pairing_id=pairing.id,
        values={"asker": actor.name} | _titles(session, pairing), except_user_id=actor.user_id,
    )  # fmt: skip
    return row


def _offices(session: Session, pairing: Pairing) -> list[int]:
    """The chain's own office and the joint office: whose people may be the second official."""
    own = (col(Organization.kind) == OrganizationKind.CHAIN_OFFICE) & (col(Organization.chain_id) == pairing.chain_id)
    statement = select(Organization.id).where(own | (col(Organization.kind) == OrganizationKind.JOINT_OFFICE))
    return [number for number in session.exec(statement).all() if number is not None]


def _titles(session: Session, pairing: Pairing) -> dict[str, str]:
    demand, supply = session.get_one(Demand, pairing.demand_id), session.get_one(Supply, pairing.supply_id)
    return {"demand": demand.title, "supply": supply.title}


def _decide(session: Session, actor: Actor, row: Approval, status: ApprovalStatus) -> None:
    """requested -> approved or refused, by somebody else than who asked."""
    advance(session, actor, APPROVAL, row, status, chain_id=row.chain_id, decided_by_id=actor.user_id, decided_at=now())
    asker, pairing = session.get_one(User, row.requested_by_id), session.get_one(Pairing, row.pairing_id)
    queue_mail(
        session, recipient=asker.email, language=asker.language, template="second_official_answered",
        pairing_id=pairing.id, values={"decider": actor.name, "answer": status.value} | _titles(session, pairing),
    )  # fmt: skip


def close(session: Session, actor: Actor, pairing: Pairing) -> None:
    """The pairing was returned or refused: what waited is refused, or withdrawn by whoever had asked for it."""
    row = waiting_for(session, pairing)
    if row is None:
        return
    if row.requested_by_id == actor.user_id:
        advance(session, actor, APPROVAL, row, ApprovalStatus.WITHDRAWN, chain_id=row.chain_id)
    else:
        _decide(session, actor, row, ApprovalStatus.REFUSED)


def _expire_old(session: Session, pairing: Pairing) -> None:
    """A request past its end makes room for a new one, also before the clock has come by."""
    rows = select(Approval).where(Approval.pairing_id == pairing.id, Approval.status == ApprovalStatus.REQUESTED)
    for row in session.exec(rows).all():
        advance(session, SYSTEM, APPROVAL, row, ApprovalStatus.EXPIRED, chain_id=row.chain_id)


def expire_due(session: Session, at: datetime) -> int:
    """requested -> expired after seven days; returns how many."""
    due = session.exec(
        select(Approval).where(Approval.status == ApprovalStatus.REQUESTED, Approval.expires_at <= at)
    ).all()
    expired = 0
    for row in due:
        try:
            advance(session, SYSTEM, APPROVAL, row, ApprovalStatus.EXPIRED, chain_id=row.chain_id)
        except StepNotAllowed:  # a second official came at this very moment
            continue
        expired += 1
    return expired
