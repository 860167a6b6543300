"""A spreadsheet on its way in: uploaded, checked against rules and rows, and loaded wholly or its good rows.

Nothing but the batch is written before it is loaded, and loading is one transaction: a process that dies leaves all or
nothing. A file loaded again changes nothing: a firm is known by its credit code, else by its name; how a posting or an
outcome is known, its own module says.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from access.actor import Actor
from access.lists.import_batches import PERMISSIONS, last_mapping
from access.rules import require
from access.scopes import is_joint_office
from models.base import now
from models.chain import Chain
from models.firm_profile import FirmProfile
from models.import_batch import ImportBatch
from models.job import Job
from models.organization import Organization
from models.search_term import indexed_once
from vocabulary.classifications import Provenance
from vocabulary.imports import IMPORT_BATCH, ImportNoun, ImportStatus, RowKind
from vocabulary.jobs import JobKind
from vocabulary.plausibility import findings
from vocabulary.roles import OrganizationKind
from workflows import import_postings, jobs
from workflows.audit import record, record_each
from workflows.errors import NotComplete, StepNotAllowed
from workflows.import_outcomes import OUTCOMES
from workflows.import_rows import MOST_ROWS, Found, Reader, RowWriter, Words, take_rows, undone
from workflows.imports import FirmRow, add_firms, chain_codes, profile_values, provenance_of
from workflows.sheet_rows import FIRM_COLUMNS, BadCell, firm_of, firm_readers, rows_of
from workflows.sheets import NoTable, read_sheets, shown
from workflows.transitions import advance, require_step
from workflows.turns import take_turn

REQUIRED = ("legal_name",)
WRITERS: dict[ImportNoun, RowWriter] = {
    ImportNoun.PURCHASE_NEEDS: import_postings.PURCHASE_NEEDS,
    ImportNoun.FINANCING_NEEDS: import_postings.FILED_NEEDS,
    ImportNoun.LOAN_PRODUCTS: import_postings.LOAN_PRODUCTS,
    ImportNoun.OUTCOMES: OUTCOMES,
}
"""What is taken row by row. Firms come in by the thousand, and are written a kind of rows at a time."""
NO_WORDS = Words()
_COLUMN_OF = {
    "revenue_fen": "revenue_wan", "tax_paid_fen": "tax_paid_wan", "registered_capital_fen": "registered_capital_wan",
    "employees": "employees", "founded_on": "founded_on", "main_products": "main_products",
    "introduction": "introduction",
}  # fmt: skip
_AT_ONCE = 500
"""New firms whose rows are held in memory together."""
_OVERWRITTEN = frozenset({Provenance.IMPORTED.value, Provenance.GUESSED.value})
"""Only what came from a file is replaced by a file; what the firm filed or an official verified stands."""


@dataclass
class Plan(Found):
    """What loading firms would do. `changes`: of a known firm the columns that the file says otherwise."""

    new: list[tuple[FirmRow, int | None]] = field(default_factory=list)
    changes: list[tuple[FirmProfile, FirmRow, dict[str, Any]]] = field(default_factory=list)


def columns_of(noun: ImportNoun) -> tuple[str, ...]:
    """Our names of the columns, in the order of the template."""
    return WRITERS[noun].columns if noun in WRITERS else tuple(FIRM_COLUMNS)


def upload(
    session: Session,
    actor: Actor,
    name: str,
    content: bytes,
    *,
    noun: ImportNoun = ImportNoun.FIRMS,
    words: Words = NO_WORDS,
) -> ImportBatch:
    """Put a file beside the product's rows. Raises `workflows.sheets.NoTable` where it cannot be read."""
    require(actor, PERMISSIONS[noun])
    found = read_sheets(name, content)
    if noun in WRITERS and any(len(sheet.rows) > MOST_ROWS + 1 for sheet in found):
        raise NoTable("more than five hundred rows")
    batch = ImportBatch(
        noun=noun,
        organization_id=actor.organization_id or 0,
        chain_id=actor.chain_id,
        file_name=name[-120:],
        sheets=[{"name": sheet.name, "rows": sheet.rows} for sheet in found],
        created_by_name=actor.name,
    )
    batch.mapping = _guess_mapping(session, actor, batch, words)
    session.add(batch)
    session.flush()
    _record(session, actor, "import_uploaded", batch)
    return batch


