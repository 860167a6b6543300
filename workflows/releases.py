"""The frozen dossier a counterpart reads after introduction, its documents, and the receipt of every reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from access import parties
from access.actor import Actor
from access.lookups import NotVisible, own_pairing
from access.permissions import Permission
from access.recognitions import titles_of
from access.rules import require
from models.base import new_public_id, now
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.pairing import Consent, Pairing, Release
from models.recognition import Recognition
from models.session import unit_of_work
from models.stored_file import StoredFile
from vocabulary.audit_actions import AuditAction
from vocabulary.classifications import ConsentPurpose
from vocabulary.lifecycles import RELEASED_PAIRING, RecognitionStatus
from vocabulary.profile_fields import BY_NAME
from workflows.audit import record
from workflows.calendar import today
from workflows.marking import marking_problem

_GOES_ALONG = (RecognitionStatus.FILED, RecognitionStatus.VERIFIED)


@dataclass(frozen=True)
class Dossier:
    """What one reading gave. Refused: consent has ended, or the case has; then there is nothing but the receipt."""

    firm_name: str
    is_refused: bool
    frozen_at: datetime
    purpose: ConsentPurpose
    consent_version: int
    consent_ends_on: date
    receipt: str
    """The number of the reading, which the firm sees too."""
    sections: dict[str, dict[str, Any]]
    """section -> field -> value as frozen; None for what was not filed."""
    documents: list[dict[str, Any]]


@dataclass(frozen=True)
class ReleasedDocument:
    """A document that may be read now. It is handed out only with marks on it, and under this receipt's number."""

    receipt: str
    kind: str
    media_type: str
    content: bytes


