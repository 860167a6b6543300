"""One-to-one meetings by hand: each conflict is named, blocked or warned about; then published and told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, or_, select

from access.actor import Actor
from access.lookups import NotVisible
from models.organization import Organization
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from models.roadshow import (
    Roadshow,
    RoadshowFeedback,
    RoadshowMeeting,
    RoadshowParticipant,
    RoadshowSession,
    RoadshowWish,
)
from vocabulary.classifications import MeetingOrigin, WishKind
from vocabulary.lifecycles import MEETING, SCHEDULED, MeetingStatus, ParticipantStatus, PostingStatus, RoadshowStatus
from vocabulary.reasons import PairState
from vocabulary.roadshows import WARNINGS, MeetingConflict
from workflows.audit import record
from workflows.errors import StepNotAllowed
from workflows.roadshow_bookings import book, free_meetings, of_participant, sides, slot_span
from workflows.roadshows import require_changeable, require_runs, span, tell
from workflows.transitions import advance
from workflows.turns import take_turn
from workflows.versions import require_seen

_C = MeetingConflict


@dataclass(frozen=True)
class ConflictLine:
    """One thing in the way; `who` names the participant concerned, but never for a veto."""

    kind: MeetingConflict
    who: str = ""

    @property
    def blocks(self) -> bool:
        return self.kind not in WARNINGS


class MeetingRefused(Exception):
    """The meeting is not possible so, or only over warnings that nobody has accepted."""

    def __init__(self, conflicts: Sequence[ConflictLine]) -> None:
        super().__init__(", ".join(line.kind.value for line in conflicts))
        self.conflicts = list(conflicts)


@dataclass(frozen=True)
class PostingPair:
    """What two participants would talk about: the pair of postings that fits best; `fit` None if not recommended."""

    demand_id: int
    supply_id: int
    demand_participant_id: int
    supply_participant_id: int
    fit: float | None
    is_eligible: bool


def posting_pairs(session: Session, participants: Sequence[RoadshowParticipant]) -> dict[frozenset[int], PostingPair]:
    """The best recommended pair of postings of each two participants, eligible ones first; one query."""
    by_organization = {row.organization_id: row.id or 0 for row in participants}
    rows = session.exec(
        select(Recommendation, Demand.organization_id, Supply.organization_id)
        .join(Demand, col(Demand.id) == Recommendation.demand_id)
        .join(Supply, col(Supply.id) == Recommendation.supply_id)
        .where(
            col(Recommendation.superseded_at).is_(None),
            Demand.status == PostingStatus.OPEN,
            Supply.status == PostingStatus.OPEN,
            col(Demand.organization_id).in_(by_organization),
            col(Supply.organization_id).in_(by_organization),
        )
        .order_by(col(Recommendation.score).desc(), col(Recommendation.id))
    ).all()
    best: dict[frozenset[int], PostingPair] = {}
    for found, demander, supplier in sorted(rows, key=lambda row: row[0].state is not PairState.ELIGIBLE):
        two = by_organization[demander], by_organization[supplier]
        pair = PostingPair(found.demand_id, found.supply_id, *two, found.score, found.state is PairState.ELIGIBLE)
        best.setdefault(frozenset(two), pair)
    return best


def posting_pair(session: Session, one: RoadshowParticipant, other: RoadshowParticipant) -> PostingPair | None:
    """What these two would talk about: recommended, or else any open demand of one and supply of the other."""
    found = posting_pairs(session, (one, other)).get(frozenset((one.id or 0, other.id or 0)))
    if found is not None:
        return found
    for demander, supplier in ((one, other), (other, one)):
        row = session.exec(
            select(Demand.id, Supply.id)
            .join(Supply, col(Supply.market) == col(Demand.market))
            .where(
                Demand.organization_id == demander.organization_id,
                Supply.organization_id == supplier.organization_id,
                Demand.status == PostingStatus.OPEN,
                Supply.status == PostingStatus.OPEN,
            )
            .order_by(col(Demand.id), col(Supply.id))
        ).first()
        if row is not None:
            return PostingPair(row[0] or 0, row[1] or 0, demander.id or 0, supplier.id or 0, None, False)
    return None


def met_before(session: Session, roadshow: Roadshow, organization_ids: Sequence[int]) -> set[frozenset[int]]:
    """Pairs of organizations that already sat together at another roadshow that was held."""
    rows = session.exec(
        select(Demand.organization_id, Supply.organization_id)
        .select_from(RoadshowMeeting)
        .join(Roadshow, col(Roadshow.id) == RoadshowMeeting.roadshow_id)
        .join(Demand, col(Demand.id) == RoadshowMeeting.demand_id)
        .join(Supply, col(Supply.id) == RoadshowMeeting.supply_id)
        .outerjoin(RoadshowFeedback, col(RoadshowFeedback.meeting_id) == RoadshowMeeting.id)
        .where(
            RoadshowMeeting.roadshow_id != roadshow.id,
            Roadshow.status == RoadshowStatus.HELD,
            col(Demand.organization_id).in_(organization_ids),
            col(Supply.organization_id).in_(organization_ids),
            or_(
                col(RoadshowMeeting.status).in_((MeetingStatus.NOTED, MeetingStatus.PUBLISHED)),
                col(RoadshowFeedback.id).is_not(None),
            ),
        )
    ).all()
    return {frozenset(row) for row in rows}


def conflicts(
    session: Session,
    roadshow: Roadshow,
    one: RoadshowParticipant,
    other: RoadshowParticipant,
    *,
    slot: int,
    table_no: int,
    moving: RoadshowMeeting | None = None,
) -> list[ConflictLine]:
    """Everything in the way of a meeting of two participants at a slot and a table, blocking ones first."""
    found: list[ConflictLine] = []
    if not (0 <= slot < roadshow.n_slots and 1 <= table_no <= roadshow.n_tables):
        found.append(ConflictLine(_C.OUTSIDE))
    two = frozenset((one.id or 0, other.id or 0))
    others = [
        row
        for row in session.exec(
            select(RoadshowMeeting).where(
                RoadshowMeeting.roadshow_id == roadshow.id, col(RoadshowMeeting.status).in_(SCHEDULED)
            )
        ).all()
        if moving is None or row.id != moving.id
    ]
    if any(row.slot == slot and row.table_no == table_no for row in others):
        found.append(ConflictLine(_C.TABLE_TAKEN))
    if any({row.demand_participant_id, row.supply_participant_id} == two for row in others):
        found.append(ConflictLine(_C.ALREADY_MEETING))
    wishes = session.exec(
        select(RoadshowWish.kind).where(col(RoadshowWish.from_id).in_(two), col(RoadshowWish.to_id).in_(two))
    ).all()
    if WishKind.VETO in wishes:
        found.append(ConflictLine(_C.VETO))
    for row in (one, other):
        found += _of_one(session, roadshow, row, others, slot)
    if len(two) < 2:
        found.append(ConflictLine(_C.NO_POSTINGS))
    elif moving is None:
        pair = posting_pair(session, one, other)
        if pair is None:
            found.append(ConflictLine(_C.NO_POSTINGS))
        elif not pair.is_eligible:
            found.append(ConflictLine(_C.NOT_RECOMMENDED))
        organizations = (one.organization_id, other.organization_id)
        if frozenset(organizations) in met_before(session, roadshow, organizations):
            found.append(ConflictLine(_C.MET_BEFORE))
    return sorted(found, key=lambda line: not line.blocks)


def _of_one(
    session: Session,
    roadshow: Roadshow,
    row: RoadshowParticipant,
    others: Sequence[RoadshowMeeting],
    slot: int,
) -> list[ConflictLine]:
    """What stands in the way on one participant's part."""
    name = session.get_one(Organization, row.organization_id).legal_name
    own = [item for item in others if row.id in (item.demand_participant_id, item.supply_participant_id)]
    found = []
    if row.status is not ParticipantStatus.ACCEPTED:
        found.append(ConflictLine(_C.NOT_COMING, name))
    if any(item.slot == slot for item in own):
        found.append(ConflictLine(_C.DOUBLE_BOOKED, name))
    if slot in stage_slots(session, roadshow, row):
        found.append(ConflictLine(_C.ON_STAGE, name))
    if slot in row.unavailable_slots:
        found.append(ConflictLine(_C.UNAVAILABLE, name))
    if row.max_meetings is not None and len(own) >= row.max_meetings:
        found.append(ConflictLine(_C.OVER_MAX, name))
    return found


