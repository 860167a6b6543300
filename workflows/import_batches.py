"""A spreadsheet of firms on its way in: uploaded, checked against rules and rows, and loaded wholly or its good rows.

Nothing but the batch is written before it is loaded, and loading is one transaction: a process that dies leaves all or
nothing. A file loaded again changes nothing: a firm is known by its credit code, else by its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from access.actor import Actor
from access.lists.import_batches import last_mapping
from access.permissions import Permission
from access.rules import require
from access.scopes import is_joint_office
from models.base import now
from models.chain import Chain
from models.firm_profile import FirmProfile
from models.import_batch import ImportBatch
from models.organization import Organization
from vocabulary.classifications import Provenance
from vocabulary.imports import IMPORT_BATCH, ImportStatus, RowKind
from vocabulary.plausibility import findings
from vocabulary.roles import OrganizationKind
from workflows.audit import record
from workflows.errors import NotComplete
from workflows.imports import FirmRow, add_firms, chain_codes, profile_values, provenance_of
from workflows.sheet_rows import FIRM_COLUMNS, BadCell, firm_of, firm_readers, rows_of
from workflows.sheets import read_sheets, shown
from workflows.transitions import advance, require_step
from workflows.turns import take_turn

REQUIRED = ("legal_name",)
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
class Plan:
    """What loading would do. `changes`: of a known firm the columns that the file says otherwise."""

    kinds: dict[int, RowKind] = field(default_factory=dict)
    problems: list[BadCell] = field(default_factory=list)
    new: list[tuple[FirmRow, int | None]] = field(default_factory=list)
    changes: list[tuple[FirmProfile, FirmRow, dict[str, Any]]] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        return {kind.value: sum(found is kind for found in self.kinds.values()) for kind in RowKind}


def upload(session: Session, actor: Actor, name: str, content: bytes) -> ImportBatch:
    """Put a file beside the product's rows. Raises `workflows.sheets.NoTable` where it cannot be read."""
    require(actor, Permission.VERIFY_PROFILES)
    found = read_sheets(name, content)
    batch = ImportBatch(
        organization_id=actor.organization_id or 0,
        chain_id=actor.chain_id,
        file_name=name[-120:],
        sheets=[{"name": sheet.name, "rows": sheet.rows} for sheet in found],
        created_by_name=actor.name,
    )
    batch.mapping = guess_mapping(batch.sheets[0]["rows"][0], last_mapping(session, actor))
    session.add(batch)
    session.flush()
    _record(session, actor, "import_uploaded", batch)
    return batch


def guess_mapping(headings: list[str], before: Mapping[str, str]) -> dict[str, str]:
    """The heading of each column: the one of the last time if it is there, else one of those we know."""
    there = [heading.strip() for heading in headings]
    found = {}
    for name, sources in FIRM_COLUMNS.items():
        wanted = ([before[name]] if name in before else []) + list(sources)
        heading = next((source for source in wanted if source in there), None)
        if heading is not None:
            found[name] = heading
    return found


def choose_sheet(session: Session, actor: Actor, batch: ImportBatch, sheet: int, *, today: date) -> None:
    """Take another sheet of the file, columns guessed anew; what was checked before is checked for this one."""
    require(actor, Permission.VERIFY_PROFILES)
    _take(session, batch, ImportStatus.DROPPED)
    if not 0 <= sheet < len(batch.sheets):
        raise NotComplete({"sheet": "unknown"})
    batch.sheet, batch.mapping = sheet, guess_mapping(batch.sheets[sheet]["rows"][0], last_mapping(session, actor))
    session.add(batch)
    if batch.status is ImportStatus.CHECKED:
        check(session, actor, batch, batch.mapping, today=today)
    else:
        _record(session, actor, "import_columns_chosen", batch)


def check(session: Session, actor: Actor, batch: ImportBatch, mapping: Mapping[str, str], *, today: date) -> Plan:
    """The dry run: uploaded or checked -> checked, with the counts and every problem. Writes no firm."""
    require(actor, Permission.VERIFY_PROFILES)
    _take(session, batch, ImportStatus.DROPPED)
    headings = {heading.strip() for heading in batch.sheets[batch.sheet]["rows"][0]}
    batch.mapping = {name: mapping[name] for name in FIRM_COLUMNS if mapping.get(name) in headings and mapping[name]}
    plan = _plan(session, actor, batch, today)
    batch.counts, batch.problems = plan.counts(), [_kept(batch, problem) for problem in plan.problems]
    session.add(batch)
    session.flush()
    if batch.status is ImportStatus.UPLOADED:
        advance(session, actor, IMPORT_BATCH, batch, ImportStatus.CHECKED, chain_id=batch.chain_id)
    else:
        _record(session, actor, "import_columns_chosen", batch)
    return plan


def load(session: Session, actor: Actor, batch: ImportBatch, *, is_partial: bool, today: date) -> Plan:
    """checked -> loaded, by the rows as they are now. Raises NotComplete where rows are bad and not `is_partial`.

    Rows written: organization, firm_profile, supply, product_line of each new firm; the changed columns of known ones
    with their provenance; one audit event for each firm.
    """
    require(actor, Permission.VERIFY_PROFILES)
    _take(session, batch, ImportStatus.LOADED)
    plan = _plan(session, actor, batch, today)
    if plan.problems and not is_partial:
        raise NotComplete({"rows": "bad"})
    advance(
        session, actor, IMPORT_BATCH, batch, ImportStatus.LOADED, chain_id=batch.chain_id, loaded_at=now(),
        is_partial=bool(plan.problems), counts=plan.counts(),
        problems=[_kept(batch, problem) for problem in plan.problems],
    )  # fmt: skip
    for start in range(0, len(plan.new), _AT_ONCE):
        for firm in add_firms(session, actor, plan.new[start : start + _AT_ONCE], verified_at=None, today=today):
            record(
                session, actor, "firm_imported", subject_kind="organization", subject_id=firm.id or 0,
                chain_id=firm.chain_id,
            )  # fmt: skip
    for profile, row, changed in plan.changes:
        for name, value in changed.items():
            setattr(profile, name, value)
        profile.provenance = profile.provenance | provenance_of(row, changed, actor, today)
        session.add(profile)
        record(
            session, actor, "firm_imported", subject_kind="organization", subject_id=profile.organization_id,
            new={"fields": sorted(changed)}, chain_id=profile.chain_id,
        )  # fmt: skip
    session.flush()
    return plan


def drop(session: Session, actor: Actor, batch: ImportBatch) -> None:
    """uploaded or checked -> dropped; the cells are forgotten."""
    require(actor, Permission.VERIFY_PROFILES)
    advance(
        session, actor, IMPORT_BATCH, batch, ImportStatus.DROPPED, chain_id=batch.chain_id, sheets=[], problems=[],
    )  # fmt: skip


def _take(session: Session, batch: ImportBatch, target: ImportStatus) -> None:
    """Take the turn at a file that may still become `target`."""
    take_turn(session, ImportBatch, batch.id)
    require_step(session, IMPORT_BATCH, batch, target)


def _plan(session: Session, actor: Actor, batch: ImportBatch, today: date) -> Plan:
    columns = {name: (batch.mapping[name],) if name in batch.mapping else () for name in FIRM_COLUMNS}
    table = batch.sheets[batch.sheet]["rows"]
    found, problems = rows_of(table, columns, firm_readers(chain_codes(session)), REQUIRED, lambda _row: True)
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
            plan.problems.append(BadCell(number, batch.mapping.get(bad[0], bad[0]), bad[1]))
            plan.kinds[number] = RowKind.BAD
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
