"""How far a case has come, as both sides and the office read it: steps, documents, sums, who was told, who had it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from access.actor import Actor
from access.case_steps import is_latest
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import may
from access.scopes import in_chain
from models.audit_event import AuditEvent
from models.organization import User
from models.pairing import CaseEvidence, CaseReminder, CaseStep, Pairing
from models.stored_file import StoredFile
from vocabulary.case_clocks import ClockStage, ReminderLevel
from vocabulary.classifications import LADDERS, CaseStepKind
from vocabulary.lifecycles import RELEASED_PAIRING, PairingStatus

TOLD_SIDES = RELEASED_PAIRING | {PairingStatus.DECLINED}
"""Statuses in which the two sides read the steps and their documents."""
HAND_OVERS = ("pairing_handler_named", "case_handed_over", "case_followed")


@dataclass(frozen=True)
class DocumentLine:
    """A document, without its content."""

    public_id: str
    name: str
    media_type: str
    n_bytes: int


@dataclass(frozen=True)
class Document:
    """A document to open, and the step it shows."""

    line: DocumentLine
    content: bytes
    kind: CaseStepKind
    happened_on: date


@dataclass(frozen=True)
class StepLine:
    """One recorded step; `is_replaced` if a newer row corrects it. Documents of a step that no longer counts are kept
    from everybody."""

    public_id: str
    kind: CaseStepKind
    happened_on: date
    amount_fen: int | None
    quantity_milli: int | None
    unit: str | None
    note: str
    skipped_reason: str
    next_step_due_on: date | None
    recorded_by: str
    is_replaced: bool
    is_void: bool
    documents: tuple[DocumentLine, ...] = ()

    @property
    def counts(self) -> bool:
        return not (self.is_replaced or self.is_void)


@dataclass(frozen=True)
class ReminderLine:
    at: datetime
    level: ReminderLevel
    stage: ClockStage
    due_on: date


@dataclass(frozen=True)
class HandOverLine:
    at: datetime
    by: str
    action: str
    text: str


@dataclass(frozen=True)
class Progress:
    """`sums` holds one figure for each kind of step that states amounts; figures of two kinds are never added."""

    steps: list[StepLine]
    sums: dict[CaseStepKind, int]
    reminders: list[ReminderLine]
    hand_overs: list[HandOverLine]


def progress(session: Session, pairing: Pairing, *, for_office: bool) -> Progress:
    """What a reader who may see the case's steps reads; the caller has made sure of that.

    Who followed the case at the office, and the office's words about it, are for the office only.
    """
    steps = steps_of(session, pairing)
    hand_overs = _hand_overs(session, pairing, for_office=for_office)
    return Progress(steps, sums_of(pairing, steps), _reminders(session, pairing), hand_overs)


def steps_of(session: Session, pairing: Pairing) -> list[StepLine]:
    rows = session.execute(
        select_columns(CaseStep, col(User.full_name))
        .join(User, col(User.id) == col(CaseStep.recorded_by_id))
        .where(col(CaseStep.pairing_id) == pairing.id)
        .order_by(col(CaseStep.happened_on), col(CaseStep.id))
    ).all()
    replaced = {step.corrects_id for step, _who in rows}
    documents = _documents(session, pairing)
    return [
        StepLine(
            step.public_id, step.kind, step.happened_on, step.amount_fen, step.quantity_milli, step.unit, step.note,
            step.skipped_reason, step.next_step_due_on, who, step.id in replaced, step.is_void,
            documents.get(step.id, ()),
        )
        for step, who in rows
    ]  # fmt: skip


def sums_of(pairing: Pairing, steps: list[StepLine]) -> dict[CaseStepKind, int]:
    """One figure per kind, in the order of the ladder."""
    found = {}
    for kind in LADDERS[pairing.market]:
        amounts = [step.amount_fen for step in steps if step.kind is kind and step.counts and step.amount_fen]
        if amounts:
            found[kind] = sum(amounts)
    return found


def document(session: Session, actor: Actor, public_id: str) -> Document:
    """A document of a step that counts, for the two sides and the office of the chain. NotVisible for anybody else."""
    row = session.execute(
        select_columns(StoredFile, CaseStep, Pairing)
        .join(CaseEvidence, col(CaseEvidence.file_id) == col(StoredFile.id))
        .join(CaseStep, col(CaseStep.id) == col(CaseEvidence.step_id))
        .join(Pairing, col(Pairing.id) == col(CaseStep.pairing_id))
        .where(col(StoredFile.public_id) == public_id, *is_latest(), _may_read(actor))
    ).first()
    if row is None:
        raise NotVisible
    file, step, _pairing = row
    line = DocumentLine(file.public_id, file.name, file.media_type, file.n_bytes)
    return Document(line, file.content, step.kind, step.happened_on)


def _may_read(actor: Actor) -> Any:
    """SQL over Pairing: the actor's side was told of the steps, or the office decides for the chain."""
    if may(actor, Permission.DECIDE_PAIRINGS):
        return in_chain(actor, Pairing.chain_id)
    return col(Pairing.status).in_(TOLD_SIDES) & (
        (col(Pairing.demand_organization_id) == actor.organization_id)
        | (col(Pairing.supply_organization_id) == actor.organization_id)
    )


def _documents(session: Session, pairing: Pairing) -> dict[int | None, tuple[DocumentLine, ...]]:
    """Documents by step, for steps that count."""
    rows = session.execute(
        select_columns(
            col(CaseEvidence.step_id),
            col(StoredFile.public_id),
            col(StoredFile.name),
            col(StoredFile.media_type),
            col(StoredFile.n_bytes),
        )
        .join(StoredFile, col(StoredFile.id) == col(CaseEvidence.file_id))
        .join(CaseStep, col(CaseStep.id) == col(CaseEvidence.step_id))
        .where(col(CaseStep.pairing_id) == pairing.id, *is_latest())
        .order_by(col(StoredFile.id))
    ).all()
    found: dict[int | None, tuple[DocumentLine, ...]] = {}
    for step_id, *values in rows:
        found[step_id] = (*found.get(step_id, ()), DocumentLine(*values))
    return found


def _reminders(session: Session, pairing: Pairing) -> list[ReminderLine]:
    rows = session.exec(
        select(CaseReminder).where(CaseReminder.pairing_id == pairing.id).order_by(col(CaseReminder.id).desc())
    ).all()
    return [ReminderLine(row.created_at, row.level, row.stage, row.due_on) for row in rows]


def _hand_overs(session: Session, pairing: Pairing, *, for_office: bool) -> list[HandOverLine]:
    """Who had the case before: the ledger keeps it."""
    statement = select(AuditEvent).where(
        AuditEvent.subject_kind == "pairing",
        AuditEvent.subject_id == pairing.id,
        col(AuditEvent.action).in_(HAND_OVERS),
    )
    if not for_office:
        statement = statement.where(col(AuditEvent.visible_to_organization_id).is_not(None))
    rows = session.exec(statement.order_by(col(AuditEvent.id).desc())).all()
    return [HandOverLine(row.occurred_at, row.actor_name, row.action, row.reason) for row in rows]
