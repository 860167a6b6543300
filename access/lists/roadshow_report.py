"""The rows of a roadshow's report: who came, who met, what was decided, what came of it, what is late.

Every row carries marks (`vocabulary.roadshow_report`); a figure of the report is the number of rows with given marks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import is_city_level, is_of_own_chain, require
from access.scopes import in_chain
from models.chain import Chain
from models.organization import Organization
from models.pairing import CaseStep, Pairing
from models.posting import Demand, Supply
from models.roadshow import Roadshow, RoadshowFeedback, RoadshowMeeting, RoadshowParticipant, RoadshowSession
from vocabulary.classifications import (
    CaseStepKind,
    Market,
    MeetingOrigin,
    PairingOrigin,
    ParticipantOrigin,
    Side,
    VerdictReason,
)
from vocabulary.lifecycles import (
    RELEASED_PAIRING,
    MeetingStatus,
    PairingStatus,
    ParticipantStatus,
    RoadshowStatus,
)
from vocabulary.roadshow_report import Mark
from vocabulary.roles import OrganizationKind

reads_report = is_of_own_chain | is_city_level
_S, _M = ParticipantStatus, Mark
_ORIGINS = {
    ParticipantOrigin.INVITED: _M.ASKED,
    ParticipantOrigin.APPLIED: _M.ASKED_ITSELF,
    ParticipantOrigin.WALK_IN: _M.WALKED_IN,
}
_ANSWERS = {_S.ACCEPTED: _M.HAD_SEAT, _S.DECLINED: _M.SAID_NO, _S.WITHDRAWN: _M.SAID_NO}


@dataclass(frozen=True)
class AttendanceRow:
    """One organization; `stage` is the title of the session in which it stood on stage."""

    name: str
    kind: OrganizationKind
    origin: ParticipantOrigin
    status: ParticipantStatus
    came_at: datetime | None
    stage: str
    marks: tuple[str, ...]


@dataclass(frozen=True)
class MeetingRow:
    """One pair that met or was to; ratings are 1 to 5, None of a side that said nothing."""

    demand_name: str
    supply_name: str
    market: Market
    origin: MeetingOrigin
    status: MeetingStatus
    slot: int | None
    demand_rating: int | None
    supply_rating: int | None
    demand_goes_on: bool | None
    supply_goes_on: bool | None
    marks: tuple[str, ...]


@dataclass(frozen=True)
class PairingRow:
    demand_name: str
    supply_name: str
    market: Market
    origin: PairingOrigin
    status: PairingStatus
    reason: VerdictReason | None
    proposed_at: datetime
    decided_at: datetime | None
    marks: tuple[str, ...]


@dataclass(frozen=True)
class StepRow:
    """One step in force: neither voided nor corrected."""

    demand_name: str
    supply_name: str
    market: Market
    kind: CaseStepKind
    happened_on: date
    amount_fen: int | None
    marks: tuple[str, ...]


@dataclass(frozen=True)
class OverdueRow:
    demand_name: str
    supply_name: str
    market: Market
    status: PairingStatus
    due_on: date
    marks: tuple[str, ...]


@dataclass(frozen=True)
class UnmetRow:
    """What a participant wanted and did not get: a line of the plan with its `cause`, or a freed meeting with a note.

    `wish` and `cause` are codes of `WishKind` and `UnmetCause`, None of a freed meeting.
    """

    name: str
    partner: str
    wish: str | None
    wanted: int
    got: int
    cause: str | None
    note: str
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Firm:
    """A firm of the comparison; its name is only for those who may read its chain."""

    id: int
    name: str
    chain_id: int | None


def report_roadshow(session: Session, actor: Actor, public_id: str) -> Roadshow:
    """A roadshow whose report the actor may read: its office, the joint office and the auditor; or NotVisible."""
    require(actor, Permission.READ_ROADSHOW_REPORTS)
    row = session.exec(select(Roadshow).where(Roadshow.public_id == public_id)).first()
    if row is None or not (reads_report(actor, row) or actor.organization_kind is OrganizationKind.AUDIT_OFFICE):
        raise NotVisible
    return row


def reported_roadshows(session: Session, actor: Actor) -> Sequence[Roadshow]:
    """Roadshows that were held and whose reports the actor may read, newest first."""
    require(actor, Permission.READ_ROADSHOW_REPORTS)
    statement = select(Roadshow).where(Roadshow.status == RoadshowStatus.HELD)
    if actor.organization_kind is not OrganizationKind.AUDIT_OFFICE:
        statement = statement.where(in_chain(actor, Roadshow.chain_id))
    return session.exec(statement.order_by(col(Roadshow.held_on).desc(), col(Roadshow.id))).all()


def reads_chain(actor: Actor, chain_id: int | None) -> bool:
    """Whether the actor may read names of this chain's firms that did not come."""
    return actor.organization_kind in (OrganizationKind.JOINT_OFFICE, OrganizationKind.AUDIT_OFFICE) or (
        actor.chain_id is not None and actor.chain_id == chain_id
    )