def _guess_mapping(session: Session, actor: Actor, batch: ImportBatch, words: Words) -> dict[str, str]:
    """The heading of each column: the one of the last time if it is there, else one of those we know."""
    there = [heading.strip() for heading in batch.sheets[batch.sheet]["rows"][0]]
    before, found = last_mapping(session, actor, batch.noun), {}
    for name in columns_of(batch.noun):
        known = FIRM_COLUMNS[name] if batch.noun is ImportNoun.FIRMS else (name,)
        wanted = ([before[name]] if name in before else []) + [*known, *words.headings.get(name, ())]
        heading = next((source for source in wanted if source in there), None)
        if heading is not None:
            found[name] = heading
    return found


def choose_sheet(
    session: Session, actor: Actor, batch: ImportBatch, sheet: int, *, today: date, words: Words = NO_WORDS
) -> None:
    """Take another sheet of the file, columns guessed anew; what was checked before is checked for this one."""
    _take(session, actor, batch, ImportStatus.DROPPED)
    _require_idle(session, batch)
    if not 0 <= sheet < len(batch.sheets):
        raise NotComplete({"sheet": "unknown"})
    batch.sheet = sheet
    batch.mapping = _guess_mapping(session, actor, batch, words)
    session.add(batch)
    if batch.status is ImportStatus.CHECKED:
        _check(session, actor, batch, batch.mapping, today=today, words=words)
    else:
        _record(session, actor, "import_columns_chosen", batch)


def check(
    session: Session,
    actor: Actor,
    batch: ImportBatch,
    mapping: Mapping[str, str],
    *,
    today: date,
    words: Words = NO_WORDS,
) -> Found:
    """The dry run: uploaded or checked -> checked, with the counts and every problem. Writes nothing else."""
    _take(session, actor, batch, ImportStatus.DROPPED)
    _require_idle(session, batch)
    return _check(session, actor, batch, mapping, today=today, words=words)


def check_again(session: Session, actor: Actor, batch: ImportBatch, *, today: date, words: Words = NO_WORDS) -> None:
    """Where loading met what the dry run had not: the counts and problems as they are now."""
    _take(session, actor, batch, ImportStatus.DROPPED)
    _check(session, actor, batch, batch.mapping, today=today, words=words)


def _check(
    session: Session, actor: Actor, batch: ImportBatch, mapping: Mapping[str, str], *, today: date, words: Words
) -> Found:
    headings = {heading.strip() for heading in batch.sheets[batch.sheet]["rows"][0]}
    batch.mapping = {
        name: mapping[name] for name in columns_of(batch.noun) if mapping.get(name) in headings and mapping[name]
    }
    with undone(session):
        found = _taken(session, actor, batch, today, words)
    batch.counts, batch.problems = found.counts(), [_kept(batch, problem) for problem in found.problems]
    session.add(batch)
    session.flush()
    if batch.status is ImportStatus.UPLOADED:
        advance(session, actor, IMPORT_BATCH, batch, ImportStatus.CHECKED, chain_id=batch.chain_id)
    else:
        _record(session, actor, "import_columns_chosen", batch)
    return found


def subject(batch: ImportBatch) -> str:
    """What a job about a table is about."""
    return f"import_batch:{batch.id}"


def ask(session: Session, actor: Actor, batch: ImportBatch, *, is_partial: bool) -> Job:
    """Let a checked table be loaded. Raises NotComplete where rows are bad and not `is_partial`."""
    _take(session, actor, batch, ImportStatus.LOADED)
    if batch.problems and not is_partial:
        raise NotComplete({"rows": "bad"})
    return jobs.ask(
        session, actor, JobKind.IMPORT, subject=subject(batch),
        arguments={"batch_id": batch.id, "is_partial": is_partial},
    )  # fmt: skip


