"""What came of an introduced pairing: dated steps up the ladder of its market, and corrections of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from access import parties
from access.actor import Actor
from access.case_steps import is_latest
from access.permissions import Permission
from access.rules import NotAllowed, require
from models.loan_product import LoanProductVersion
from models.pairing import CaseStep, Pairing
from vocabulary.classifications import AMOUNT_REQUIRED, LADDERS, CaseStepKind
from vocabulary.lifecycles import PAIRING, RELEASED_PAIRING, PairingStatus
from vocabulary.money import MAX_FEN
from vocabulary.units import Unit
from workflows import clocks, evidence
from workflows.audit import record
from workflows.calendar import city_day, today
from workflows.errors import AlreadyExists, NotComplete
from workflows.files import Upload
from workflows.transitions import advance, require_step
from workflows.turns import take_turn

_S, _K = PairingStatus, CaseStepKind
_PATH = (_S.INTRODUCED, _S.IN_PROGRESS, _S.AGREED, _S.FULFILLED)
_REACHES = {
    _K.CREDIT_GRANTED: _S.AGREED,
    _K.TRIAL_ORDER: _S.AGREED,
    _K.FRAME_AGREEMENT: _S.AGREED,
    _K.DISBURSED: _S.FULFILLED,
    _K.RENEWED: _S.FULFILLED,
    _K.VOLUME_ORDER: _S.FULFILLED,
}


@dataclass(frozen=True)
class KindTotal:
    """How many steps of one kind, and the sum of the amounts they state. Sums of two kinds are never added."""

    n_steps: int
    amount_fen: int


def record_step(
    session: Session,
    actor: Actor,
    pairing: Pairing,
    *,
    kind: CaseStepKind,
    happened_on: date,
    amount_fen: int | None = None,
    quantity_milli: int | None = None,
    unit: str | None = None,
    note: str = "",
    skipped_reason: str = "",
    next_step_due_on: date | None = None,
    documents: Sequence[Upload] = (),
) -> CaseStep:
    """Record one step with its documents, move the pairing as far as the step reaches, and wind its clock.

    A kind may come again (a second disbursement), not after a later one. Raises NotComplete with the fields that are
    wrong, StepNotAllowed if the case was not introduced or has ended.
    """
    require_may_record(actor, pairing)
    take_turn(session, Pairing, pairing.id)  # no step after the end of a case
    if pairing.status not in RELEASED_PAIRING:
        require_step(session, PAIRING, pairing, _S.FULFILLED)
    step = CaseStep(
        pairing_id=pairing.id or 0,
        kind=kind,
        happened_on=happened_on,
        amount_fen=amount_fen,
        quantity_milli=quantity_milli,
        unit=unit,
        note=note,
        skipped_reason=skipped_reason.strip(),
        next_step_due_on=next_step_due_on,
        recorded_by_id=actor.user_id or 0,
    )
    problems = (
        _ladder_problems(session, pairing, step)
        | _value_problems(session, pairing, step)
        | evidence.problems(session, actor, documents)
    )
    if problems:
        raise NotComplete(problems)
    session.add(step)
    session.flush()
    evidence.attach(session, actor, step, documents)
    _record(session, actor, pairing, "case_step_recorded", step)
    _move(session, actor, pairing, _REACHES.get(kind, _S.IN_PROGRESS))
    clocks.set_due(session, pairing)
    return step


def correct_step(
    session: Session,
    actor: Actor,
    step: CaseStep,
    *,
    happened_on: date,
    amount_fen: int | None = None,
    quantity_milli: int | None = None,
    unit: str | None = None,
    note: str = "",
    next_step_due_on: date | None = None,
    is_void: bool = False,
    documents: Sequence[Upload] = (),
    dropped: Sequence[str] = (),
) -> CaseStep:
    """A new version of a step, of the same kind, naming the one it replaces; a void one counts nowhere.

    It keeps the documents of the old version but those `dropped` (public ids), and takes `documents` in addition.
    The pairing's status stays. Raises AlreadyExists if the step was corrected before: correct the newer version.
    """
    pairing: Pairing = take_turn(session, Pairing, step.pairing_id)
    require_may_record(actor, pairing)
    correction = CaseStep(
        pairing_id=step.pairing_id,
        kind=step.kind,
        happened_on=happened_on,
        amount_fen=amount_fen,
        quantity_milli=quantity_milli,
        unit=unit,
        note=note,
        skipped_reason=step.skipped_reason,
        next_step_due_on=next_step_due_on,
        recorded_by_id=actor.user_id or 0,
        corrects_id=step.id,
        is_void=is_void,
    )
    kept = [] if is_void else evidence.kept(session, step, dropped)
    problems = (
        {}
        if is_void
        else _value_problems(session, pairing, correction) | evidence.problems(session, actor, documents, len(kept))
    )
    if problems:
        raise NotComplete(problems)
    try:
        with session.begin_nested():
            session.add(correction)
            session.flush()
    except IntegrityError as error:
        raise AlreadyExists("corrects_id") from error
    if not is_void:
        evidence.carry_over(session, correction, kept)
        evidence.attach(session, actor, correction, documents)
    clocks.set_due(session, pairing)
    _record(session, actor, pairing, "case_step_voided" if is_void else "case_step_corrected", correction)
    return correction


def totals(session: Session, chain_id: int | None) -> dict[CaseStepKind, KindTotal]:
    """Counts and sums per kind over the latest versions of all steps, of one chain or of all."""
    statement = (
        select(CaseStep.kind, func.count(), func.coalesce(func.sum(CaseStep.amount_fen), 0))
        .join(Pairing, col(Pairing.id) == col(CaseStep.pairing_id))
        .where(*is_latest())
        .group_by(CaseStep.kind)
    )
    if chain_id is not None:
        statement = statement.where(Pairing.chain_id == chain_id)
    return {
        CaseStepKind(kind): KindTotal(n_steps, int(amount or 0))
        for kind, n_steps, amount in session.exec(statement).all()
    }


def require_may_record(actor: Actor, pairing: Pairing) -> None:
    require(actor, Permission.RECORD_CASE_STEPS)
    if actor.organization_id != parties.counterpart_id(pairing):
        raise NotAllowed("record_case_step")


def _ladder_problems(session: Session, pairing: Pairing, step: CaseStep) -> dict[str, str]:
    ladder = LADDERS[pairing.market]
    if step.kind not in ladder:
        return {"kind": "other_market"}
    kinds = session.exec(select(CaseStep.kind).where(CaseStep.pairing_id == pairing.id, *is_latest())).all()
    reached = max((ladder.index(kind) for kind in kinds), default=-1)
    position = ladder.index(step.kind)
    if position < reached:
        return {"kind": "out_of_order"}
    if position > reached + 1 and not step.skipped_reason:
        return {"skipped_reason": "required"}
    return {}


def _value_problems(session: Session, pairing: Pairing, step: CaseStep) -> dict[str, str]:
    problems = _amount_problems(session, pairing, step)
    introduced_on = city_day(pairing.introduced_at) if pairing.introduced_at else None
    if step.happened_on > today():
        problems["happened_on"] = "in_future"
    elif introduced_on is not None and step.happened_on < introduced_on:
        problems["happened_on"] = "before_introduction"
    elif misplaced := _misplaced(session, pairing, step):
        problems["happened_on"] = misplaced
    if step.quantity_milli is not None and step.quantity_milli <= 0:
        problems["quantity_milli"] = "not_positive"
    if (step.quantity_milli is None) != (step.unit is None):
        problems["unit"] = "needs_quantity" if step.unit else "required"
    elif step.unit is not None and step.unit not in set(Unit):
        problems["unit"] = "unknown"
    if step.next_step_due_on is not None and step.next_step_due_on < step.happened_on:
        problems["next_step_due_on"] = "before_step"
    return problems


def _misplaced(session: Session, pairing: Pairing, step: CaseStep) -> str | None:
    """`before_kind:visit` for a decision dated before the visit, `after_kind:…` for the reverse; None if in order."""
    ladder = LADDERS[pairing.market]
    if step.kind not in ladder:
        return None
    others = session.exec(
        select(col(CaseStep.kind), col(CaseStep.happened_on)).where(
            CaseStep.pairing_id == pairing.id, *is_latest(), col(CaseStep.id).is_distinct_from(step.corrects_id)
        )
    ).all()
    position = ladder.index(step.kind)
    for kind, happened_on in sorted(others, key=lambda other: ladder.index(other[0]), reverse=True):
        if ladder.index(kind) < position and happened_on > step.happened_on:
            return f"before_kind:{kind.value}"
        if ladder.index(kind) > position and happened_on < step.happened_on:
            return f"after_kind:{kind.value}"
    return None


def _amount_problems(session: Session, pairing: Pairing, step: CaseStep) -> dict[str, str]:
    amount = step.amount_fen
    if amount is None:
        return {"amount_fen": "required"} if step.kind in AMOUNT_REQUIRED else {}
    if not 0 < amount <= MAX_FEN:
        return {"amount_fen": "out_of_range"}
    if step.kind is _K.CREDIT_GRANTED:
        most = session.exec(
            select(func.max(LoanProductVersion.max_amount_fen)).where(LoanProductVersion.supply_id == pairing.supply_id)
        ).one()
        if most is not None and amount > most:
            return {"amount_fen": "above_product"}
    return {}


def _move(session: Session, actor: Actor, pairing: Pairing, target: PairingStatus) -> None:
    """Walk the path up to the target, one transition each; a pairing that is further stays where it is."""
    for status in _PATH[_PATH.index(pairing.status) + 1 : _PATH.index(target) + 1]:
        advance(session, actor, PAIRING, pairing, status, chain_id=pairing.chain_id)


def _record(session: Session, actor: Actor, pairing: Pairing, action: str, step: CaseStep) -> None:
    record(
        session,
        actor,
        action,
        subject_kind=PAIRING.noun,
        subject_id=pairing.id or 0,
        new={"kind": step.kind.value, "happened_on": step.happened_on.isoformat()},
        reason=step.skipped_reason,
        chain_id=pairing.chain_id,
    )
