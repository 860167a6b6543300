"""The frozen dossier a counterpart reads after introduction, and the receipt of every reading."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlmodel import Session, select

from access import parties
from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.recognitions import titles_of
from access.rules import require
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.pairing import AccessReceipt, Consent, Pairing, Release
from vocabulary.classifications import ConsentPurpose
from vocabulary.lifecycles import RELEASED_PAIRING
from vocabulary.profile_fields import Section, of_section
from workflows.audit import record
from workflows.calendar import today


@dataclass(frozen=True)
class Dossier:
    """What one reading gave. Refused: consent has ended, or the case has; then there are no sections."""

    firm_name: str
    is_refused: bool
    frozen_at: datetime
    consent_ends_on: date
    sections: dict[str, dict[str, Any]]
    """section -> field -> value as frozen; absent values were not filed."""


def freeze(session: Session, pairing: Pairing, consent: Consent) -> Release:
    """Store exactly the consented sections of the verified profile, and the contacts.

    A buyer never gets fields marked as not for buyers. A renewed consent freezes the pairing's release anew.
    """
    firm_id = parties.firm_id(pairing)
    profile = session.exec(select(FirmProfile).where(FirmProfile.organization_id == firm_id)).first()
    release = session.exec(select(Release).where(Release.pairing_id == pairing.id)).first()
    if release is None:
        release = Release(
            pairing_id=pairing.id or 0,
            consent_id=consent.id or 0,
            recipient_id=parties.counterpart_id(pairing),
        )
    release.consent_id = consent.id or 0
    release.snapshot = {} if profile is None else _consented_values(session, profile, consent)
    session.add(release)
    session.flush()
    return release


def read(session: Session, actor: Actor, pairing: Pairing) -> Dossier:
    """Give the recipient the dossier and the firm its receipt; a refused reading leaves a receipt too.

    Raises NotVisible for anybody but the recipient. A refusal is returned, not raised, so that the request commits
    its receipt.
    """
    require(actor, Permission.READ_RELEASED_DOSSIER)
    release = session.exec(select(Release).where(Release.pairing_id == pairing.id)).first()
    if release is None or actor.user_id is None or actor.organization_id != release.recipient_id:
        raise NotVisible
    firm = session.get_one(Organization, parties.firm_id(pairing))
    consent = session.get_one(Consent, release.consent_id)
    is_refused = not can_be_read(pairing, consent, today())
    _leave_receipt(session, actor, pairing, release, is_refused=is_refused)
    return Dossier(
        firm_name=firm.legal_name,
        is_refused=is_refused,
        frozen_at=release.created_at,
        consent_ends_on=consent.ends_on,
        sections={} if is_refused else release.snapshot,
    )


def can_be_read(pairing: Pairing, consent: Consent, on: date) -> bool:
    """Whether a release is open on a day: the case lives and the consent neither ended nor was withdrawn."""
    return pairing.status in RELEASED_PAIRING and consent.withdrawn_at is None and consent.ends_on >= on


def _consented_values(session: Session, profile: FirmProfile, consent: Consent) -> dict[str, dict[str, Any]]:
    """Titles are those valid today: what has expired, or nobody verified, is not handed out."""
    titles = titles_of(session, [profile.organization_id], today())[profile.organization_id]
    counted = {"tier": titles.tier, "is_high_tech": titles.is_high_tech}
    is_for_buyer = consent.purpose is ConsentPurpose.SUPPLIER_REVIEW
    wanted = {*consent.sections, Section.CONTACTS.value}
    snapshot: dict[str, dict[str, Any]] = {}
    for section in Section:
        if section.value in wanted:
            values = {
                field.name: _plain(counted.get(field.name, getattr(profile, field.name)))
                for field in of_section(section)
                if field.for_buyers or not is_for_buyer
            }
            snapshot[section.value] = {name: value for name, value in values.items() if value is not None}
    return snapshot


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def _leave_receipt(session: Session, actor: Actor, pairing: Pairing, release: Release, *, is_refused: bool) -> None:
    firm_id = parties.firm_id(pairing)
    session.add(
        AccessReceipt(
            release_id=release.id or 0,
            organization_id=firm_id,
            user_id=actor.user_id or 0,
            reader_name=actor.name,
            reader_organization_id=release.recipient_id,
            was_refused=is_refused,
        )
    )
    record(
        session,
        actor,
        "dossier_read_refused" if is_refused else "dossier_read",
        subject_kind="release",
        subject_id=release.id or 0,
        new={"sections": sorted(release.snapshot)},
        chain_id=pairing.chain_id,
        visible_to_organization_id=firm_id,
    )
    session.flush()