def stage_slots(session: Session, roadshow: Roadshow, row: RoadshowParticipant) -> set[int]:
    """Slots in which the participant stands on stage: one delegation cannot be in two rooms."""
    item = session.get(RoadshowSession, row.pitch_session_id) if row.pitch_session_id else None
    if item is None or item.cancelled_at is not None:
        return set()
    begins, ends = span(item)
    overlapping = set()
    for slot in range(roadshow.n_slots):
        slot_begins, slot_ends = (at.hour * 60 + at.minute for at in slot_span(roadshow, slot))
        if slot_begins < ends and begins < slot_ends:
            overlapping.add(slot)
    return overlapping


def add(
    session: Session,
    actor: Actor,
    roadshow: Roadshow,
    one: RoadshowParticipant,
    other: RoadshowParticipant,
    *,
    slot: int,
    table_no: int,
    over_warnings: bool = False,
) -> RoadshowMeeting:
    """A meeting by hand, provisional until published. Raises MeetingRefused with every conflict."""
    require_runs(actor, roadshow)
    require_changeable(roadshow)
    take_turn(session, Roadshow, roadshow.id)
    _require_none(conflicts(session, roadshow, one, other, slot=slot, table_no=table_no), over_warnings)
    pair = posting_pair(session, one, other)
    assert pair is not None  # else there was a conflict
    meeting = schedule(session, actor, roadshow, pair, slot=slot, table_no=table_no, origin=MeetingOrigin.BY_HAND)
    record(
        session, actor, "roadshow_meeting_added", subject_kind=MEETING.noun, subject_id=meeting.id or 0,
        new={"slot": slot, "table_no": table_no}, chain_id=roadshow.chain_id,
    )  # fmt: skip
    return meeting


