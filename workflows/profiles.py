"""A firm's profile from draft to verified.

The draft is what forms read and write; a submission freezes it; verifying copies the submission into the columns of
`firm_profile`, each value with where it comes from and since when.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from access.actor import Actor
from access.permissions import Permission
from access.rules import NotAllowed, require
from models.base import now
from models.chain import ChainLink
from models.firm_profile import Certificate, FirmProfile, ProfileDraft, ProfileSubmission
from models.organization import Organization
from vocabulary.classifications import Provenance
from vocabulary.lifecycles import SUBMISSION, LinkStatus, SubmissionStatus
from vocabulary.plausibility import Finding, findings
from vocabulary.profile_fields import BY_NAME, FIELDS, REQUIRED, FieldKind, Section
from workflows import placements
from workflows.audit import record
from workflows.calendar import today
from workflows.errors import AlreadyExists, ChangedMeanwhile, NotComplete
from workflows.notifications import queue_to_members
from workflows.recommendations import refresh_for_organization
from workflows.recusals import require_free
from workflows.transitions import advance

Values = Mapping[str, Any]
UNPARSED = "_unparsed"
"""Key of the draft under which texts are kept that could not be read, by field: nothing typed is lost."""


def stored(values: Values) -> dict[str, Any]:
    """JSON-ready values: dates as ISO text; empty ones are left out."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
        if value not in (None, "", [])
    }


def typed(values: Values) -> dict[str, Any]:
    """Values of `stored` with dates as dates, for the known fields only."""
    return {
        name: date.fromisoformat(value) if BY_NAME[name].kind is FieldKind.DATE and value else value
        for name, value in values.items()
        if name in BY_NAME
    }


def draft_of(session: Session, organization_id: int) -> ProfileDraft:
    """The firm's draft; a new one begins with what was verified last. Only in a request that writes it is kept."""
    draft = session.exec(select(ProfileDraft).where(ProfileDraft.organization_id == organization_id)).first()
    if draft is not None:
        return draft
    profile = _profile_of(session, organization_id)
    known = stored({field.name: getattr(profile, field.name) for field in FIELDS}) if profile else {}
    organization = session.get_one(Organization, organization_id)
    basics = {"region_code": organization.region_code, "chain_id": organization.chain_id}
    return ProfileDraft(organization_id=organization_id, values=stored(basics) | known)


def save(session: Session, actor: Actor, values: Values, unparsed: Mapping[str, str], *, version: int) -> ProfileDraft:
    """Keep the given fields of the draft, also those that could not be read.

    Raises ChangedMeanwhile with the present values if somebody saved a newer version; nothing is written then.
    """
    require(actor, Permission.FILE_PROFILE)
    assert actor.organization_id is not None
    draft = draft_of(session, actor.organization_id)
    if draft.id is None:
        try:
            with session.begin_nested():
                session.add(draft)
                session.flush()
        except IntegrityError:  # a colleague began at the same moment
            draft = draft_of(session, actor.organization_id)
            raise ChangedMeanwhile(dict(draft.values), draft.version) from None
    if draft.version != version:
        raise ChangedMeanwhile(dict(draft.values), draft.version)
    fresh = stored(values)
    kept = {name: value for name, value in draft.values.items() if name not in values and name not in unparsed}
    left = {name: text for name, text in draft.values.get(UNPARSED, {}).items() if name not in values} | dict(unparsed)
    merged = {**kept, **fresh, UNPARSED: left}
    changed = [name for name in values if fresh.get(name) != draft.values.get(name)]
    source = {"source": Provenance.SELF_FILED.value, "on": today().isoformat(), "by": actor.name}
    provenance = draft.provenance | dict.fromkeys(changed, source)
    written = session.connection().execute(
        update(ProfileDraft)
        .where(col(ProfileDraft.id) == draft.id, col(ProfileDraft.version) == version)
        .values(
            values=merged,
            provenance=provenance,
            version=version + 1,
            updated_at=now(),
            updated_by_id=actor.user_id,
        )
    )
    session.refresh(draft)
    if written.rowcount != 1:
        raise ChangedMeanwhile(dict(draft.values), draft.version)
    return draft


