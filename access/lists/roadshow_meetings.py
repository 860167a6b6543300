"""One-to-one meetings: the office's plan, a participant's partners, wishes and schedule."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from access.actor import Actor
from models.organization import Organization
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from models.roadshow import Roadshow, RoadshowMeeting, RoadshowParticipant, RoadshowWish
from vocabulary.classifications import WishKind
from vocabulary.lifecycles import SCHEDULED, MeetingStatus, ParticipantStatus
from vocabulary.reasons import PairState
from vocabulary.roles import OrganizationKind


@dataclass(frozen=True)
class ScheduledLine:
    """One meeting with the names of both sides and what they would talk about."""

    meeting: RoadshowMeeting
    demand_name: str
    demand_title: str
    demand_organization_id: int
    supply_name: str
    supply_title: str


@dataclass(frozen=True)
class Appointment:
    """One meeting as one of its sides sees it."""

    meeting: RoadshowMeeting
    partner_name: str
    own_title: str
    partner_title: str
    represented_by: str


@dataclass(frozen=True)
class Partner:
    """Somebody to meet; `fit` where the engine recommends a pair of postings of the two."""

    public_id: str
    name: str
    kind: OrganizationKind
    fit: float | None
    wish: WishKind | None


@dataclass(frozen=True)
class Choice:
    public_id: str
    name: str


def plan_lines(session: Session, roadshow: Roadshow) -> list[ScheduledLine]:
    """Scheduled meetings by slot and table."""
    demander, supplier = aliased(Organization), aliased(Organization)
    rows = session.execute(
        select_columns(
            RoadshowMeeting,
            col(demander.legal_name),
            col(Demand.title),
            col(Demand.organization_id),
            col(supplier.legal_name),
            col(Supply.title),
        )
        .join(Demand, col(Demand.id) == col(RoadshowMeeting.demand_id))
        .join(Supply, col(Supply.id) == col(RoadshowMeeting.supply_id))
        .join(demander, col(demander.id) == col(Demand.organization_id))
        .join(supplier, col(supplier.id) == col(Supply.organization_id))
        .where(col(RoadshowMeeting.roadshow_id) == roadshow.id, col(RoadshowMeeting.status).in_(SCHEDULED))
        .order_by(col(RoadshowMeeting.slot).nulls_first(), col(RoadshowMeeting.table_no).nulls_first())
    ).all()
    return [ScheduledLine(*row) for row in rows]


def appointments(session: Session, own: RoadshowParticipant) -> list[Appointment]:
    """Published meetings of a participant, in order of time."""
    partner = aliased(RoadshowParticipant)
    partner_organization = aliased(Organization)
    rows = session.execute(
        select_columns(
            RoadshowMeeting,
            col(partner_organization.legal_name),
            col(Demand.title),
            col(Supply.title),
            col(partner.represented_by),
            col(RoadshowMeeting.demand_participant_id),
        )
        .join(Demand, col(Demand.id) == col(RoadshowMeeting.demand_id))
        .join(Supply, col(Supply.id) == col(RoadshowMeeting.supply_id))
        .join(partner, _is_other(partner, own))
        .join(partner_organization, col(partner_organization.id) == col(partner.organization_id))
        .where(col(RoadshowMeeting.status) == MeetingStatus.PUBLISHED)
        .order_by(col(RoadshowMeeting.slot).nulls_first())
    ).all()
    found = []
    for meeting, name, demand_title, supply_title, represented_by, demander in rows:
        titles = (demand_title, supply_title) if demander == own.id else (supply_title, demand_title)
        found.append(Appointment(meeting, name, *titles, represented_by))
    return found


def _is_other(partner: Any, own: RoadshowParticipant) -> Any:
    one, other = col(RoadshowMeeting.demand_participant_id), col(RoadshowMeeting.supply_participant_id)
    return ((one == own.id) & (other == col(partner.id))) | ((other == own.id) & (one == col(partner.id)))


def partners(session: Session, actor: Actor, own: RoadshowParticipant) -> list[Partner]:
    """Those who come and could be met, best fit first: for a bank or a buyer the enterprises, else everybody else."""
    statement = (
        select(RoadshowParticipant, Organization)
        .join(Organization, col(Organization.id) == RoadshowParticipant.organization_id)
        .where(
            RoadshowParticipant.roadshow_id == own.roadshow_id,
            RoadshowParticipant.status == ParticipantStatus.ACCEPTED,
            RoadshowParticipant.id != own.id,
        )
    )
    if actor.organization_kind is not OrganizationKind.ENTERPRISE:
        statement = statement.where(Organization.kind == OrganizationKind.ENTERPRISE)
    said = session.exec(select(RoadshowWish).where(RoadshowWish.from_id == own.id)).all()
    wishes = {wish.to_id: wish.kind for wish in said}
    fits = _fits(session, own)
    found = [
        Partner(row.public_id, organization.legal_name, organization.kind, fits.get(organization.id or 0),
                wishes.get(row.id or 0))
        for row, organization in session.exec(statement).all()
    ]  # fmt: skip
    return sorted(found, key=lambda partner: (-(partner.fit or 0), partner.name))


def _fits(session: Session, own: RoadshowParticipant) -> dict[int, float]:
    """Organization id -> the best eligible fit with the participant's own postings."""
    rows = session.exec(
        select(Demand.organization_id, Supply.organization_id, Recommendation.score)
        .select_from(Recommendation)
        .join(Demand, col(Demand.id) == Recommendation.demand_id)
        .join(Supply, col(Supply.id) == Recommendation.supply_id)
        .where(
            col(Recommendation.superseded_at).is_(None),
            Recommendation.state == PairState.ELIGIBLE,
            (col(Demand.organization_id) == own.organization_id) | (col(Supply.organization_id) == own.organization_id),
        )
        .order_by(col(Recommendation.score))
    ).all()
    return {supplier if demander == own.organization_id else demander: score for demander, supplier, score in rows}


def coming(session: Session, roadshow: Roadshow) -> list[Choice]:
    """Those with a seat, by name: to choose from."""
    rows = session.exec(
        select(RoadshowParticipant.public_id, Organization.legal_name)
        .join(Organization, col(Organization.id) == RoadshowParticipant.organization_id)
        .where(RoadshowParticipant.roadshow_id == roadshow.id, RoadshowParticipant.status == ParticipantStatus.ACCEPTED)
        .order_by(col(Organization.legal_name))
    ).all()
    return [Choice(public_id, name) for public_id, name in rows]


def names(session: Session, roadshow: Roadshow) -> dict[str, str]:
    """Participant public id -> name."""
    rows = session.exec(
        select(RoadshowParticipant.public_id, Organization.legal_name)
        .join(Organization, col(Organization.id) == RoadshowParticipant.organization_id)
        .where(RoadshowParticipant.roadshow_id == roadshow.id)
    ).all()
    return dict(rows)
