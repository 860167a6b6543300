"""The engine's plan of one-to-one meetings: wishes, times and limits in; meetings and what was not met out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from access.actor import Actor
from matchmaking.assignment import Edge
from matchmaking.meeting_rules import Participant, Programme, Room, Slot, Wish
from matchmaking.meetings import MeetingPlan, Unmet, plan_meetings
from models.base import now
from models.organization import Organization
from models.roadshow import Roadshow, RoadshowMeeting, RoadshowParticipant, RoadshowWish
from vocabulary import planning
from vocabulary.classifications import MeetingOrigin, WishKind
from vocabulary.lifecycles import ROADSHOW, SCHEDULED, MeetingStatus, ParticipantStatus
from vocabulary.planning import UnmetCause, UnmetKind
from vocabulary.roles import OrganizationKind
from workflows.audit import record
from workflows.roadshow_bookings import slot_span, unbook
from workflows.roadshow_meetings import (
    PostingPair,
    met_before,
    posting_pair,
    posting_pairs,
    schedule,
    stage_slots,
)
from workflows.roadshows import require_changeable, require_runs

_WISHES = {
    WishKind.MUST: planning.WishKind.MUST,
    WishKind.WOULD: planning.WishKind.WOULD,
    WishKind.VETO: planning.WishKind.NO,
}
_ROOM = "tables"
_SECONDS = 7.5
"""Of one step; a plan cut short says how far it may be from the best."""


@dataclass
class _Board:
    """The roadshow as the planner sees it; grows by what each step places."""

    roadshow: Roadshow
    rows: dict[int, RoadshowParticipant]
    kinds: dict[int, OrganizationKind]
    pairs: dict[frozenset[int], PostingPair]
    wishes: list[RoadshowWish]
    met: set[frozenset[int]]
    away: dict[int, set[int]]
    free: dict[int, list[int]]
    count: dict[int, int] = field(default_factory=dict)
    meeting: set[frozenset[int]] = field(default_factory=set)

    def occupy(self, one: int, other: int, slot: int, table_no: int) -> None:
        for participant_id in (one, other):
            self.away[participant_id].add(slot)
            self.count[participant_id] = self.count.get(participant_id, 0) + 1
        if table_no in self.free.get(slot, ()):
            self.free[slot].remove(table_no)
        self.meeting.add(frozenset((one, other)))


@dataclass(frozen=True)
class Prepared:
    """A plan that was computed and not yet written: (pair, slot, table) of each meeting, and the report."""

    meetings: list[tuple[PostingPair, int, int]]
    report: dict[str, Any]


def prepare(session: Session, actor: Actor, roadshow: Roadshow, *, includes_met_before: bool = False) -> Prepared:
    """Compute a plan; nothing is written, so that nobody waits for it. Published and hand-made meetings stay.

    Two steps, each exact or with its gap known: first enterprises that buy from enterprises, in at most half of the
    slots, then all enterprises with banks and buyers.
    """
    require_runs(actor, roadshow)
    require_changeable(roadshow)
    board = _board(session, roadshow, includes_met_before=includes_met_before)
    plans: list[MeetingPlan] = []
    placed: list[tuple[PostingPair, int, int]] = []
    for firms, others, most in _steps(board):
        plans.append(plan_meetings(_programme(board, firms, others, most=most), time_limit=_SECONDS))
        placed += _place(board, plans[-1])
    report = {
        "at": now().isoformat(),
        "value": sum(found.tally.value for found in plans),
        "bound": sum(found.bound for found in plans),
        "first_come": sum(found.first_come.value for found in plans),
        "is_optimal": all(found.is_optimal for found in plans),
        "unmet": _unmet(board, plans),
    }
    return Prepared(placed, report)


def keep(session: Session, actor: Actor, roadshow: Roadshow, prepared: Prepared) -> int:
    """Write a prepared plan as provisional meetings in place of the earlier one; returns how many.

    `roadshow.plan` keeps the figures and what could not be met. Raises MeetingRefused if somebody placed a meeting
    where the plan wanted one meanwhile.
    """
    require_runs(actor, roadshow)
    require_changeable(roadshow)
    _drop_earlier_plan(session, roadshow)
    for pair, slot, table_no in prepared.meetings:
        schedule(session, actor, roadshow, pair, slot=slot, table_no=table_no, origin=MeetingOrigin.PLANNED)
    roadshow.plan = prepared.report
    session.add(roadshow)
    session.flush()
    record(
        session,
        actor,
        "roadshow_meetings_planned",
        subject_kind=ROADSHOW.noun,
        subject_id=roadshow.id or 0,
        new={"meetings": len(prepared.meetings)},
        chain_id=roadshow.chain_id,
    )
    return len(prepared.meetings)


def _drop_earlier_plan(session: Session, roadshow: Roadshow) -> None:
    """What was planned but never published leaves no trace: nobody was told of it."""
    for meeting in session.exec(
        select(RoadshowMeeting).where(
            RoadshowMeeting.roadshow_id == roadshow.id,
            RoadshowMeeting.status == MeetingStatus.PROVISIONAL,
            RoadshowMeeting.origin == MeetingOrigin.PLANNED,
        )
    ).all():
        unbook(session, meeting)
        session.delete(meeting)
    session.flush()


def _board(session: Session, roadshow: Roadshow, *, includes_met_before: bool) -> _Board:
    found = session.exec(
        select(RoadshowParticipant, Organization)
        .join(Organization, col(Organization.id) == RoadshowParticipant.organization_id)
        .where(RoadshowParticipant.roadshow_id == roadshow.id, RoadshowParticipant.status == ParticipantStatus.ACCEPTED)
        .order_by(col(RoadshowParticipant.id))
    ).all()
    rows = {row.id or 0: row for row, _organization in found}
    ids = {row.organization_id: row.id or 0 for row in rows.values()}
    wishes = session.exec(
        select(RoadshowWish).where(col(RoadshowWish.from_id).in_(rows), col(RoadshowWish.to_id).in_(rows))
    ).all()
    met = set() if includes_met_before else met_before(session, roadshow, list(ids))
    board = _Board(
        roadshow=roadshow,
        rows=rows,
        kinds={row.id or 0: organization.kind for row, organization in found},
        pairs=_pairs(session, rows, wishes),
        wishes=list(wishes),
        met={frozenset(ids[one] for one in two) for two in met},
        away={row.id or 0: {*row.unavailable_slots, *stage_slots(session, roadshow, row)} for row in rows.values()},
        free={slot: list(range(1, roadshow.n_tables + 1)) for slot in range(roadshow.n_slots)},
    )
    for meeting in session.exec(
        select(RoadshowMeeting).where(
            RoadshowMeeting.roadshow_id == roadshow.id, col(RoadshowMeeting.status).in_(SCHEDULED)
        )
    ).all():
        if (meeting.status, meeting.origin) == (MeetingStatus.PROVISIONAL, MeetingOrigin.PLANNED):
            continue  # the earlier plan, which this one replaces
        sides = meeting.demand_participant_id or 0, meeting.supply_participant_id or 0
        if set(sides) <= set(rows):
            board.occupy(*sides, meeting.slot or 0, meeting.table_no or 0)
    return board


def _pairs(
    session: Session, rows: dict[int, RoadshowParticipant], wishes: Iterable[RoadshowWish]
) -> dict[frozenset[int], PostingPair]:
    """Eligible pairs, and those one side wishes for whatever the engine says, if they have something to talk of."""
    best = posting_pairs(session, list(rows.values()))
    wished = {frozenset((wish.from_id, wish.to_id)) for wish in wishes if wish.kind is not WishKind.VETO}
    for two in wished - set(best):
        one, other = sorted(two)
        if (pair := posting_pair(session, rows[one], rows[other])) is not None:
            best[two] = pair
    return {two: pair for two, pair in best.items() if pair.is_eligible or two in wished}


def _steps(board: _Board) -> Iterable[tuple[list[int], list[int], int]]:
    """(firms, counterparts, most meetings of one) of each step that has a pair."""
    enterprises = {one for one, kind in board.kinds.items() if kind is OrganizationKind.ENTERPRISE}
    among = [pair for two, pair in board.pairs.items() if two <= enterprises]
    buying = {pair.demand_participant_id for pair in among}
    if buying:
        sellers = {pair.supply_participant_id for pair in among} - buying
        yield sorted(sellers), sorted(buying), max(1, board.roadshow.n_slots // 2)
    yield sorted(enterprises), sorted(set(board.rows) - enterprises), board.roadshow.n_slots


def _programme(board: _Board, firms: Sequence[int], others: Sequence[int], *, most: int) -> Programme:
    known, counterparts = set(firms), set(others)
    edges, met = [], set()
    for two, pair in sorted(board.pairs.items(), key=lambda item: sorted(item[0])):
        firm, other = (
            next((one for one in two if one in known), None),
            next((o for o in two if o in counterparts), None),
        )
        if firm is None or other is None or two in board.meeting:
            continue
        edges.append(Edge(firm, other, pair.fit or 0.0))
        if two in board.met:
            met.add((firm, other))
    first = slot_span(board.roadshow, 0)[0]
    spans = [slot_span(board.roadshow, slot) for slot in range(board.roadshow.n_slots)]
    return Programme(
        slots=tuple(Slot(*(int((at - first).total_seconds()) // 60 for at in span)) for span in spans),
        rooms=(Room(_ROOM, tuple(len(board.free[slot]) for slot in range(board.roadshow.n_slots))),),
        firms=tuple(_participant(board, one, most) for one in firms),
        counterparts=tuple(_participant(board, one, most) for one in others),
        pairs=tuple(edges),
        wishes=tuple(
            Wish(wish.from_id, wish.to_id, _WISHES[wish.kind])
            for wish in board.wishes
            if frozenset((wish.from_id, wish.to_id)) not in board.meeting
        ),
        met_before=frozenset(met),
    )


def _participant(board: _Board, participant_id: int, most: int) -> Participant:
    """Limits less what is placed already."""
    row, placed = board.rows[participant_id], board.count.get(participant_id, 0)
    limit = most if row.max_meetings is None else min(most, row.max_meetings)
    limit = max(0, limit - placed)
    return Participant(
        id=participant_id,
        away=frozenset(board.away[participant_id]),
        least=min(limit, max(0, row.min_meetings - placed)),
        most=limit,
    )


def _place(board: _Board, found: MeetingPlan) -> list[tuple[PostingPair, int, int]]:
    """Slot and table of each meeting, as early as both sides and a table allow: waiting between two helps nobody.

    In order of time, so that a slot before the meeting's own holds only what is placed already.
    """
    last: dict[int, int] = {}
    placed = []
    for meeting in sorted(found.meetings, key=lambda meeting: (meeting.slot, meeting.table)):
        one, other = int(meeting.firm), int(meeting.counterpart)
        slot = next(
            slot
            for slot in range(meeting.slot + 1)
            if slot == meeting.slot or (board.free[slot] and slot not in board.away[one] | board.away[other])
        )
        table_no = last[other] if last.get(other) in board.free[slot] else board.free[slot][0]
        last[other] = table_no
        placed.append((board.pairs[frozenset((one, other))], slot, table_no))
        board.occupy(one, other, slot, table_no)
    return placed


def _unmet(board: _Board, plans: Sequence[MeetingPlan]) -> list[dict[str, Any]]:
    """Participants below their least, enterprises without any meeting, pairs that must or would meet and do not."""
    causes: dict[tuple[UnmetKind, int, int | None], Unmet] = {}
    for found in plans:
        for unmet in found.unmet:
            causes[unmet.kind, int(unmet.by), None if unmet.of is None else int(unmet.of)] = unmet
    lines = []
    for one, row in board.rows.items():
        got = board.count.get(one, 0)
        wanted = max(row.min_meetings, int(board.kinds[one] is OrganizationKind.ENTERPRISE))
        if got < wanted:
            known = causes.get((UnmetKind.NO_MEETING, one, None)) or causes.get((UnmetKind.MINIMUM, one, None))
            lines.append(_line(board, one, None, wanted, got, known.cause if known else UnmetCause.NO_ELIGIBLE))
    for wish in sorted(board.wishes, key=lambda wish: (wish.kind is not WishKind.MUST, wish.from_id, wish.to_id)):
        if wish.kind is WishKind.VETO or frozenset((wish.from_id, wish.to_id)) in board.meeting:
            continue
        known = causes.get((UnmetKind.WISH, wish.from_id, wish.to_id))
        cause = known.cause if known else UnmetCause.NO_ELIGIBLE
        lines.append(_line(board, wish.from_id, wish.to_id, 1, 0, cause, kind=wish.kind))
    return lines


def _line(
    board: _Board,
    one: int,
    other: int | None,
    wanted: int,
    got: int,
    cause: UnmetCause,
    *,
    kind: WishKind | None = None,
) -> dict[str, Any]:
    return {
        "participant": board.rows[one].public_id,
        "partner": board.rows[other].public_id if other is not None else None,
        "wish": kind.value if kind else None,
        "wanted": wanted,
        "got": got,
        "cause": cause.value,
    }