def missing(values: Values) -> list[str]:
    """Required fields that are empty, in filing order."""
    return [name for name in REQUIRED if values.get(name) in (None, "", [])]


def progress(values: Values) -> tuple[int, int]:
    """(filled, all) fields."""
    return sum(values.get(field.name) not in (None, "", []) for field in FIELDS), len(FIELDS)


def open_findings(values: Values) -> list[Finding]:
    """Plausibility checks that do not hold for stored values."""
    return findings(typed(values), today=today())


def submit(session: Session, actor: Actor, overrides: Mapping[str, str]) -> ProfileSubmission:
    """Freeze the draft and put it before the chain's office. `overrides`: plausibility rule -> the firm's reason.

    Raises NotComplete (field -> `required` or `unparsed`; rule -> `override_needed`), AlreadyExists while another
    submission waits.
    """
    require(actor, Permission.SUBMIT_PROFILE)
    assert actor.organization_id is not None
    draft = draft_of(session, actor.organization_id)
    problems = dict.fromkeys(missing(draft.values), "required") | dict.fromkeys(
        draft.values.get(UNPARSED, {}), "unparsed"
    )
    for finding in open_findings(draft.values):
        if not overrides.get(finding.rule, "").strip():
            problems[finding.rule.value] = "override_needed"
    if problems:
        raise NotComplete(problems)
    if pending(session, actor.organization_id) is not None:
        raise AlreadyExists("submission")
    submission = ProfileSubmission(
        organization_id=actor.organization_id,
        chain_id=draft.values["chain_id"],
        values={name: value for name, value in draft.values.items() if name in BY_NAME},
        overrides={finding.rule.value: overrides[finding.rule] for finding in open_findings(draft.values)},
        submitted_by_id=actor.user_id or 0,
    )
    session.add(submission)
    session.flush()
    placements.file(session, actor, submission)
    _record(session, actor, "profile_submission_submitted", submission)
    return submission


def pending(session: Session, organization_id: int) -> ProfileSubmission | None:
    """The submission that waits for the office."""
    return session.exec(
        select(ProfileSubmission).where(
            ProfileSubmission.organization_id == organization_id,
            ProfileSubmission.status == SubmissionStatus.SUBMITTED,
        )
    ).first()


def withdraw(session: Session, actor: Actor, submission: ProfileSubmission) -> None:
    """submitted -> withdrawn, by the firm."""
    require(actor, Permission.SUBMIT_PROFILE)
    if submission.organization_id != actor.organization_id:
        raise NotAllowed("withdraw_submission")
    advance(session, actor, SUBMISSION, submission, SubmissionStatus.WITHDRAWN, chain_id=submission.chain_id)
    placements.unfile(session, actor, submission)


def verify(session: Session, actor: Actor, submission: ProfileSubmission) -> None:
    """submitted -> verified: the values become the firm's verified profile and its postings are recommended anew."""
    require(actor, Permission.VERIFY_PROFILES)
    _decide(session, actor, submission, SubmissionStatus.VERIFIED)
    profile = _profile_of(session, submission.organization_id) or FirmProfile(
        organization_id=submission.organization_id
    )
    values = typed(submission.values)
    moment, on = now(), today().isoformat()
    for field in FIELDS:
        value = values.get(field.name)
        setattr(profile, field.name, [] if value is None and field.kind is FieldKind.CODES else value)
    source = {"source": Provenance.VERIFIED.value, "on": on, "by": actor.name}
    profile.provenance = dict.fromkeys(values, source)
    profile.verified_at, profile.verified_by_id, profile.confirmed_current_at = moment, actor.user_id, moment
    organization = session.get_one(Organization, submission.organization_id)
    organization.chain_id, organization.region_code = profile.chain_id, profile.region_code
    session.add_all((profile, organization))
    session.flush()
    placements.follow_profile(session, actor, profile)
    _tell(session, organization, "profile_verified")
    refresh_for_organization(session, submission.organization_id, today=today())


