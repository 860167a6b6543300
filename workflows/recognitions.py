"""Titles of firms: filed with their days, verified by the office against a source, told of before they end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from access.actor import SYSTEM, Actor
from access.permissions import Permission
from access.rules import NotAllowed, is_city_level, is_of_own_chain, require, require_rule
from models.base import now
from models.organization import Organization
from models.recognition import Recognition
from vocabulary.lifecycles import RECOGNITION, OrganizationStatus, RecognitionStatus
from vocabulary.recognitions import EXPIRES_SOON_DAYS, RecognitionKind, usual_last_day
from workflows.audit import record
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete
from workflows.file_content import PAGES
from workflows.files import Upload, problem_of, store
from workflows.notifications import queue_to_members
from workflows.recommendations import refresh_for_organization
from workflows.recusals import require_free
from workflows.transitions import advance

_S = RecognitionStatus
handles = is_of_own_chain | is_city_level
"""Over the firm's organization: the office of its chain and the joint office."""


@dataclass(frozen=True)
class RecognitionFacts:
    """What is filed; without a last day the usual validity of the title counts."""

    kind: RecognitionKind
    issuer: str
    number: str
    issued_on: date
    expires_on: date | None = None

    def problems(self, on: date) -> dict[str, str]:
        """Field -> what is wrong."""
        wrong = {} if self.issuer.strip() else {"issuer": "required"}
        if self.issued_on > on:
            wrong["issued_on"] = "in_future"
        if self.expires_on is not None and self.expires_on < self.issued_on:
            wrong["expires_on"] = "before_start"
        return wrong


def file(session: Session, actor: Actor, facts: RecognitionFacts, documents: Sequence[Upload] = ()) -> Recognition:
    """A firm files a title with its certificate, for its office to verify.

    Raises NotComplete by field (`documents` as `workflows.files.problem_of` says), AlreadyExists while one of the same
    kind waits.
    """
    require(actor, Permission.FILE_PROFILE)
    assert actor.organization_id is not None
    problems = facts.problems(today())
    problem = problem_of(session, actor, documents, kinds=PAGES)
    if problem:
        problems["documents"] = problem
    if problems:
        raise NotComplete(problems)
    file_id = store(session, actor, documents[0]).id if documents else None
    return _add(session, actor, actor.organization_id, facts, file_id)


def enter(session: Session, actor: Actor, firm: Organization, facts: RecognitionFacts, *, ground: str) -> Recognition:
    """The office enters a title from a published list: filed and verified in one act. Raises as `file` and `verify`."""
    require(actor, Permission.VERIFY_PROFILES)
    require_rule(actor, handles, firm, "enter_recognition")
    problems = facts.problems(today())
    if not ground.strip():
        problems["ground"] = "required"
    if problems:
        raise NotComplete(problems)
    row = _add(session, actor, firm.id or 0, facts, None)
    verify(session, actor, row, ground=ground)
    return row


def withdraw(session: Session, actor: Actor, row: Recognition) -> None:
    """filed -> withdrawn, by the firm."""
    require(actor, Permission.FILE_PROFILE)
    if row.organization_id != actor.organization_id:
        raise NotAllowed("withdraw_recognition")
    advance(session, actor, RECOGNITION, row, _S.WITHDRAWN, visible_to_organization_id=row.organization_id)


def verify(session: Session, actor: Actor, row: Recognition, *, ground: str) -> None:
    """filed -> verified, saying what it was compared with. From now on it counts; the firm is recommended anew."""
    _decide(session, actor, row, _S.VERIFIED, ground)


def refuse(session: Session, actor: Actor, row: Recognition, *, ground: str) -> None:
    """filed -> refused, saying why. The firm is told."""
    _decide(session, actor, row, _S.REFUSED, ground)


def revoke(session: Session, actor: Actor, row: Recognition, *, reason: str) -> None:
    """verified -> revoked: the authority took the title back, or it was verified by mistake. It counts no more."""
    firm = _require_handles(session, actor, row)
    if not reason.strip():
        raise NotComplete({"reason": "required"})
    advance(
        session, actor, RECOGNITION, row, _S.REVOKED, reason=reason, chain_id=firm.chain_id,
        visible_to_organization_id=firm.id, revoked_reason=reason.strip()[:500],
    )  # fmt: skip
    _tell(session, row, "recognition_decided", decision=_S.REVOKED.value)
    refresh_for_organization(session, row.organization_id, today=today())


