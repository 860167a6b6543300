"""Confirmations that needed a second official, in every status."""

from datetime import timedelta

from sqlmodel import Session, col, or_, select

from access.parties import consent_exists
from cli.demo_base import DemoBase
from models.approval import Approval
from models.base import now
from models.organization import Membership, Organization, User
from models.pairing import Pairing
from vocabulary.approvals import ApprovalReason, ApprovalStatus
from vocabulary.classifications import Market
from vocabulary.lifecycles import PairingStatus
from vocabulary.roles import Role
from workflows.calendar import today


def add_approvals(base: DemoBase) -> None:
    """One waiting, one that nobody answered and one withdrawn, of pairings still open; one approved, one refused."""
    session = base.session
    still_open = _pairings(session, PairingStatus.PROPOSED, is_consented=True)
    decided = _pairings(session, PairingStatus.INTRODUCED, PairingStatus.IN_PROGRESS, PairingStatus.AGREED)
    refused = _pairings(session, PairingStatus.REFUSED)
    for pairing, status in (
        (still_open[-1], ApprovalStatus.REQUESTED),
        (still_open[-2], ApprovalStatus.EXPIRED),
        (still_open[-3], ApprovalStatus.WITHDRAWN),
        (decided[-1], ApprovalStatus.APPROVED),
        (refused[-1], ApprovalStatus.REFUSED),
    ):
        is_decided = status in (ApprovalStatus.APPROVED, ApprovalStatus.REFUSED)
        decider = pairing.decided_by_id if is_decided else None
        asked_at = (pairing.decided_at or now()) - timedelta(days=8 if status is ApprovalStatus.EXPIRED else 1)
        session.add(
            Approval(
                pairing_id=pairing.id or 0,
                chain_id=pairing.chain_id,
                why=ApprovalReason.NUMBER_A_DAY,
                note="材料已核对，今日办理数量已达上限，请复核。",
                requested_by_id=_first_official(session, pairing, other_than=decider),
                created_at=asked_at,
                expires_at=asked_at + timedelta(days=7),
                status=status,
                status_changed_at=asked_at,
                decided_by_id=decider,
                decided_at=pairing.decided_at if is_decided else None,
            )
        )
    session.flush()


def _first_official(session: Session, pairing: Pairing, *, other_than: int | None) -> int:
    """Somebody of the chain's own office, else of the joint office, who did not decide."""
    statement = (
        select(User.id)
        .join(Membership, col(Membership.user_id) == User.id)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(
            or_(Organization.chain_id == pairing.chain_id, Membership.role == Role.COORDINATOR),
            col(Membership.role).in_((Role.OFFICIAL, Role.COORDINATOR)),
        )
        .order_by(col(Membership.role).desc(), col(User.id))
    )
    return next(number for number in session.exec(statement).all() if number is not None and number != other_than)


def _pairings(session: Session, *statuses: PairingStatus, is_consented: bool = False) -> list[Pairing]:
    statement = select(Pairing).where(Pairing.market == Market.FINANCE, col(Pairing.status).in_(statuses))
    if is_consented:
        statement = statement.where(consent_exists(today()))
    return list(session.exec(statement.order_by(col(Pairing.id))).all())
