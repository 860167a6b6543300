"""The day of a roadshow: who is expected and who came; meetings with what was said; decks and questions."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from access import search
from access.lists.roadshows import ParticipantLine
from models.organization import Organization
from models.posting import Demand, Supply
from models.roadshow import (
    Roadshow,
    RoadshowFeedback,
    RoadshowMeeting,
    RoadshowParticipant,
    RoadshowQuestion,
)
from vocabulary.classifications import Side
from vocabulary.lifecycles import MeetingStatus, OrganizationStatus, ParticipantStatus
from vocabulary.roles import SELF_REGISTERING


@dataclass(frozen=True)
class Expected:
    """Who has a seat, by name, those not here yet first."""

    lines: list[ParticipantLine]
    n_here: int
    n_coming: int


@dataclass(frozen=True)
class OwnMeeting:
    """One meeting of a side with what it said so far."""

    meeting: RoadshowMeeting
    side: Side
    partner_name: str
    partner_id: int
    own_title: str
    partner_title: str
    feedback: RoadshowFeedback | None


@dataclass(frozen=True)
class QuestionLine:
    question: RoadshowQuestion
    asked_by: str


@dataclass(frozen=True)
class Material:
    """What a firm presented at one roadshow, and what it was asked there."""

    roadshow_name: str
    row: RoadshowParticipant
    questions: list[QuestionLine]


def expected(session: Session, roadshow: Roadshow, *, q: str = "") -> Expected:
    statement = (
        select(RoadshowParticipant, Organization)
        .join(Organization, col(Organization.id) == RoadshowParticipant.organization_id)
        .where(RoadshowParticipant.roadshow_id == roadshow.id, RoadshowParticipant.status == ParticipantStatus.ACCEPTED)
        .order_by(col(RoadshowParticipant.checked_in_at).is_not(None), col(Organization.legal_name))
    )
    if q:
        statement = statement.where(
            search.found_by(q, search.organization(Organization.id))
            | col(RoadshowParticipant.represented_by).contains(q, autoescape=True)
        )
    here, coming = session.exec(
        select(func.count(col(RoadshowParticipant.checked_in_at)), func.count()).where(
            RoadshowParticipant.roadshow_id == roadshow.id, RoadshowParticipant.status == ParticipantStatus.ACCEPTED
        )
    ).one()
    return Expected([ParticipantLine(*row) for row in session.exec(statement).all()], here, coming)


def walk_ins(session: Session, roadshow: Roadshow, *, q: str) -> Sequence[Organization]:
    """Verified organizations without a seat whose name fits, a few."""
    seated = select(RoadshowParticipant.organization_id).where(
        RoadshowParticipant.roadshow_id == roadshow.id, RoadshowParticipant.status == ParticipantStatus.ACCEPTED
    )
    return session.exec(
        select(Organization)
        .where(
            search.found_by(q, search.organization(Organization.id)),
            Organization.status == OrganizationStatus.VERIFIED,
            col(Organization.kind).in_(SELF_REGISTERING),
            col(Organization.id).not_in(seated),
        )
        .order_by(col(Organization.legal_name))
        .limit(8)
    ).all()


def own_meetings(session: Session, roadshow: Roadshow, organization_id: int) -> list[OwnMeeting]:
    """Meetings of an organization at a roadshow, by slot, with what it said of each."""
    rows = session.exec(
        select(RoadshowMeeting, Demand, Supply)
        .join(Demand, col(Demand.id) == RoadshowMeeting.demand_id)
        .join(Supply, col(Supply.id) == RoadshowMeeting.supply_id)
        .where(
            RoadshowMeeting.roadshow_id == roadshow.id,
            col(RoadshowMeeting.status).in_((MeetingStatus.PUBLISHED, MeetingStatus.NOTED)),
            (col(Demand.organization_id) == organization_id) | (col(Supply.organization_id) == organization_id),
        )
        .order_by(col(RoadshowMeeting.slot).nulls_first(), col(RoadshowMeeting.id))
    ).all()
    partner_ids = {demand.organization_id for _m, demand, _s in rows} | {row.organization_id for _m, _d, row in rows}
    names = dict(
        session.exec(
            select(Organization.id, Organization.legal_name).where(col(Organization.id).in_(partner_ids))
        ).all()
    )
    said = {
        (row.meeting_id, row.side): row
        for row in session.exec(
            select(RoadshowFeedback).where(col(RoadshowFeedback.meeting_id).in_([row[0].id for row in rows]))
        ).all()
    }
    found = []
    for meeting, demand, supply in rows:
        is_demand = demand.organization_id == organization_id
        own, partner = (demand, supply) if is_demand else (supply, demand)
        side = Side.DEMAND if is_demand else Side.SUPPLY
        found.append(
            OwnMeeting(
                meeting, side, names[partner.organization_id], partner.organization_id, own.title, partner.title,
                said.get((meeting.id or 0, side)),
            )
        )  # fmt: skip
    return found


def materials(session: Session, organization_id: int) -> list[Material]:
    """What a firm presented and was asked, newest roadshow first; only roadshows where there is something."""
    rows = session.exec(
        select(RoadshowParticipant, Roadshow.name)
        .join(Roadshow, col(Roadshow.id) == RoadshowParticipant.roadshow_id)
        .where(RoadshowParticipant.organization_id == organization_id)
        .order_by(col(Roadshow.held_on).desc(), col(Roadshow.id).desc())
        .limit(10)
    ).all()
    questions: dict[int, list[QuestionLine]] = {}
    for question, name in session.exec(
        select(RoadshowQuestion, Organization.legal_name)
        .join(Organization, col(Organization.id) == RoadshowQuestion.asked_by_organization_id)
        .where(col(RoadshowQuestion.participant_id).in_([row.id for row, _name in rows]))
        .order_by(col(RoadshowQuestion.id))
    ).all():
        questions.setdefault(question.participant_id, []).append(QuestionLine(question, name))
    found = [Material(name, row, questions.get(row.id or 0, [])) for row, name in rows]
    return [item for item in found if item.questions or item.row.deck_url or item.row.deck_text]