def tell_due(session: Session, on: date) -> int:
    """Tell firms of titles that end soon, and of those that have ended; each once. Returns how many were told.

    A title that was renewed is not told of. Whatever recommends reads the day, so nothing is recommended anew here: the
    night's run over both markets follows.
    """
    soon = (col(Recognition.expires_on) >= on, col(Recognition.told_expiring_at).is_(None))
    over = (col(Recognition.expires_on) < on, col(Recognition.told_expired_at).is_(None))
    n = 0
    for conditions, column in ((soon, "told_expiring_at"), (over, "told_expired_at")):
        rows = session.exec(
            select(Recognition)
            .join(Organization, col(Organization.id) == Recognition.organization_id)
            .where(
                *conditions,
                Recognition.status == _S.VERIFIED,
                col(Recognition.expires_on) <= on + timedelta(days=EXPIRES_SOON_DAYS),
                Organization.status == OrganizationStatus.VERIFIED,
            )
            .order_by(col(Recognition.id))
        ).all()
        for row in rows:
            if _mark_told(session, row, column):
                n += _tell_end(session, row, on)
    return n


def _tell_end(session: Session, row: Recognition, on: date) -> bool:
    """Tell one firm, unless it holds the same title for longer already."""
    is_over = row.expires_on < on
    renewed = select(Recognition.id).where(
        Recognition.organization_id == row.organization_id,
        Recognition.kind == row.kind,
        Recognition.status == _S.VERIFIED,
        Recognition.expires_on > row.expires_on,
    )
    if session.exec(renewed).first() is not None:
        return False
    record(
        session, SYSTEM, "recognition_expired" if is_over else "recognition_expiring", subject_kind=RECOGNITION.noun,
        subject_id=row.id or 0, new={"expires_on": row.expires_on.isoformat()},
        chain_id=session.get_one(Organization, row.organization_id).chain_id,
        visible_to_organization_id=row.organization_id,
    )  # fmt: skip
    _tell(session, row, "recognition_due", is_over=is_over)
    return True


def _mark_told(session: Session, row: Recognition, column: str) -> bool:
    """Whether this is the first time: two clocks at once tell a firm once."""
    session.flush()
    table = Recognition.__table__  # type: ignore[attr-defined]
    written = session.connection().execute(
        update(table).where(table.c.id == row.id, table.c[column].is_(None)).values({column: now()})
    )
    session.refresh(row)
    return written.rowcount == 1


def _add(session: Session, actor: Actor, firm_id: int, facts: RecognitionFacts, file_id: int | None) -> Recognition:
    waiting = select(Recognition.id).where(
        Recognition.organization_id == firm_id, Recognition.kind == facts.kind, Recognition.status == _S.FILED
    )
    if session.exec(waiting).first() is not None:
        raise AlreadyExists("recognition")
    row = Recognition(
        organization_id=firm_id, kind=facts.kind, issuer=facts.issuer.strip(), number=facts.number.strip(),
        issued_on=facts.issued_on, expires_on=facts.expires_on or usual_last_day(facts.kind, facts.issued_on),
        file_id=file_id, filed_by_id=actor.user_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    record(
        session, actor, "recognition_filed", subject_kind=RECOGNITION.noun, subject_id=row.id or 0,
        new={"kind": row.kind.value, "issued_on": row.issued_on.isoformat(), "expires_on": row.expires_on.isoformat()},
        chain_id=session.get_one(Organization, firm_id).chain_id, visible_to_organization_id=firm_id,
    )  # fmt: skip
    return row


def _decide(session: Session, actor: Actor, row: Recognition, target: RecognitionStatus, ground: str) -> None:
    firm = _require_handles(session, actor, row)
    if not ground.strip():
        raise NotComplete({"ground": "required"})
    advance(
        session, actor, RECOGNITION, row, target, reason=ground, chain_id=firm.chain_id,
        visible_to_organization_id=firm.id, decided_at=now(), decided_by_id=actor.user_id, ground=ground.strip()[:500],
    )  # fmt: skip
    _tell(session, row, "recognition_decided", decision=target.value)
    if target is _S.VERIFIED:
        refresh_for_organization(session, row.organization_id, today=today())


def _require_handles(session: Session, actor: Actor, row: Recognition) -> Organization:
    require(actor, Permission.VERIFY_PROFILES)
    firm = session.get_one(Organization, row.organization_id)
    require_rule(actor, handles, firm, "decide_recognition")
    require_free(session, actor, (firm.id or 0,), chain_id=firm.chain_id)
    return firm


def _tell(session: Session, row: Recognition, template: str, **values: Any) -> None:
    firm = session.get_one(Organization, row.organization_id)
    values |= {"organization": firm.legal_name, "kind": row.kind.value, "expires_on": row.expires_on.isoformat()}
    queue_to_members(session, (row.organization_id,), template=template, values=values)
