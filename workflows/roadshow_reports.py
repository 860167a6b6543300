"""The report of a roadshow: drawn up from what is recorded now, or read as it was when somebody froze it."""

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlmodel import Session, col, select

from access.actor import Actor
from access.lists import roadshow_report as rows
from access.lists.roadshow_report import (
    AttendanceRow,
    MeetingRow,
    OverdueRow,
    PairingRow,
    StepRow,
    UnmetRow,
)
from access.lookups import NotVisible
from matchmaking.roadshow_effect import Balance, OutcomeDifference
from models.base import now
from models.roadshow import Roadshow, RoadshowReport
from vocabulary.lifecycles import ROADSHOW, RoadshowStatus
from vocabulary.roadshow_effect import EffectGroup, EffectOutcome, LeftOut
from vocabulary.roadshow_report import Mark, RowKind
from workflows.audit import record
from workflows.calendar import today
from workflows.errors import StepNotAllowed
from workflows.roadshow_effect import MONTHS, Compared, Comparison, compare, window
from workflows.roadshows import require_runs

MONTHS_TO_CHOOSE = (3, MONTHS, 12)


@dataclass(frozen=True)
class PairRow:
    """A firm of a group with its similar firm, the chains of both, and what came to either."""

    firm: str
    firm_chain_id: int | None
    similar: str
    similar_chain_id: int | None
    firm_outcomes: tuple[EffectOutcome, ...]
    similar_outcomes: tuple[EffectOutcome, ...]
    marks: tuple[str, ...]


@dataclass(frozen=True)
class FirmRow:
    """A firm that could be compared (no reason), or was left out for a reason."""

    name: str
    chain_id: int | None
    reason: LeftOut | None
    marks: tuple[str, ...]


@dataclass(frozen=True)
class GroupFacts:
    """The comparison of one group; `outcomes` is empty where there were too few pairs for a number."""

    group: EffectGroup
    n_pairs: int
    min_pairs: int
    outcomes: tuple[OutcomeDifference, ...]
    balance: tuple[Balance, ...]

    @property
    def is_enough(self) -> bool:
        return self.n_pairs >= self.min_pairs


@dataclass(frozen=True)
class ReportFacts:
    """Everything a report shows, without words: it can be kept and read in another language later."""

    name: str
    venue: str
    held_on: date
    starts_at: time
    ends_at: time
    chains: tuple[tuple[str, str], ...]
    """Chinese and English names."""
    has_plan: bool
    """Whether meetings were planned by the engine, so that what was not met is known."""
    on: date
    made_at: datetime
    made_by: str
    months: int
    outcomes_until: date
    """The day after the last on which outcomes count; later than `on` while the months are not over."""
    attendance: tuple[AttendanceRow, ...]
    meetings: tuple[MeetingRow, ...]
    pairings: tuple[PairingRow, ...]
    steps: tuple[StepRow, ...]
    overdue: tuple[OverdueRow, ...]
    unmet: tuple[UnmetRow, ...]
    groups: tuple[GroupFacts, ...]
    pairs: tuple[PairRow, ...]
    firms: tuple[FirmRow, ...]

    def rows(self, kind: RowKind, *marks: str) -> list[Any]:
        """The rows of one kind that carry all of the marks: what a figure counts."""
        wanted = set(marks)
        return [row for row in getattr(self, kind.value) if wanted <= set(row.marks)]

    def count(self, kind: RowKind, *marks: str) -> int:
        return len(self.rows(kind, *marks))

    def amount_fen(self, *marks: str) -> int:
        """Sum over steps of one kind; two kinds are never added."""
        return sum(row.amount_fen or 0 for row in self.rows(RowKind.STEPS, *marks))


