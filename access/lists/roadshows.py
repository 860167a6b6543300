"""Roadshows of an office and the meetings held at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, or_, select

from access import search
from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from access.scopes import in_chain
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.roadshow import Roadshow, RoadshowMeeting, RoadshowParticipant, RoadshowVersion
from vocabulary.classifications import Market
from vocabulary.lifecycles import OrganizationStatus, PairingStatus, ParticipantStatus, PostingStatus
from vocabulary.roles import SELF_REGISTERING, OrganizationKind


@dataclass(frozen=True)
class MeetingLine:
    demand_name: str
    demand_title: str
    supply_name: str
    supply_title: str
    note: str
    pairing_public_id: str | None
    pairing_status: PairingStatus | None


@dataclass(frozen=True)
class PostingChoice:
    id: int
    text: str


@dataclass(frozen=True)
class ParticipantLine:
    row: RoadshowParticipant
    organization: Organization


@dataclass(frozen=True)
class InvitePage:
    """Organizations that may be invited; `total` counts all that fit the filter."""

    items: Sequence[Organization]
    total: int


def roadshows(session: Session, actor: Actor) -> list[Roadshow]:
    """The office's roadshows and those of all chains, newest first."""
    require(actor, Permission.RUN_ROADSHOWS)
    scope = or_(in_chain(actor, Roadshow.chain_id), col(Roadshow.chain_id).is_(None))
    return list(session.exec(select(Roadshow).where(scope).order_by(col(Roadshow.held_on).desc())).all())


def participants(session: Session, roadshow: Roadshow) -> list[ParticipantLine]:
    """Everybody asked or asking, those who wait in the order in which they move up."""
    rows = session.exec(
        select(RoadshowParticipant, Organization)
        .join(Organization, col(Organization.id) == RoadshowParticipant.organization_id)
        .where(RoadshowParticipant.roadshow_id == roadshow.id)
        .order_by(
            col(RoadshowParticipant.waiting_since).nulls_first(), col(Organization.kind), col(Organization.legal_name),
            col(RoadshowParticipant.id),
        )
    ).all()  # fmt: skip
    return [ParticipantLine(row, organization) for row, organization in rows]


def counts_by_status(session: Session, roadshow: Roadshow) -> dict[ParticipantStatus, int]:
    rows = session.exec(
        select(RoadshowParticipant.status, func.count())
        .where(RoadshowParticipant.roadshow_id == roadshow.id)
        .group_by(col(RoadshowParticipant.status))
    ).all()
    return {ParticipantStatus(status): number for status, number in rows}


def invitable(
    session: Session, roadshow: Roadshow, *, kind: OrganizationKind | None, q: str, page: int, size: int
) -> InvitePage:
    """Verified organizations not asked yet, or that may be asked again; those of the roadshow's chain first."""
    asked = select(RoadshowParticipant.organization_id).where(
        RoadshowParticipant.roadshow_id == roadshow.id,
        col(RoadshowParticipant.status).not_in(
            (ParticipantStatus.DECLINED, ParticipantStatus.REFUSED, ParticipantStatus.WITHDRAWN)
        ),
    )
    statement = select(Organization).where(
        Organization.status == OrganizationStatus.VERIFIED,
        col(Organization.kind).in_((kind,) if kind else SELF_REGISTERING),
        col(Organization.id).not_in(asked),
    )
    if q:
        statement = statement.where(search.found_by(q, search.organization(Organization.id)))
    total = session.exec(select(func.count()).select_from(statement.subquery())).one()
    order = (
        (col(Organization.chain_id) == roadshow.chain_id).desc(), col(Organization.legal_name), col(Organization.id),
    )  # fmt: skip
    return InvitePage(session.exec(statement.order_by(*order).offset((page - 1) * size).limit(size)).all(), total)


def versions(session: Session, roadshow: Roadshow) -> Sequence[RoadshowVersion]:
    """Published versions, newest first."""
    return session.exec(
        select(RoadshowVersion)
        .where(RoadshowVersion.roadshow_id == roadshow.id)
        .order_by(col(RoadshowVersion.version).desc())
    ).all()


def meetings(session: Session, roadshow: Roadshow) -> list[MeetingLine]:
    demand_owner, supply_owner = aliased(Organization), aliased(Organization)
    rows = session.execute(
        select_columns(
            col(demand_owner.legal_name),
            col(Demand.title),
            col(supply_owner.legal_name),
            col(Supply.title),
            col(RoadshowMeeting.note),
            col(Pairing.public_id),
            col(Pairing.status),
        )
        .select_from(RoadshowMeeting)
        .join(Demand, col(Demand.id) == col(RoadshowMeeting.demand_id))
        .join(Supply, col(Supply.id) == col(RoadshowMeeting.supply_id))
        .join(demand_owner, col(demand_owner.id) == col(Demand.organization_id))
        .join(supply_owner, col(supply_owner.id) == col(Supply.organization_id))
        .outerjoin(Pairing, col(Pairing.id) == col(RoadshowMeeting.pairing_id))
        .where(col(RoadshowMeeting.roadshow_id) == roadshow.id)
        .order_by(col(RoadshowMeeting.id))
    ).all()
    return [MeetingLine(*row) for row in rows]


def open_postings(session: Session, actor: Actor, market: Market) -> tuple[list[PostingChoice], list[PostingChoice]]:
    """Open demands and supplies of a market to choose from; the firms' side is of the office's chain."""
    require(actor, Permission.RUN_ROADSHOWS)
    return tuple(_choices(session, actor, model, market) for model in (Demand, Supply))  # type: ignore[return-value]


def _choices(session: Session, actor: Actor, model: Any, market: Market) -> list[PostingChoice]:
    is_firm_side = (model is Demand) == (market is Market.FINANCE)
    statement = (
        select_columns(col(model.id), col(Organization.legal_name), col(model.title))
        .join(Organization, col(Organization.id) == col(model.organization_id))
        .where(col(model.market) == market, col(model.status) == PostingStatus.OPEN)
        .order_by(col(Organization.legal_name), col(model.id))
        .limit(500)
    )
    if is_firm_side:
        statement = statement.where(in_chain(actor, model.chain_id))
    return [PostingChoice(row_id, f"{name} · {title}") for row_id, name, title in session.execute(statement).all()]
