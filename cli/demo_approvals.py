"""Confirmations that needed a second official, in every status, and roles that two people granted."""

from datetime import timedelta

from sqlmodel import Session, col, or_, select

from access.actor import Actor
from access.parties import consent_exists
from cli.demo_base import DOMAIN, DemoBase
from models.approval import Approval
from models.base import now
from models.firm_profile import ProfileSubmission
from models.organization import Membership, Organization, User
from models.pairing import Pairing
from vocabulary.approvals import ApprovalReason, ApprovalStatus
from vocabulary.audit_actions import AuditAction
from vocabulary.classifications import Market
from vocabulary.lifecycles import PairingStatus
from vocabulary.roles import OrganizationKind, Role
from workflows import grants
from workflows.audit import record
from workflows.calendar import today
from workflows.reasons import state_reason


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


def add_grants(base: DemoBase) -> None:
    """A second administrator; two roles that wait, one granted, one refused."""
    technology = _office(base, OrganizationKind.IT_OFFICE)
    base.add_user(technology, Role.ADMIN, email="admin2", title="系统管理员")
    joint, audit = _office(base, OrganizationKind.JOINT_OFFICE), _office(base, OrganizationKind.AUDIT_OFFICE)
    office = base.offices["new_energy_power"]
    with base.back(3):
        granted = _ask(base, "coordinator", joint, "liaison", "综合科新任联络员，接替轮岗人员。")
        grants.approve(
            base.session, _actor(base, "coordinator2"), granted.public_id, language="zh", link_of=lambda key: f"/{key}"
        )
        refused = _ask(base, "admin", office, "temp", "临时查阅材料。")
        grants.refuse(base.session, _actor(base, "coordinator"), refused.public_id)
    base.forget_news("invitation")
    base.forget_news("role_asked")
    base.forget_news("role_answered")
    _ask(base, "admin2", audit, "auditor2", "监督组增设一名监督员。")
    _ask(base, "official", office, "officer2", "专班新增一名专员。")


def add_reading(base: DemoBase) -> None:
    """The joint office read a firm's submitted profile in confidence, and said why; the firm finds both lines."""
    found = base.session.exec(
        select(ProfileSubmission, Organization)
        .join(Organization, col(Organization.id) == ProfileSubmission.organization_id)
        .order_by(col(ProfileSubmission.id))
    ).first()
    assert found is not None
    submission, firm = found
    actor, reason = _actor(base, "coordinator"), "核对营业收入与纳税额不一致的问题。"
    with base.back(2):
        state_reason(base.session, actor, firm, reason)
        record(
            base.session, actor, AuditAction.PROFILE_READ, subject_kind="profile_submission",
            subject_id=submission.id or 0, chain_id=firm.chain_id, visible_to_organization_id=firm.id, reason=reason,
        )  # fmt: skip


def _ask(base: DemoBase, who: str, organization: Organization, email: str, note: str) -> Approval:
    return grants.ask(base.session, _actor(base, who), organization, email=f"{email}@{DOMAIN}", ends_on=None, note=note)


def _office(base: DemoBase, kind: OrganizationKind) -> Organization:
    return base.session.exec(select(Organization).where(Organization.kind == kind)).one()


def _actor(base: DemoBase, who: str) -> Actor:
    user, member, home = base.session.exec(
        select(User, Membership, Organization)
        .join(Membership, col(Membership.user_id) == User.id)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(User.email == f"{who}@{DOMAIN}")
    ).one()
    return Actor(user.id, user.full_name, home.id, home.kind, home.legal_name, True, member.role, home.chain_id)


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