def return_with_notes(
    session: Session, actor: Actor, submission: ProfileSubmission, notes: Mapping[Section, str]
) -> None:
    """submitted -> returned, saying for each section what is to be put right. Raises NotComplete without any note."""
    require(actor, Permission.VERIFY_PROFILES)
    written = {section.value: text.strip()[:1000] for section, text in notes.items() if text.strip()}
    if not written:
        raise NotComplete({"notes": "required"})
    _decide(session, actor, submission, SubmissionStatus.RETURNED, notes=written)
    _tell(session, session.get_one(Organization, submission.organization_id), "profile_returned")


def confirm_current(session: Session, actor: Actor) -> None:
    """The firm says that what was verified is still right. Raises NotComplete before the first verification."""
    require(actor, Permission.FILE_PROFILE)
    profile = _profile_of(session, actor.organization_id or 0)
    if profile is None or profile.verified_at is None:
        raise NotComplete({"profile": "not_verified"})
    profile.confirmed_current_at = now()
    session.add(profile)
    record(
        session, actor, "profile_confirmed_current", subject_kind="firm_profile", subject_id=profile.id or 0,
        chain_id=profile.chain_id,
    )  # fmt: skip
    session.flush()


def add_certificate(session: Session, actor: Actor, *, code: str, number: str, expires_on: date | None) -> Certificate:
    """A certificate the firm holds; the engine reads it until its last day. Its postings are recommended anew."""
    require(actor, Permission.FILE_PROFILE)
    assert actor.organization_id is not None
    certificate = Certificate(
        organization_id=actor.organization_id, code=code, number=number.strip(), expires_on=expires_on
    )
    session.add(certificate)
    session.flush()
    _record_certificate(session, actor, "certificate_added", certificate)
    refresh_for_organization(session, actor.organization_id, today=today())
    return certificate


def remove_certificate(session: Session, actor: Actor, certificate: Certificate) -> None:
    """Take a certificate of the own firm away."""
    require(actor, Permission.FILE_PROFILE)
    if certificate.organization_id != actor.organization_id:
        raise NotAllowed("remove_certificate")
    session.delete(certificate)
    session.flush()
    _record_certificate(session, actor, "certificate_removed", certificate)
    refresh_for_organization(session, certificate.organization_id, today=today())


def _record_certificate(session: Session, actor: Actor, action: str, certificate: Certificate) -> None:
    assert certificate.id is not None
    record(
        session, actor, action, subject_kind="certificate", subject_id=certificate.id, new={"code": certificate.code},
        visible_to_organization_id=certificate.organization_id,
    )  # fmt: skip


def link_fits_chain(session: Session, chain_id: int | None, chain_link_id: int | None) -> bool:
    """Whether a link that is not retired belongs to a chain; no link fits any."""
    if chain_link_id is None:
        return True
    link = session.get(ChainLink, chain_link_id)
    return link is not None and link.chain_id == chain_id and link.status is LinkStatus.ACTIVE


def _decide(
    session: Session, actor: Actor, submission: ProfileSubmission, target: SubmissionStatus, **evidence: Any
) -> None:
    require_free(session, actor, (submission.organization_id,), chain_id=submission.chain_id)
    advance(
        session,
        actor,
        SUBMISSION,
        submission,
        target,
        chain_id=submission.chain_id,
        visible_to_organization_id=submission.organization_id,
        decided_at=now(),
        decided_by_id=actor.user_id,
        **evidence,
    )


def _profile_of(session: Session, organization_id: int) -> FirmProfile | None:
    return session.exec(select(FirmProfile).where(FirmProfile.organization_id == organization_id)).first()


def _tell(session: Session, organization: Organization, template: str) -> None:
    assert organization.id is not None
    queue_to_members(session, (organization.id,), template=template, values={"organization": organization.legal_name})


def _record(session: Session, actor: Actor, action: str, submission: ProfileSubmission) -> None:
    record(
        session,
        actor,
        action,
        subject_kind=SUBMISSION.noun,
        subject_id=submission.id or 0,
        new={"status": submission.status.value},
        chain_id=submission.chain_id,
    )