def schedule(
    session: Session,
    actor: Actor,
    roadshow: Roadshow,
    pair: PostingPair,
    *,
    slot: int,
    table_no: int,
    origin: MeetingOrigin,
) -> RoadshowMeeting:
    """Write one provisional meeting; a freed one of the same postings is used again."""
    meeting = session.exec(
        select(RoadshowMeeting).where(
            RoadshowMeeting.roadshow_id == roadshow.id,
            RoadshowMeeting.demand_id == pair.demand_id,
            RoadshowMeeting.supply_id == pair.supply_id,
        )
    ).first()
    is_new = meeting is None
    if meeting is None:
        meeting = RoadshowMeeting(
            roadshow_id=roadshow.id or 0,
            demand_id=pair.demand_id,
            supply_id=pair.supply_id,
            origin=origin,
            status=MeetingStatus.PROVISIONAL,
        )
    meeting.demand_participant_id, meeting.supply_participant_id = (
        pair.demand_participant_id,
        pair.supply_participant_id,
    )
    meeting.fit = pair.fit
    try:
        with session.begin_nested():
            book(session, meeting, slot=slot, table_no=table_no)
    except IntegrityError:
        raise MeetingRefused([ConflictLine(_C.DOUBLE_BOOKED)]) from None
    if not is_new:
        advance(session, actor, MEETING, meeting, MeetingStatus.PROVISIONAL, chain_id=roadshow.chain_id, origin=origin)
    return meeting


def place(meeting: RoadshowMeeting) -> dict[str, Any]:
    """Where and when a meeting is."""
    return {"slot": meeting.slot, "table_no": meeting.table_no}


def move(
    session: Session,
    actor: Actor,
    roadshow: Roadshow,
    meeting: RoadshowMeeting,
    *,
    slot: int,
    table_no: int,
    over_warnings: bool = False,
    seen: str | None = None,
) -> None:
    """Another slot or table. Both sides of a published meeting are told.

    Raises MeetingRefused, and ChangedMeanwhile unless its place is the one `seen`.
    """
    require_runs(actor, roadshow)
    require_changeable(roadshow)
    if meeting.status not in SCHEDULED:
        raise StepNotAllowed(noun=MEETING.noun, current=meeting.status, wanted=MeetingStatus.PROVISIONAL)
    take_turn(session, Roadshow, roadshow.id)
    require_seen(session, meeting, lambda: place(meeting), seen)
    one = session.get_one(RoadshowParticipant, meeting.demand_participant_id)
    other = session.get_one(RoadshowParticipant, meeting.supply_participant_id)
    found = conflicts(session, roadshow, one, other, slot=slot, table_no=table_no, moving=meeting)
    _require_none(found, over_warnings)
    old = place(meeting)
    try:
        with session.begin_nested():
            book(session, meeting, slot=slot, table_no=table_no)
    except IntegrityError:
        raise MeetingRefused([ConflictLine(_C.DOUBLE_BOOKED)]) from None
    record(
        session,
        actor,
        "roadshow_meeting_moved",
        subject_kind=MEETING.noun,
        subject_id=meeting.id or 0,
        old=old,
        new={"slot": slot, "table_no": table_no},
        chain_id=roadshow.chain_id,
    )
    if meeting.status is MeetingStatus.PUBLISHED:
        tell(session, roadshow, sides(session, meeting), "meetings")