def load(
    session: Session, actor: Actor, batch: ImportBatch, *, is_partial: bool, today: date, words: Words = NO_WORDS
) -> Found:
    """checked -> loaded, by the rows as they are now. Raises NotComplete where rows are bad and not `is_partial`.

    Rows written: organization, firm_profile, supply, product_line of each new firm; the changed columns of known ones
    with their provenance; one audit event for each firm. Of other nouns, what their forms would write.
    """
    _take(session, actor, batch, ImportStatus.LOADED)
    with indexed_once(session), session.begin_nested():
        found = _taken(session, actor, batch, today, words)
        if found.problems and not is_partial:
            raise NotComplete({"rows": "bad"})
    advance(
        session, actor, IMPORT_BATCH, batch, ImportStatus.LOADED, chain_id=batch.chain_id, loaded_at=now(),
        is_partial=bool(found.problems), counts=found.counts(),
        problems=[_kept(batch, problem) for problem in found.problems],
    )  # fmt: skip
    if isinstance(found, Plan):
        _write_firms(session, actor, found, today)
    session.flush()
    return found


def _write_firms(session: Session, actor: Actor, plan: Plan, today: date) -> None:
    for start in range(0, len(plan.new), _AT_ONCE):
        wanted = plan.new[start : start + _AT_ONCE]
        ids = add_firms(session, actor, wanted, verified_at=None, today=today)
        subjects = zip(ids, (chain_id for _row, chain_id in wanted), strict=True)
        record_each(session, actor, "firm_imported", subject_kind="organization", subjects=subjects)
    for profile, row, changed in plan.changes:
        for name, value in changed.items():
            setattr(profile, name, value)
        profile.provenance = profile.provenance | provenance_of(row, changed, actor, today)
        session.add(profile)
        record(
            session, actor, "firm_imported", subject_kind="organization", subject_id=profile.organization_id,
            new={"fields": sorted(changed)}, chain_id=profile.chain_id,
        )  # fmt: skip


def drop(session: Session, actor: Actor, batch: ImportBatch) -> None:
    """uploaded or checked -> dropped; the cells are forgotten."""
    _take(session, actor, batch, ImportStatus.DROPPED)
    _require_idle(session, batch)
    advance(
        session, actor, IMPORT_BATCH, batch, ImportStatus.DROPPED, chain_id=batch.chain_id, sheets=[], problems=[],
    )  # fmt: skip


def _take(session: Session, actor: Actor, batch: ImportBatch, target: ImportStatus) -> None:
    """Take the turn at a file that may still become `target`."""
    require(actor, PERMISSIONS[batch.noun])
    take_turn(session, ImportBatch, batch.id)
    require_step(session, IMPORT_BATCH, batch, target)


def _require_idle(session: Session, batch: ImportBatch) -> None:
    """Raise StepNotAllowed for a file that is being loaded."""
    if jobs.live(session, JobKind.IMPORT, subject(batch)):
        raise StepNotAllowed(noun=IMPORT_BATCH.noun, current=batch.status, wanted=ImportStatus.CHECKED)


def _taken(session: Session, actor: Actor, batch: ImportBatch, today: date, words: Words) -> Found:
    """What the table comes to: of firms a plan that is still to be written, of all else the rows written."""
    writer = WRITERS.get(batch.noun)
    if writer is None:
        return _plan(session, actor, batch, today)
    rows, problems = _read(batch, writer.columns, writer.readers(words), writer.required)
    found = take_rows(session, actor, writer, rows, batch.mapping, today)
    for problem in problems:
        found.refuse(problem.row, problem.column, problem.reason)
    found.problems.sort(key=lambda problem: problem.row)
    return found


def _read(
    batch: ImportBatch, names: Iterable[str], readers: Mapping[str, Reader], required: tuple[str, ...]
) -> tuple[dict[int, dict[str, Any]], list[BadCell]]:
    columns = {name: (batch.mapping[name],) if name in batch.mapping else () for name in names}
    return rows_of(batch.sheets[batch.sheet]["rows"], columns, readers, required, lambda _row: True)


