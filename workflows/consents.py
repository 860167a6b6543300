"""A firm lets one counterpart read named parts of its dossier for one purpose, until a day, or takes it back.

Each change is a new version; what an official confirms rests on one version, which his UPDATE names.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta

from sqlalchemy import ColumnElement, exists, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from access import parties
from access.actor import Actor
from access.permissions import Permission
from access.rules import NotAllowed, is_counterpart, is_own, require, require_rule
from models.base import now
from models.organization import Organization
from models.pairing import Consent, Pairing
from vocabulary.classifications import PURPOSE_OF_MARKET, ConsentPurpose
from vocabulary.consents import LONGEST_DAYS, consented_sections
from vocabulary.lifecycles import RELEASED_PAIRING, OrganizationStatus
from vocabulary.profile_fields import Section
from vocabulary.roles import OrganizationKind
from workflows import releases
from workflows.audit import record
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete, StepNotAllowed
from workflows.notifications import queue_to_members
from workflows.pairings import decides_for_chain

_READERS: dict[ConsentPurpose, tuple[OrganizationKind, ...]] = {
    ConsentPurpose.CREDIT_REVIEW: (OrganizationKind.BANK,),
    ConsentPurpose.SUPPLIER_REVIEW: (OrganizationKind.BUYER, OrganizationKind.ENTERPRISE),
}


def give(
    session: Session,
    actor: Actor,
    *,
    counterpart_id: int,
    purpose: ConsentPurpose,
    sections: Sequence[str],
    ends_on: date,
    documents: Sequence[str] = (),
) -> Consent:
    """The first or the next version of the consent for one counterpart and purpose; it replaces the one before.

    `documents` are public ids of own recognitions. Cases already introduced are released anew under it. Raises
    NotComplete with the fields that are wrong, AlreadyExists if somebody else was first.
    """
    require(actor, Permission.GIVE_CONSENT)
    check(session, actor, counterpart_id=counterpart_id, purpose=purpose, sections=sections, ends_on=ends_on,
          documents=documents)  # fmt: skip
    firm_id = actor.organization_id or 0
    version = _last_version(session, firm_id, counterpart_id, purpose) + 1
    earlier = _not_withdrawn(session, firm_id, counterpart_id, purpose)
    if earlier is not None:
        _end(session, actor, earlier, replaced_by=version)
    consent = Consent(
        organization_id=firm_id,
        counterpart_id=counterpart_id,
        purpose=purpose,
        version=version,
        sections=[section.value for section in consented_sections(purpose, sections)],
        documents=list(dict.fromkeys(documents)),
        given_by_id=actor.user_id or 0,
        ends_on=ends_on,
    )
    try:
        with session.begin_nested():
            session.add(consent)
            session.flush()
    except IntegrityError as error:
        raise AlreadyExists("counterpart_id") from error
    _record(session, actor, "consent_given", consent)
    for pairing in _released_pairings(session, consent):
        releases.freeze(session, pairing, consent)
    return consent


def withdraw(session: Session, actor: Actor, consent: Consent) -> None:
    """End a consent at once: the very next reading is refused, and a counterpart that could read is told."""
    require(actor, Permission.GIVE_CONSENT)
    require_rule(actor, is_own, consent, "withdraw_consent")
    if not _end(session, actor, consent):
        return
    _record(session, actor, "consent_withdrawn", consent)
    if _released_pairings(session, consent):
        queue_to_members(
            session,
            (consent.counterpart_id,),
            template="consent_withdrawn",
            values={"firm": actor.organization_name},
        )


def request(session: Session, actor: Actor, pairing: Pairing) -> None:
    """Ask the firm, by mail to its people, for the consent that this pairing needs."""
    if not is_counterpart(actor, pairing):
        require(actor, Permission.DECIDE_PAIRINGS)
        require_rule(actor, decides_for_chain, pairing, "request_consent")
    firm_id = parties.firm_id(pairing)
    counterpart = session.get_one(Organization, parties.counterpart_id(pairing))
    queue_to_members(
        session,
        (firm_id,),
        template="consent_requested",
        values={"counterpart": counterpart.legal_name},
        pairing_id=pairing.id,
    )
    record(
        session,
        actor,
        "consent_requested",
        subject_kind="pairing",
        subject_id=pairing.id or 0,
        chain_id=pairing.chain_id,
        visible_to_organization_id=firm_id,
    )


def for_pairing(session: Session, pairing: Pairing, on: date) -> Consent | None:
    """The consent that lets a pairing's counterpart read on a day."""
    return session.exec(_in_force(pairing, on)).first()


