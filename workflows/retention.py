"""What is past its time: how much of each kind there is, and minimising or deleting it. Decisions and ledger stay."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, literal, or_, union_all
from sqlmodel import Session, col, select

from access.actor import SYSTEM, Actor
from access.permissions import Permission
from access.rules import require
from models.firm_profile import FirmProfile, ProfileDraft, ProfileSubmission
from models.import_batch import ImportBatch
from models.notice import Notice
from models.organization import Organization, PasswordReset, SignInAttempt, UserSession
from models.outbox import OutboxMessage
from models.pairing import Consent, Pairing, Release
from models.sign_in import FactorAttempt, KnownDevice, ResetRequest
from vocabulary.imports import IMPORT_BATCH, ImportStatus
from vocabulary.lifecycles import RELEASED_PAIRING, OrganizationStatus, OutboxStatus
from vocabulary.profile_fields import Section, of_section
from vocabulary.retention import KEPT, RetentionRule
from workflows.audit import record
from workflows.transitions import advance

_R = RetentionRule
_CONTACTS = tuple(field.name for field in of_section(Section.CONTACTS))

Condition = Callable[[datetime], Any]
"""From the moment before which a row is past its time to SQL over the row's table."""


def _released_contacts(before: datetime) -> Any:
    """Releases whose case came to nothing, or whose consent is over, so long ago."""
    ended = select(Pairing.id).where(
        col(Pairing.status).not_in(RELEASED_PAIRING), col(Pairing.status_changed_at) < before
    )
    over = select(Consent.id).where(or_(col(Consent.withdrawn_at) < before, col(Consent.ends_on) < before.date()))
    return col(Release.contacts_removed_at).is_(None) & or_(
        col(Release.pairing_id).in_(ended), col(Release.consent_id).in_(over)
    )


def _firm_contacts(before: datetime) -> Any:
    """Organizations that were merged or suspended so long ago; one that came back and left again is new."""
    removed = col(Organization.contacts_removed_at)
    return (
        col(Organization.status).in_((OrganizationStatus.MERGED, OrganizationStatus.SUSPENDED))
        & (col(Organization.status_changed_at) < before)
        & or_(removed.is_(None), removed < col(Organization.status_changed_at))
    )


_CONDITIONS: dict[RetentionRule, tuple[tuple[Any, Condition], ...]] = {
    _R.RELEASED_CONTACTS: ((Release, _released_contacts),),
    _R.FIRM_CONTACTS: ((Organization, _firm_contacts),),
    _R.STAGED_IMPORTS: (
        (
            ImportBatch,
            lambda before: (
                col(ImportBatch.status).in_((ImportStatus.UPLOADED, ImportStatus.CHECKED))
                & (col(ImportBatch.status_changed_at) < before)
            ),
        ),
    ),
    _R.NOTICES: ((Notice, lambda before: col(Notice.read_at) < before),),
    _R.MAILS: (
        (
            OutboxMessage,
            lambda before: (
                col(OutboxMessage.status).in_((OutboxStatus.SENT, OutboxStatus.CANCELLED))
                & (col(OutboxMessage.status_changed_at) < before)
            ),
        ),
    ),
    _R.SESSIONS: ((UserSession, lambda before: col(UserSession.last_seen_at) < before),),
    _R.ATTEMPTS: (
        (SignInAttempt, lambda before: col(SignInAttempt.created_at) < before),
        (FactorAttempt, lambda before: col(FactorAttempt.created_at) < before),
    ),
    _R.RESETS: (
        (PasswordReset, lambda before: col(PasswordReset.expires_at) < before),
        (ResetRequest, lambda before: col(ResetRequest.handled_at) < before),
    ),
    _R.DEVICES: ((KnownDevice, lambda before: col(KnownDevice.expires_at) < before),),
}


def preview(session: Session, actor: Actor, at: datetime) -> dict[RetentionRule, int]:
    """How many rows of each kind are past their time at a moment. Nothing is written."""
    require(actor, Permission.FOLLOW_JOBS)
    return _counts(session, at)


def apply(session: Session, at: datetime) -> dict[RetentionRule, int]:
    """Minimise and delete what `preview` counts; returns how many of each kind there were.

    Contacts are taken out of releases, profiles, drafts and submissions, files never loaded are dropped, the rest is
    deleted. Rows written besides: one audit event with the numbers, if there was anything.
    """
    counts = {rule: n for rule, n in _counts(session, at).items() if n}
    for rule in counts:
        for model, condition in _CONDITIONS[rule]:
            is_due = condition(at - KEPT[rule])
            if rule in _MINIMISED:
                rows = session.exec(select(model).where(is_due)).all()
                _MINIMISED[rule](session, rows, at)
            else:
                session.connection().execute(delete(model).where(is_due))
    if counts:
        session.flush()
        new = {rule.value: n for rule, n in counts.items()}
        record(session, SYSTEM, "retention_applied", subject_kind="retention", subject_id=0, new=new)
        session.expire_all()
    return counts


def _counts(session: Session, at: datetime) -> dict[RetentionRule, int]:
    counted = [
        select(literal(rule.value), func.count()).select_from(model).where(condition(at - KEPT[rule]))
        for rule, tables in _CONDITIONS.items()
        for model, condition in tables
    ]
    found = dict.fromkeys(RetentionRule, 0)
    for rule, n in session.execute(union_all(*counted)):
        found[RetentionRule(rule)] += n
    return found


def _minimise_releases(session: Session, releases: Iterable[Release], at: datetime) -> None:
    for release in releases:
        section = Section.CONTACTS.value
        if section in release.snapshot:
            release.snapshot = release.snapshot | {section: dict.fromkeys(release.snapshot[section])}
        release.contacts_removed_at = at
        session.add(release)


def _minimise_organizations(session: Session, organizations: Iterable[Organization], at: datetime) -> None:
    for organization in organizations:
        organization.phone, organization.contacts_removed_at = "", at
        session.add(organization)
        for profile in session.exec(select(FirmProfile).where(FirmProfile.organization_id == organization.id)).all():
            for name in _CONTACTS:
                setattr(profile, name, None)
            profile.provenance = _without_contacts(profile.provenance)
            session.add(profile)
        for draft in session.exec(select(ProfileDraft).where(ProfileDraft.organization_id == organization.id)).all():
            draft.values, draft.provenance = _without_contacts(draft.values), _without_contacts(draft.provenance)
            session.add(draft)
        filed = select(ProfileSubmission).where(ProfileSubmission.organization_id == organization.id)
        for submission in session.exec(filed).all():
            submission.values = _without_contacts(submission.values)
            session.add(submission)


def _without_contacts(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in _CONTACTS}


def _drop_imports(session: Session, batches: Iterable[ImportBatch], _at: datetime) -> None:
    for batch in batches:
        advance(
            session, SYSTEM, IMPORT_BATCH, batch, ImportStatus.DROPPED, chain_id=batch.chain_id, sheets=[], problems=[]
        )


_MINIMISED: dict[RetentionRule, Callable[[Session, Any, datetime], None]] = {
    _R.RELEASED_CONTACTS: _minimise_releases,
    _R.FIRM_CONTACTS: _minimise_organizations,
    _R.STAGED_IMPORTS: _drop_imports,
}
"""Kinds of which the row stays."""