def chain_names(session: Session, roadshow: Roadshow) -> list[tuple[str, str]]:
    """Chinese and English names of the chains it was for."""
    rows = session.exec(
        select(Chain.name_zh, Chain.name_en)
        .where(col(Chain.code).in_(roadshow.chain_codes))
        .order_by(col(Chain.sort_order), col(Chain.id))
    ).all()
    return [(zh, en) for zh, en in rows]


def attendance(session: Session, roadshow: Roadshow) -> list[AttendanceRow]:
    rows = session.execute(
        select_columns(RoadshowParticipant, Organization, col(RoadshowSession.title))
        .join(Organization, col(Organization.id) == col(RoadshowParticipant.organization_id))
        .outerjoin(RoadshowSession, col(RoadshowSession.id) == col(RoadshowParticipant.pitch_session_id))
        .where(col(RoadshowParticipant.roadshow_id) == roadshow.id)
        .order_by(col(Organization.kind), col(Organization.legal_name), col(RoadshowParticipant.id))
    ).all()
    found = []
    for row, organization, title in rows:
        has_seat, came = row.status is _S.ACCEPTED, row.checked_in_at is not None
        marks = [_ORIGINS[row.origin], _ANSWERS.get(row.status, _M.NO_SEAT), organization.kind]
        if has_seat:
            marks.append(_M.CAME if came else _M.NO_SHOW)
        if has_seat and title:
            marks += [_M.ON_STAGE, *([_M.PITCHED] if came else [])]
        found.append(
            AttendanceRow(
                organization.legal_name, organization.kind, row.origin, row.status, row.checked_in_at, title or "",
                _values(marks),
            )
        )  # fmt: skip
    return found


def meetings(session: Session, roadshow: Roadshow) -> list[MeetingRow]:
    """Scheduled and published ones, those freed, and those found on the day."""
    one, other = aliased(RoadshowParticipant), aliased(RoadshowParticipant)
    rows = session.execute(
        _with_names(RoadshowMeeting)
        .add_columns(col(one.checked_in_at), col(other.checked_in_at))
        .outerjoin(one, col(one.id) == col(RoadshowMeeting.demand_participant_id))
        .outerjoin(other, col(other.id) == col(RoadshowMeeting.supply_participant_id))
        .where(
            col(RoadshowMeeting.roadshow_id) == roadshow.id,
            col(RoadshowMeeting.status) != MeetingStatus.PROVISIONAL,
        )
        .order_by(
            col(RoadshowMeeting.slot).nulls_first(),
            col(RoadshowMeeting.table_no).nulls_first(),
            col(RoadshowMeeting.id),
        )
    ).all()
    said = {
        (row.meeting_id, row.side): row
        for row in session.exec(
            select(RoadshowFeedback)
            .join(RoadshowMeeting, col(RoadshowMeeting.id) == RoadshowFeedback.meeting_id)
            .where(RoadshowMeeting.roadshow_id == roadshow.id)
        ).all()
    }
    found = []
    for meeting, demand_name, supply_name, market, came, other_came in rows:
        sides = [said.get((meeting.id, side)) for side in (Side.DEMAND, Side.SUPPLY)]
        both_came = came is not None and other_came is not None
        marks = _meeting_marks(meeting.status, sides, both_came=both_came)
        demand_said, supply_said = sides
        found.append(
            MeetingRow(
                demand_name,
                supply_name,
                market,
                meeting.origin,
                meeting.status,
                meeting.slot,
                demand_said.rating if demand_said else None,
                supply_said.rating if supply_said else None,
                demand_said.goes_on if demand_said else None,
                supply_said.goes_on if supply_said else None,
                _values([*marks, market]),
            )
        )
    return found


def _meeting_marks(status: MeetingStatus, sides: Sequence[RoadshowFeedback | None], *, both_came: bool) -> list[Mark]:
    """A planned meeting took place if both sides were there or one of them says so."""
    if status is MeetingStatus.FREED:
        return [_M.FREED]
    n_said = sum(row is not None for row in sides)
    is_held = status is MeetingStatus.NOTED or both_came or n_said > 0
    marks = [_M.FOUND_THERE if status is MeetingStatus.NOTED else _M.PLANNED, _M.HELD if is_held else _M.NOT_HELD]
    if is_held:
        marks.append((_M.NOBODY_SAID, _M.ONE_SAID, _M.BOTH_SAID)[n_said])
    if all(row is not None and row.goes_on for row in sides):
        marks.append(_M.BOTH_GO_ON)
    return marks


