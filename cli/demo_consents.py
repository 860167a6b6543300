"""Consents of the demo city in each state, the documents that go along, and who has read what."""

from datetime import timedelta

from sqlmodel import col, select

from access.actor import Actor
from cli.demo_base import DemoBase
from cli.demo_follow_up import document
from models.base import new_public_id, now
from models.firm_profile import ProfileSubmission
from models.organization import Membership, Organization, User
from models.pairing import Consent, Pairing, Release
from models.recognition import Recognition
from vocabulary.audit_actions import AuditAction
from vocabulary.lifecycles import RELEASED_PAIRING, PairingStatus, RecognitionStatus
from vocabulary.profile_fields import Section
from vocabulary.roles import OrganizationKind, Role
from workflows import consents, files, releases
from workflows.audit import dated, record

_STORY = "隆源铜业"
_EVERY = 4
"""Of each so many firms one has filed the documents of its titles; the story's firm has."""
_ENDED_DAYS, _WITHDRAWN_DAYS, _CHANGED_DAYS = 3, 6, 8


def add_certificates(base: DemoBase) -> None:
    """Documents of titles, as their firms handed them in."""
    rows = base.session.exec(
        select(Recognition, Organization)
        .join(Organization, col(Organization.id) == Recognition.organization_id)
        .where(col(Recognition.status).in_((RecognitionStatus.FILED, RecognitionStatus.VERIFIED)))
        .order_by(col(Recognition.id))
    ).all()
    for row, firm in rows:
        if firm.short_name != _STORY and (firm.id or 0) % _EVERY:
            continue
        words = f"Certificate {row.number}, {row.issued_on} (demo)"
        upload = files.Upload(f"{row.number}.pdf", document(words))
        row.file_id = files.store(base.session, _member(base, firm), upload).id
        base.session.add(row)
    base.session.flush()


def add_readings(base: DemoBase) -> None:
    """Who runs a case has read the dossier; the story's firm has changed, withdrawn and ended consents."""
    story = base.session.exec(select(Organization).where(Organization.short_name == _STORY)).one()
    rows = base.session.exec(
        select(Pairing, Release, User)
        .join(Release, col(Release.pairing_id) == Pairing.id)
        .join(User, col(User.id) == Pairing.handled_by_id)
        .where(col(Pairing.status).in_(RELEASED_PAIRING), Pairing.status != PairingStatus.INTRODUCED)
        .order_by(col(Pairing.id))
    ).all()
    for pairing, _release, handler in rows:
        with dated(base.session, min((pairing.introduced_at or now()) + timedelta(days=1, hours=2), now())):
            releases.read(base.session, _actor(base, handler), pairing)
    own = [row for row in rows if story.id in (row[0].demand_organization_id, row[0].supply_organization_id)]
    with_bank = [row for row in own if _kind(base, row[1]) is OrganizationKind.BANK]
    with_buyers = [row for row in own if _kind(base, row[1]) is not OrganizationKind.BANK]
    _change(base, story, *with_bank[-1])
    _withdraw(base, story, *with_buyers[1])
    _let_end(base, *with_buyers[0])
    _read_by_office(base, story)
    base.session.flush()


def _change(base: DemoBase, firm: Organization, pairing: Pairing, release: Release, handler: User) -> None:
    """A second version, with a document that the reader has downloaded."""
    at = base.days_ago(_CHANGED_DAYS)
    earlier = base.session.get_one(Consent, release.consent_id)
    certificates = base.session.exec(
        select(Recognition.public_id).where(
            Recognition.organization_id == firm.id, col(Recognition.file_id).is_not(None)
        )
    ).all()
    with dated(base.session, at):
        consent = consents.give(
            base.session, _member(base, firm), counterpart_id=earlier.counterpart_id,
            purpose=earlier.purpose, sections=[*earlier.sections, Section.SCALE.value], documents=certificates,
            ends_on=base.today + timedelta(days=150),
        )  # fmt: skip
    consent.created_at = earlier.withdrawn_at = at
    base.session.add_all((consent, earlier))
    for row in base.session.exec(select(Release).where(Release.consent_id == consent.id)):
        row.frozen_at = at
        base.session.add(row)
    with base.back(_CHANGED_DAYS - 1):
        releases.read(base.session, _actor(base, handler), pairing)
        for each in release.documents[:1]:
            releases.record_download(base.session, _actor(base, handler), pairing, each["file"], new_public_id())


def _withdraw(base: DemoBase, firm: Organization, pairing: Pairing, release: Release, handler: User) -> None:
    """Withdrawn, and then asked for once more in vain."""
    consent = base.session.get_one(Consent, release.consent_id)
    with base.back(_WITHDRAWN_DAYS):
        consents.withdraw(base.session, _member(base, firm), consent)
    consent.withdrawn_at = base.days_ago(_WITHDRAWN_DAYS)
    base.session.add(consent)
    base.forget_news("consent_withdrawn")
    with base.back(_WITHDRAWN_DAYS - 1):
        releases.read(base.session, _actor(base, handler), pairing)


def _let_end(base: DemoBase, _pairing: Pairing, release: Release, _handler: User) -> None:
    consent = base.session.get_one(Consent, release.consent_id)
    consent.ends_on = base.today - timedelta(days=_ENDED_DAYS)
    base.session.add(consent)


def _read_by_office(base: DemoBase, firm: Organization) -> None:
    submission = base.session.exec(
        select(ProfileSubmission).where(ProfileSubmission.organization_id == firm.id)
    ).first()
    certificate = base.session.exec(
        select(Recognition).where(Recognition.organization_id == firm.id, col(Recognition.file_id).is_not(None))
    ).first()
    read = (
        (AuditAction.PROFILE_READ, "profile_submission", submission, 70),
        (AuditAction.DOCUMENT_READ, "recognition", certificate, 2),
    )
    office = base.session.exec(
        select(Organization).where(
            Organization.chain_id == firm.chain_id, Organization.kind == OrganizationKind.CHAIN_OFFICE
        )
    ).one()
    official = _member(base, office)
    for action, noun, row, days in read:
        if row is not None:
            with base.back(days):
                record(
                    base.session, official, action, subject_kind=noun, subject_id=row.id or 0, chain_id=firm.chain_id,
                    visible_to_organization_id=firm.id,
                )  # fmt: skip


def _kind(base: DemoBase, release: Release) -> OrganizationKind:
    return base.session.get_one(Organization, release.recipient_id).kind


def _member(base: DemoBase, organization: Organization) -> Actor:
    """Somebody of an organization: of a firm, whoever may give consents."""
    found = base.session.exec(
        select(User)
        .join(Membership, col(Membership.user_id) == User.id)
        .where(Membership.organization_id == organization.id, col(Membership.ended_at).is_(None))
        .order_by(col(Membership.role) != Role.SIGNATORY, col(User.id))
    ).first()
    assert found is not None
    return _actor(base, found)


def _actor(base: DemoBase, user: User) -> Actor:
    membership, organization = base.session.exec(
        select(Membership, Organization)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(Membership.user_id == user.id)
    ).one()
    return Actor(
        user.id, user.full_name, organization.id, organization.kind, organization.legal_name, True, membership.role,
        organization.chain_id,
    )  # fmt: skip