def draw_up(session: Session, actor: Actor, roadshow: Roadshow, *, months: int = MONTHS) -> ReportFacts:
    """The report as of today; writes nothing. Raises StepNotAllowed unless the roadshow was held."""
    if roadshow.status is not RoadshowStatus.HELD:
        raise StepNotAllowed(noun=ROADSHOW.noun, current=roadshow.status, wanted=RoadshowStatus.HELD)
    on = today()
    steps, overdue = rows.steps(session, roadshow, on=on)
    compared = compare(session, roadshow, months=months, on=on)
    left_out = {firm for each in compared.groups for firm in each.left_out}
    firms = rows.firms_by_id(session, left_out | compared.facts.keys() | compared.not_compared.keys())
    return ReportFacts(
        name=roadshow.name,
        venue=roadshow.venue,
        held_on=roadshow.held_on,
        starts_at=roadshow.starts_at,
        ends_at=roadshow.ends_at,
        chains=tuple(rows.chain_names(session, roadshow)),
        has_plan=roadshow.plan is not None,
        on=on,
        made_at=now(),
        made_by=" · ".join(name for name in (actor.name, actor.organization_name) if name),
        months=months,
        outcomes_until=window(roadshow, months=months, on=on).ends_on,
        attendance=tuple(rows.attendance(session, roadshow)),
        meetings=tuple(rows.meetings(session, roadshow)),
        pairings=tuple(rows.pairings(session, roadshow)),
        steps=tuple(steps),
        overdue=tuple(overdue),
        unmet=tuple(rows.unmet(session, roadshow)),
        groups=tuple(
            GroupFacts(
                each.group, len(each.effect.pairs), each.effect.min_pairs, each.effect.outcomes, each.effect.balance
            )
            for each in compared.groups
        ),
        pairs=tuple(row for each in compared.groups for row in _pair_rows(each, compared, firms)),
        firms=tuple(_firm_rows(compared, firms)),
    )


def freeze(
    session: Session, actor: Actor, roadshow: Roadshow, *, months: int = MONTHS, note: str = ""
) -> RoadshowReport:
    """Keep today's report for good: one row with all its figures, and its event. Only whoever runs the roadshow may."""
    require_runs(actor, roadshow)
    facts = draw_up(session, actor, roadshow, months=months)
    report = RoadshowReport(
        roadshow_id=roadshow.id or 0,
        facts=_facts().dump_python(facts, mode="json"),
        note=note.strip()[:200],
        frozen_by_id=actor.user_id,
        frozen_by_name=actor.name,
    )
    session.add(report)
    session.flush()
    record(
        session, actor, "roadshow_report_frozen", subject_kind=ROADSHOW.noun, subject_id=roadshow.id or 0,
        new={"report": report.public_id, "months": months}, chain_id=roadshow.chain_id,
    )  # fmt: skip
    return report


def frozen(session: Session, roadshow: Roadshow) -> list[RoadshowReport]:
    """Frozen reports, newest first."""
    return list(
        session.exec(
            select(RoadshowReport)
            .where(RoadshowReport.roadshow_id == roadshow.id)
            .order_by(col(RoadshowReport.id).desc())
        ).all()
    )


def frozen_facts(session: Session, roadshow: Roadshow, public_id: str) -> ReportFacts:
    """A report as it was frozen. Raises NotVisible if it is none of this roadshow's."""
    row = session.exec(
        select(RoadshowReport).where(RoadshowReport.roadshow_id == roadshow.id, RoadshowReport.public_id == public_id)
    ).first()
    if row is None:
        raise NotVisible
    return _facts().validate_python(row.facts)


@cache
def _facts() -> TypeAdapter[ReportFacts]:
    return TypeAdapter(ReportFacts)


def _pair_rows(comparison: Comparison, compared: Compared, firms: dict[int, rows.Firm]) -> list[PairRow]:
    """Marked with the group and, for either side, with what came to it: `ordered` and `similar_ordered`."""
    found = []
    for one, other in comparison.effect.pairs:
        ours, theirs = (tuple(sorted(compared.facts[firm].outcomes)) for firm in (one, other))
        marks = (comparison.group, *ours, *(f"{Mark.SIMILAR}_{outcome}" for outcome in theirs))
        found.append(
            PairRow(
                firms[one].name, firms[one].chain_id, firms[other].name, firms[other].chain_id, ours, theirs,
                tuple(str(mark) for mark in marks),
            )
        )  # fmt: skip
    return sorted(found, key=lambda row: row.firm)


def _firm_rows(compared: Compared, firms: dict[int, rows.Firm]) -> list[FirmRow]:
    """Those left out of a group; then other firms of its chains: candidates, and who is none for which reason."""
    marked: list[tuple[int, LeftOut | None, tuple[str, ...]]] = [
        (firm, reason, (each.group, reason)) for each in compared.groups for firm, reason in each.left_out.items()
    ]
    marked += [(firm, None, (Mark.CANDIDATE, Mark.SIMILAR)) for firm in compared.candidates]
    marked += [(firm, reason, (Mark.CANDIDATE, reason)) for firm, reason in compared.not_compared.items()]
    found = [
        FirmRow(firms[firm].name, firms[firm].chain_id, reason, tuple(str(mark) for mark in marks))
        for firm, reason, marks in marked
    ]
    return sorted(found, key=lambda row: row.name)
