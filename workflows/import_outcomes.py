"""What came of introduced pairings, out of a table: one step of one case a row, by the number of the case."""

from datetime import date

from sqlmodel import Session, col, select

from access import lookups, parties
from access.actor import Actor
from access.case_steps import is_latest
from access.lookups import NotVisible
from access.rules import NotAllowed
from models.organization import Organization
from models.pairing import CaseStep, Pairing
from vocabulary.classifications import CaseStepKind
from vocabulary.imports import RowKind
from workflows import cases
from workflows import import_columns as columns
from workflows.errors import NotComplete, StepNotAllowed
from workflows.import_rows import RowWriter, Values

_SAID = ("amount_fen", "quantity_milli", "unit", "note", "next_step_due_on")
"""What a row says of a step besides its case, kind and day, by which it is known again."""
_LADDER = list(CaseStepKind)


def _take(session: Session, actor: Actor, values: Values, _today: date) -> RowKind:
    """A new step of a case, or a correction of the one of that kind and day."""
    try:
        pairing = lookups.own_pairing(session, actor, values["case"])
        return _record(session, actor, pairing, values)
    except NotVisible:
        raise NotComplete({"case": "unknown case"}) from None
    except NotAllowed:
        raise NotComplete({"case": "recorded by the other side"}) from None
    except StepNotAllowed:
        raise NotComplete({"case": "case not open"}) from None


def _record(session: Session, actor: Actor, pairing: Pairing, values: Values) -> RowKind:
    cases.require_may_record(actor, pairing)
    if values.get("firm") and values["firm"] not in _names(session, parties.firm_id(pairing)):
        raise NotComplete({"firm": "not the firm of the case"})
    said = {name: values[name] for name in _SAID if values.get(name) is not None}
    known = _known(session, pairing, values)
    if known is None:
        cases.record_step(
            session, actor, pairing, kind=CaseStepKind(values["kind"]), happened_on=values["happened_on"],
            skipped_reason=values.get("skipped_reason") or "", **said,
        )  # fmt: skip
        return RowKind.NEW
    if all(getattr(known, name) == value for name, value in said.items()):
        return RowKind.UNCHANGED
    stored = {name: getattr(known, name) for name in _SAID}
    cases.correct_step(session, actor, known, happened_on=known.happened_on, **stored | said)
    return RowKind.CHANGED


def _names(session: Session, firm_id: int) -> set[str]:
    firm = session.get_one(Organization, firm_id)
    return {firm.legal_name, firm.short_name}


def _known(session: Session, pairing: Pairing, values: Values) -> CaseStep | None:
    """The step of this kind and day that counts. Raises NotComplete where there are several, or it was made void."""
    of_day = (
        CaseStep.pairing_id == pairing.id,
        CaseStep.kind == values["kind"],
        CaseStep.happened_on == values["happened_on"],
    )
    found = session.exec(select(CaseStep).where(*of_day, *is_latest())).all()
    if len(found) > 1:
        raise NotComplete({"happened_on": "several of this day"})
    if found:
        return found[0]
    if session.exec(select(CaseStep.id).where(*of_day, col(CaseStep.is_void).is_(True))).first() is not None:
        raise NotComplete({"kind": "made void"})
    return None


OUTCOMES = RowWriter(
    columns=columns.OUTCOME,
    required=("case", "kind", "happened_on"),
    readers=columns.outcome,
    key=("case", "kind", "happened_on"),
    take=_take,
    order=lambda values: (values["happened_on"], _LADDER.index(values["kind"])),
)