def _plan(session: Session, actor: Actor, batch: ImportBatch, today: date) -> Plan:
    found, problems = _read(batch, FIRM_COLUMNS, firm_readers(chain_codes(session)), REQUIRED)
    plan = Plan(dict.fromkeys((problem.row for problem in problems if problem.row > 1), RowKind.BAD), problems)
    chains = {row.code: row.id for row in session.exec(select(Chain)).all()}
    known = _Known(session)
    for number, values in found.items():
        row = firm_of(values)
        bad = _row_problem(row, values, batch.mapping, today) or known.repeated(row)
        chain_id = chains.get(row.chain_code or "") if is_joint_office(actor) else actor.chain_id
        firm = known.firm(row)
        if bad is None and not is_joint_office(actor):
            if row.chain_code is not None and chains.get(row.chain_code) != actor.chain_id:
                bad = ("chain", "other chain")
            elif firm is not None and firm.chain_id != actor.chain_id:
                bad = ("legal_name", "not of this chain")
        if bad is not None:
            plan.refuse(number, batch.mapping.get(bad[0], bad[0]), bad[1])
        elif firm is None:
            plan.new.append((row, chain_id))
            plan.kinds[number] = RowKind.NEW
        else:
            profile = known.profiles.get(firm.id or 0)
            changed = _changes(profile, row, chain_id)
            plan.kinds[number] = RowKind.CHANGED if changed else RowKind.UNCHANGED
            if profile is not None and changed:
                plan.changes.append((profile, row, changed))
    plan.problems.sort(key=lambda problem: problem.row)
    return plan


class _Known:
    """The enterprises that are there, and what the file has named so far."""

    def __init__(self, session: Session) -> None:
        firms = session.exec(select(Organization).where(Organization.kind == OrganizationKind.ENTERPRISE)).all()
        self.by_code = {firm.uscc: firm for firm in firms if firm.uscc}
        self.by_name = {firm.legal_name: firm for firm in firms}
        self.taken = set(
            session.exec(
                select(Organization.uscc).where(
                    Organization.kind != OrganizationKind.ENTERPRISE, col(Organization.uscc).is_not(None)
                )
            ).all()
        )
        self.profiles = {profile.organization_id: profile for profile in session.exec(select(FirmProfile)).all()}
        self.named: set[str] = set()

    def firm(self, row: FirmRow) -> Organization | None:
        return self.by_code.get(row.uscc or "") or self.by_name.get(row.legal_name)

    def repeated(self, row: FirmRow) -> tuple[str, str] | None:
        """A firm named twice in the file, or a code that is another firm's."""
        if row.uscc and (row.uscc in self.named or row.uscc in self.taken):
            return "uscc", "repeated"
        if row.legal_name in self.named:
            return "legal_name", "repeated"
        same_name = self.by_name.get(row.legal_name)
        if same_name is not None and row.uscc and same_name.uscc and same_name.uscc != row.uscc:
            return "uscc", "code of another firm"
        self.named |= {row.legal_name, *([row.uscc] if row.uscc else [])}
        return None


def _row_problem(
    row: FirmRow, values: Mapping[str, Any], mapping: Mapping[str, str], today: date
) -> tuple[str, str] | None:
    """The first check of figures against each other that does not hold, as of a profile that is typed."""
    for finding in findings(profile_values(row, None), today=today):
        for name in finding.fields:
            if _COLUMN_OF.get(name) in mapping and values.get(_COLUMN_OF[name]) is not None:
                return _COLUMN_OF[name], f"implausible {finding.rule.value}"
    return None


def _changes(profile: FirmProfile | None, row: FirmRow, chain_id: int | None) -> dict[str, Any]:
    if profile is None:
        return {}
    sources = {name: entry.get("source") for name, entry in profile.provenance.items()}
    return {
        name: value
        for name, value in profile_values(row, chain_id).items()
        if getattr(profile, name) != value
        and (getattr(profile, name) is None or sources.get(name) in _OVERWRITTEN)
        and not (name == "industry_code" and row.is_industry_guessed)
    }


def _kept(batch: ImportBatch, problem: BadCell) -> dict[str, Any]:
    reason, _colon, _text = problem.reason.partition(": ")
    rows = batch.sheets[batch.sheet]["rows"]
    headings = [heading.strip() for heading in rows[0]]
    cells = rows[problem.row - 1] if problem.row > 1 else []
    place = headings.index(problem.column) if problem.column in headings else -1
    text = shown(cells[place])[:60] if 0 <= place < len(cells) else ""
    return {"row": problem.row, "column": problem.column, "reason": reason, "text": text}


def _record(session: Session, actor: Actor, action: str, batch: ImportBatch) -> None:
    record(session, actor, action, subject_kind="import_batch", subject_id=batch.id or 0, chain_id=batch.chain_id)