def pairings(session: Session, roadshow: Roadshow) -> list[PairingRow]:
    rows = session.execute(
        _with_names(Pairing).where(_of(roadshow)).order_by(col(Pairing.proposed_at), col(Pairing.id))
    ).all()
    return [
        PairingRow(
            demand_name, supply_name, market, row.origin, row.status, row.verdict_reason, row.proposed_at,
            row.decided_at,
            _values([row.status, market, *([_M.WITH_REASON, row.verdict_reason] if row.verdict_reason else [])]),
        )
        for row, demand_name, supply_name, market in rows
    ]  # fmt: skip


def steps(session: Session, roadshow: Roadshow, *, on: date) -> tuple[list[StepRow], list[OverdueRow]]:
    """Steps in force of the roadshow's pairings, and the pairings whose latest due day has passed."""
    rows = session.execute(
        _with_names(Pairing)
        .add_columns(CaseStep)
        .join(CaseStep, col(CaseStep.pairing_id) == col(Pairing.id))
        .where(_of(roadshow))
        .order_by(col(CaseStep.happened_on), col(CaseStep.id))
    ).all()
    replaced = {step.corrects_id for *_pairing, step in rows}
    found: list[StepRow] = []
    due: dict[int | None, OverdueRow] = {}
    for pairing, demand_name, supply_name, market, step in rows:
        if step.is_void or step.id in replaced:
            continue
        found.append(
            StepRow(
                demand_name, supply_name, market, step.kind, step.happened_on, step.amount_fen,
                _values([step.kind, market]),
            )
        )  # fmt: skip
        if step.next_step_due_on is not None:
            latest = max(step.next_step_due_on, due[pairing.id].due_on if pairing.id in due else date.min)
            due[pairing.id] = OverdueRow(demand_name, supply_name, market, pairing.status, latest, _values([market]))
    running = RELEASED_PAIRING - {PairingStatus.FULFILLED}
    late = [row for row in due.values() if row.status in running and row.due_on < on]
    return found, sorted(late, key=lambda row: (row.due_on, row.demand_name, row.supply_name))


def unmet(session: Session, roadshow: Roadshow) -> list[UnmetRow]:
    """What the last planning could not meet, then meetings that were freed, with what was noted about them."""
    named = session.exec(
        select(RoadshowParticipant.public_id, Organization.legal_name)
        .join(Organization, col(Organization.id) == RoadshowParticipant.organization_id)
        .where(RoadshowParticipant.roadshow_id == roadshow.id)
    ).all()
    names = dict(named)
    lines = [
        UnmetRow(
            names.get(line["participant"], ""), names.get(line.get("partner") or "", ""), line.get("wish"),
            line["wanted"], line["got"], line["cause"], "", _values([_M.PLANNED]),
        )
        for line in (roadshow.plan or {}).get("unmet", ())
    ]  # fmt: skip
    freed = session.execute(
        _with_names(RoadshowMeeting)
        .where(
            col(RoadshowMeeting.roadshow_id) == roadshow.id, col(RoadshowMeeting.status) == MeetingStatus.FREED
        )
        .order_by(col(RoadshowMeeting.id))
    ).all()  # fmt: skip
    return lines + [
        UnmetRow(demand_name, supply_name, None, 1, 0, None, row.note, _values([_M.FREED]))
        for row, demand_name, supply_name, _market in freed
    ]


def firms_by_id(session: Session, ids: Iterable[int]) -> dict[int, Firm]:
    wanted = set(ids)
    if not wanted:
        return {}
    rows = session.execute(
        select_columns(col(Organization.id), col(Organization.legal_name), col(Organization.chain_id)).where(
            col(Organization.kind) == OrganizationKind.ENTERPRISE
        )
    ).all()
    return {row.id: Firm(*row) for row in rows if row.id in wanted}


def _of(roadshow: Roadshow) -> Any:
    """Pairings that came of the roadshow: opened there, or of two that met there."""
    met = select(RoadshowMeeting.pairing_id).where(
        RoadshowMeeting.roadshow_id == roadshow.id, col(RoadshowMeeting.pairing_id).is_not(None)
    )
    return or_(col(Pairing.roadshow_id) == roadshow.id, col(Pairing.id).in_(met))


def _with_names(model: Any) -> Any:
    """Rows of a pair with the names of both sides and the market."""
    demander, supplier = aliased(Organization), aliased(Organization)
    return (
        select_columns(model, col(demander.legal_name), col(supplier.legal_name), col(Demand.market))
        .join(Demand, col(Demand.id) == col(model.demand_id))
        .join(Supply, col(Supply.id) == col(model.supply_id))
        .join(demander, col(demander.id) == col(Demand.organization_id))
        .join(supplier, col(supplier.id) == col(Supply.organization_id))
    )


def _values(marks: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(mark) for mark in marks)