def remove(session: Session, actor: Actor, roadshow: Roadshow, meeting: RoadshowMeeting, *, reason: str = "") -> None:
    """Free one meeting; both sides of a published one are told."""
    require_runs(actor, roadshow)
    require_changeable(roadshow)
    if meeting.status not in SCHEDULED:
        raise StepNotAllowed(noun=MEETING.noun, current=meeting.status, wanted=MeetingStatus.FREED)
    told = sides(session, meeting)
    if free_meetings(session, actor, roadshow, RoadshowMeeting.id == meeting.id, reason=reason):
        tell(session, roadshow, told, "meeting_freed", reason=reason)


def free_for(session: Session, actor: Actor, roadshow: Roadshow, row: RoadshowParticipant, *, reason: str = "") -> int:
    """Free all meetings of a participant that does not come; the other sides are told. Returns how many."""
    freed = free_meetings(session, actor, roadshow, of_participant(row.id), reason=reason)
    others = {organization for meeting in freed for organization in sides(session, meeting)} - {row.organization_id}
    if others:
        name = session.get_one(Organization, row.organization_id).legal_name
        tell(session, roadshow, sorted(others), "meeting_freed", reason=reason, who=name)
    return len(freed)


def publish(session: Session, actor: Actor, roadshow: Roadshow) -> int:
    """Publish the provisional meetings and tell their sides, each once; returns how many were published."""
    require_runs(actor, roadshow)
    if roadshow.status is not RoadshowStatus.ANNOUNCED:
        require_changeable(roadshow)
        raise StepNotAllowed(noun="roadshow", current=roadshow.status, wanted=RoadshowStatus.ANNOUNCED)
    found = session.exec(
        select(RoadshowMeeting)
        .where(RoadshowMeeting.roadshow_id == roadshow.id, RoadshowMeeting.status == MeetingStatus.PROVISIONAL)
        .order_by(col(RoadshowMeeting.slot).nulls_first(), col(RoadshowMeeting.table_no).nulls_first())
    ).all()
    told: set[int] = set()
    for meeting in found:
        advance(session, actor, MEETING, meeting, MeetingStatus.PUBLISHED, chain_id=roadshow.chain_id)
        told.update(sides(session, meeting))
    if told:
        tell(session, roadshow, sorted(told), "meetings")
    return len(found)


def meeting_to_run(session: Session, roadshow: Roadshow, public_id: str) -> RoadshowMeeting:
    """One meeting of a roadshow the official runs, or NotVisible."""
    found = session.exec(
        select(RoadshowMeeting).where(
            RoadshowMeeting.roadshow_id == roadshow.id, RoadshowMeeting.public_id == public_id
        )
    ).first()
    if found is None:
        raise NotVisible
    return found


def free_tables(session: Session, roadshow: Roadshow) -> dict[int, list[int]]:
    """Slot -> tables still free in it."""
    taken: dict[int, set[int]] = {}
    for slot, table_no in session.exec(
        select(RoadshowMeeting.slot, RoadshowMeeting.table_no).where(
            RoadshowMeeting.roadshow_id == roadshow.id, col(RoadshowMeeting.status).in_(SCHEDULED)
        )
    ).all():
        taken.setdefault(slot or 0, set()).add(table_no or 0)
    tables = range(1, roadshow.n_tables + 1)
    return {slot: [n for n in tables if n not in taken.get(slot, set())] for slot in range(roadshow.n_slots)}


def _require_none(found: Sequence[ConflictLine], over_warnings: bool) -> None:
    if any(line.blocks for line in found) or (found and not over_warnings):
        raise MeetingRefused(found)