def freeze(session: Session, pairing: Pairing, consent: Consent) -> Release:
    """Store exactly the consented fields of the verified profile, and which documents go along.

    The next version of a consent freezes the pairing's release anew.
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
    else:
        release.consent_id = consent.id or 0
    release.frozen_at, release.contacts_removed_at = now(), None
    release.snapshot = {} if profile is None else _consented_values(session, profile, consent)
    release.documents = [
        {
            "file": file_id, "kind": row.kind.value, "issued_on": row.issued_on.isoformat(),
            "expires_on": row.expires_on.isoformat(),
        }
        for row, file_id in _certificates(session, firm_id, consent.documents)
    ]  # fmt: skip
    session.add(release)
    session.flush()
    return release


def read(session: Session, actor: Actor, pairing: Pairing) -> Dossier:
    """Give the recipient the dossier and the firm its receipt; a refused reading leaves a receipt too.

    Raises NotVisible for anybody but the recipient. A refusal is returned, not raised, so that the request commits
    its receipt.
    """
    release, consent = _of_recipient(session, actor, pairing)
    firm = session.get_one(Organization, parties.firm_id(pairing))
    is_refused = not can_be_read(pairing, consent, today())
    receipt = new_public_id()
    _leave_receipt(
        session, actor, pairing, release, consent, receipt,
        AuditAction.DOSSIER_READ_REFUSED if is_refused else AuditAction.DOSSIER_READ,
        {} if is_refused else {"fields": field_names(release)},
    )  # fmt: skip
    return Dossier(
        firm_name=firm.legal_name,
        is_refused=is_refused,
        frozen_at=release.frozen_at,
        purpose=consent.purpose,
        consent_version=consent.version,
        consent_ends_on=consent.ends_on,
        receipt=receipt,
        sections={} if is_refused else release.snapshot,
        documents=[] if is_refused else release.documents,
    )


def read_at_once(engine: Engine, actor: Actor, pairing_id: str) -> Dossier:
    """The same for a reading by GET, in a transaction of its own: its receipt is kept before anything is given out."""
    with unit_of_work(engine) as session:
        return read(session, actor, own_pairing(session, actor, pairing_id))


def document(session: Session, actor: Actor, pairing: Pairing, file_id: str) -> ReleasedDocument:
    """A document of the release, for the recipient while it can be read. Raises NotVisible."""
    release, consent = _of_recipient(session, actor, pairing)
    named = next((row for row in release.documents if row["file"] == file_id), None)
    file = session.exec(select(StoredFile).where(StoredFile.public_id == file_id)).first()
    if named is None or file is None or file.emptied_at is not None or not can_be_read(pairing, consent, today()):
        raise NotVisible
    return ReleasedDocument(new_public_id(), named["kind"], file.media_type, file.content)


def hand_out(engine: Engine, actor: Actor, pairing_id: str, file_id: str, receipt: str) -> None:
    """Record one download, in a transaction of its own that asks once more whether it may be. Raises NotVisible.

    It comes after the marks were made and before the first byte is sent: no line, no document.
    """
    with unit_of_work(engine) as session:
        record_download(session, actor, own_pairing(session, actor, pairing_id), file_id, receipt)


def record_download(session: Session, actor: Actor, pairing: Pairing, file_id: str, receipt: str) -> None:
    """The line of one download. Raises NotVisible where it may not be."""
    found = document(session, actor, pairing, file_id)
    release, consent = _of_recipient(session, actor, pairing)
    what = {"document": found.kind}
    _leave_receipt(session, actor, pairing, release, consent, receipt, AuditAction.DOCUMENT_READ, what)


def can_be_read(pairing: Pairing, consent: Consent, on: date) -> bool:
    """Whether a release is open on a day: the case lives and the consent neither ended nor was withdrawn."""
    return pairing.status in RELEASED_PAIRING and consent.withdrawn_at is None and consent.ends_on >= on


def field_names(release: Release) -> list[str]:
    """The fields a release shows, filed or not."""
    return [name for values in release.snapshot.values() for name in values]


def documents_problem(session: Session, firm_id: int, wanted: Sequence[str]) -> str | None:
    """`unknown`, or `cannot_be_marked:` and the title whose document could not be handed out with marks on it."""
    found = _certificates(session, firm_id, wanted)
    if len(found) != len(set(wanted)):
        return "unknown"
    for row, file_id in found:
        file = session.exec(select(StoredFile).where(StoredFile.public_id == file_id)).one()
        if marking_problem(file.content, file.media_type):
            return f"cannot_be_marked:{row.kind.value}"
    return None


def _of_recipient(session: Session, actor: Actor, pairing: Pairing) -> tuple[Release, Consent]:
    """The release of a pairing with its consent, as the rows stand now, for its recipient only."""
    require(actor, Permission.READ_RELEASED_DOSSIER)
    release = session.exec(select(Release).where(Release.pairing_id == pairing.id)).first()
    if release is None or actor.user_id is None or actor.organization_id != release.recipient_id:
        raise NotVisible
    return release, session.get_one(Consent, release.consent_id)


def _certificates(session: Session, firm_id: int, wanted: Sequence[str]) -> Sequence[tuple[Recognition, str]]:
    """Titles among those wanted that still stand, each with the public id of its document."""
    return session.exec(
        select(Recognition, StoredFile.public_id)
        .join(StoredFile, col(StoredFile.id) == Recognition.file_id)
        .where(
            Recognition.organization_id == firm_id,
            col(Recognition.public_id).in_(wanted),
            col(Recognition.status).in_(_GOES_ALONG),
        )
        .order_by(col(Recognition.id))
    ).all()


def _consented_values(session: Session, profile: FirmProfile, consent: Consent) -> dict[str, dict[str, Any]]:
    """Titles are those valid today: what has expired, or nobody verified, is not handed out."""
    titles = titles_of(session, [profile.organization_id], today())[profile.organization_id]
    counted = {"tier": titles.tier, "is_high_tech": titles.is_high_tech}
    snapshot: dict[str, dict[str, Any]] = {}
    for name in consent.field_names:
        value = counted.get(name, getattr(profile, name))
        snapshot.setdefault(BY_NAME[name].section.value, {})[name] = _plain(value)
    return snapshot


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def _leave_receipt(
    session: Session,
    actor: Actor,
    pairing: Pairing,
    release: Release,
    consent: Consent,
    receipt: str,
    action: AuditAction,
    what: dict[str, Any],
) -> None:
    record(
        session,
        actor,
        action,
        subject_kind="release",
        subject_id=release.id or 0,
        new={"receipt": receipt, "purpose": consent.purpose.value, "version": consent.version, **what},
        chain_id=pairing.chain_id,
        visible_to_organization_id=parties.firm_id(pairing),
    )
    session.flush()
