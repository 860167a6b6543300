"""Profiles as their firm and the office that checks them see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from access import search
from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from access.scopes import in_chain
from models.chain import Chain, ChainLink
from models.firm_profile import Certificate, FirmProfile, ProfileSubmission
from models.organization import Organization, User
from vocabulary.lifecycles import ChainStatus, LinkStatus, SubmissionStatus


@dataclass(frozen=True)
class Choice:
    """A chain or a link to choose."""

    id: int
    name_zh: str
    name_en: str
    parent_id: int | None = None


@dataclass(frozen=True)
class SubmissionLine:
    """A submission in the queue or in a firm's history."""

    public_id: str
    firm: str
    status: SubmissionStatus
    submitted_at: datetime
    submitted_by: str
    decided_at: datetime | None
    decided_by: str
    notes: dict[str, str]


@dataclass(frozen=True)
class SubmissionPage:
    items: list[SubmissionLine]
    total: int
    counts: dict[SubmissionStatus, int]


def chain_choices(session: Session) -> list[Choice]:
    """Chains that go on."""
    rows = session.exec(
        select(Chain).where(Chain.status == ChainStatus.ACTIVE).order_by(col(Chain.sort_order), col(Chain.id))
    ).all()
    return [Choice(row.id or 0, row.name_zh, row.name_en) for row in rows]


def link_choices(session: Session) -> list[Choice]:
    """Links that are not retired, each naming its chain as parent."""
    rows = session.exec(
        select(ChainLink)
        .where(ChainLink.status == LinkStatus.ACTIVE)
        .order_by(col(ChainLink.chain_id), col(ChainLink.sort_order))
    ).all()
    return [Choice(row.id or 0, row.name_zh, row.name_en, row.chain_id) for row in rows]


def own_profile(session: Session, actor: Actor) -> FirmProfile | None:
    return session.exec(select(FirmProfile).where(FirmProfile.organization_id == actor.organization_id)).first()


def profile_of(session: Session, submission: ProfileSubmission) -> FirmProfile | None:
    """What was verified before a submission."""
    return session.exec(select(FirmProfile).where(FirmProfile.organization_id == submission.organization_id)).first()


def own_certificates(session: Session, actor: Actor) -> list[Certificate]:
    return list(
        session.exec(
            select(Certificate)
            .where(Certificate.organization_id == actor.organization_id)
            .order_by(col(Certificate.code), col(Certificate.id))
        ).all()
    )


def own_certificate(session: Session, actor: Actor, public_id: str) -> Certificate:
    row = session.exec(
        select(Certificate).where(
            Certificate.public_id == public_id, Certificate.organization_id == actor.organization_id
        )
    ).first()
    if row is None:
        raise NotVisible
    return row


def own_history(session: Session, actor: Actor) -> list[SubmissionLine]:
    """The firm's submissions, newest first."""
    statement = _lines().where(ProfileSubmission.organization_id == actor.organization_id)
    rows = session.execute(statement.order_by(col(ProfileSubmission.id).desc()).limit(20)).all()
    return [_line(row) for row in rows]


def queue(session: Session, actor: Actor, *, status: SubmissionStatus, q: str, page: int, size: int) -> SubmissionPage:
    """The office's submissions of one status, oldest first."""
    require(actor, Permission.VERIFY_PROFILES)
    scope = in_chain(actor, ProfileSubmission.chain_id)
    counts = {
        SubmissionStatus(value): number
        for value, number in session.exec(
            select(ProfileSubmission.status, func.count()).where(scope).group_by(col(ProfileSubmission.status))
        ).all()
    }
    statement = _lines().where(scope, ProfileSubmission.status == status)
    if q:
        statement = statement.where(search.found_by(q, search.organization(Organization.id)))
    rows = session.execute(statement.order_by(col(ProfileSubmission.id)).offset((page - 1) * size).limit(size)).all()
    total = counts.get(status, 0)
    if q:
        total = session.exec(select(func.count()).select_from(statement.subquery())).one()
    return SubmissionPage([_line(row) for row in rows], total, counts)


def submission_to_check(session: Session, actor: Actor, public_id: str) -> tuple[ProfileSubmission, Organization]:
    """A submission of the office's chain and its firm."""
    require(actor, Permission.VERIFY_PROFILES)
    found = session.exec(
        select(ProfileSubmission, Organization)
        .join(Organization, col(Organization.id) == ProfileSubmission.organization_id)
        .where(ProfileSubmission.public_id == public_id, in_chain(actor, ProfileSubmission.chain_id))
    ).first()
    if found is None:
        raise NotVisible
    return found[0], found[1]


def _lines() -> Any:
    decider = aliased(User)
    return (
        select_columns(
            col(ProfileSubmission.public_id),
            col(Organization.legal_name),
            col(ProfileSubmission.status),
            col(ProfileSubmission.created_at),
            col(User.full_name),
            col(ProfileSubmission.decided_at),
            col(decider.full_name),
            col(ProfileSubmission.notes),
        )
        .join(Organization, col(Organization.id) == ProfileSubmission.organization_id)
        .join(User, col(User.id) == ProfileSubmission.submitted_by_id)
        .outerjoin(decider, col(decider.id) == ProfileSubmission.decided_by_id)
    )


def _line(row: Any) -> SubmissionLine:
    public_id, firm, status, submitted_at, submitted_by, decided_at, decided_by, notes = row
    return SubmissionLine(
        public_id, firm, status, submitted_at, submitted_by, decided_at, decided_by or "", notes or {}
    )