def required_for(session: Session, pairing: Pairing) -> Consent:
    """The consent in force today, held until the transaction ends: a withdrawal waits, or was first.

    Raises NotComplete without one.
    """
    consent = session.exec(
        _in_force(pairing, today()).with_for_update(read=True), execution_options={"populate_existing": True}
    ).first()
    if consent is None:
        raise NotComplete({"consent": "missing"})
    return consent


@contextmanager
def resting_on(pairing: Pairing, consent: Consent) -> Iterator[ColumnElement[bool]]:
    """The condition for a conditional UPDATE that rests on this version of the consent.

    Raises NotComplete if the step was refused though nobody else took one: then the consent is no longer in force.
    """
    seen = pairing.status
    try:
        yield exists().where(col(Consent.id) == consent.id, parties.consent_in_force(today()))
    except StepNotAllowed as refused:
        if refused.current is seen:
            raise NotComplete({"consent": "missing"}) from refused
        raise


def check(
    session: Session,
    actor: Actor,
    *,
    counterpart_id: int,
    purpose: ConsentPurpose,
    sections: Sequence[str],
    ends_on: date,
    documents: Sequence[str] = (),
) -> None:
    """Raise NotComplete with what is wrong: a documents' problem is `cannot_be_marked:` and the title's kind."""
    if actor.organization_kind is not OrganizationKind.ENTERPRISE:
        raise NotAllowed("give_consent")
    counterpart = session.get(Organization, counterpart_id)
    problems = {}
    if (
        counterpart is None
        or counterpart.id == actor.organization_id
        or counterpart.kind not in _READERS[purpose]
        or counterpart.status is not OrganizationStatus.VERIFIED
    ):
        problems["counterpart_id"] = "not_a_reader"
    if not sections:
        problems["sections"] = "required"
    elif not set(sections) <= {section.value for section in Section}:
        problems["sections"] = "unknown"
    if ends_on < today():
        problems["ends_on"] = "in_past"
    elif ends_on > today() + timedelta(days=LONGEST_DAYS):
        problems["ends_on"] = "too_late"
    if problem := releases.documents_problem(session, actor.organization_id or 0, documents):
        problems["documents"] = problem
    if problems:
        raise NotComplete(problems)


def _in_force(pairing: Pairing, on: date) -> SelectOfScalar[Consent]:
    return select(Consent).where(
        Consent.organization_id == parties.firm_id(pairing),
        Consent.counterpart_id == parties.counterpart_id(pairing),
        Consent.purpose == PURPOSE_OF_MARKET[pairing.market],
        parties.consent_in_force(on),
    )


def _last_version(session: Session, organization_id: int, counterpart_id: int, purpose: ConsentPurpose) -> int:
    last = select(func.max(Consent.version)).where(
        Consent.organization_id == organization_id,
        Consent.counterpart_id == counterpart_id,
        Consent.purpose == purpose,
    )
    return session.exec(last).one() or 0


def _not_withdrawn(
    session: Session, organization_id: int, counterpart_id: int, purpose: ConsentPurpose
) -> Consent | None:
    return session.exec(
        select(Consent).where(
            Consent.organization_id == organization_id,
            Consent.counterpart_id == counterpart_id,
            Consent.purpose == purpose,
            col(Consent.withdrawn_at).is_(None),
        )
    ).first()


def _end(session: Session, actor: Actor, consent: Consent, *, replaced_by: int | None = None) -> bool:
    """Mark a consent as withdrawn or replaced; False if it was already."""
    ended = session.connection().execute(
        update(Consent)
        .where(col(Consent.id) == consent.id, col(Consent.withdrawn_at).is_(None))
        .values(withdrawn_at=now(), withdrawn_by_id=actor.user_id, replaced_by_version=replaced_by)
    )
    session.refresh(consent)
    return ended.rowcount == 1


def _released_pairings(session: Session, consent: Consent) -> Sequence[Pairing]:
    """Introduced cases that are read under this consent's counterpart and purpose."""
    markets = [market for market, purpose in PURPOSE_OF_MARKET.items() if purpose is consent.purpose]
    return session.exec(
        select(Pairing).where(
            parties.firm_column() == consent.organization_id,
            parties.counterpart_column() == consent.counterpart_id,
            col(Pairing.market).in_(markets),
            col(Pairing.status).in_(RELEASED_PAIRING),
        )
    ).all()


def _record(session: Session, actor: Actor, action: str, consent: Consent) -> None:
    record(
        session,
        actor,
        action,
        subject_kind="consent",
        subject_id=consent.id or 0,
        new={
            "counterpart_id": consent.counterpart_id,
            "purpose": consent.purpose.value,
            "version": consent.version,
            "sections": consent.sections,
            "n_documents": len(consent.documents),
            "ends_on": consent.ends_on.isoformat(),
        },
        visible_to_organization_id=consent.organization_id,
    )
