"""Roadshows as those see them who attend, and the public notice: published facts only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, and_, col, or_, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from models.roadshow import Roadshow, RoadshowParticipant, RoadshowVersion
from vocabulary.lifecycles import ParticipantStatus, RoadshowStatus

_PUBLIC = (RoadshowStatus.ANNOUNCED, RoadshowStatus.HELD, RoadshowStatus.CANCELLED)


@dataclass(frozen=True)
class Notice:
    """A published roadshow by its newest version."""

    public_id: str
    status: RoadshowStatus
    version: RoadshowVersion


@dataclass(frozen=True)
class Visit:
    """A published roadshow and the reader's own place in it."""

    roadshow: Roadshow
    own: RoadshowParticipant | None


def notices(session: Session, *, since: date) -> list[Notice]:
    """Published roadshows from a day on, the next one first."""
    return [
        Notice(roadshow.public_id, roadshow.status, version)
        for roadshow, version in session.exec(
            _notices().where(Roadshow.held_on >= since).order_by(col(Roadshow.held_on), col(Roadshow.id)).limit(60)
        ).all()
    ]


def notice(session: Session, public_id: str) -> Notice:
    """One published roadshow, or NotVisible; a draft and a roadshow that does not exist look the same."""
    found = session.exec(_notices().where(Roadshow.public_id == public_id)).first()
    if found is None:
        raise NotVisible
    return Notice(found[0].public_id, found[0].status, found[1])


def visits(session: Session, actor: Actor) -> list[Visit]:
    """Published roadshows, newest first; `own` is the place of the actor's organization."""
    require(actor, Permission.ATTEND_ROADSHOWS)
    return [
        Visit(roadshow, own)
        for roadshow, own in session.exec(
            _visits(actor).order_by(col(Roadshow.held_on).desc(), col(Roadshow.id)).limit(100)
        ).all()
    ]


def visit(session: Session, actor: Actor, public_id: str) -> Visit:
    """One published roadshow for somebody who may attend, or NotVisible."""
    require(actor, Permission.ATTEND_ROADSHOWS)
    found = session.exec(_visits(actor).where(Roadshow.public_id == public_id)).first()
    if found is None:
        raise NotVisible
    return Visit(*found)


def versions(session: Session, roadshow: Roadshow) -> Sequence[RoadshowVersion]:
    """What was published, newest first."""
    return session.exec(
        select(RoadshowVersion)
        .where(RoadshowVersion.roadshow_id == roadshow.id)
        .order_by(col(RoadshowVersion.version).desc())
    ).all()


def _notices() -> Any:
    return (
        select(Roadshow, RoadshowVersion)
        .join(
            RoadshowVersion,
            and_(
                col(RoadshowVersion.roadshow_id) == col(Roadshow.id),
                col(RoadshowVersion.version) == col(Roadshow.version),
            ),
        )
        .where(col(Roadshow.status).in_(_PUBLIC))
    )


def _visits(actor: Actor) -> Any:
    mine = and_(
        col(RoadshowParticipant.roadshow_id) == col(Roadshow.id),
        col(RoadshowParticipant.organization_id) == actor.organization_id,
    )
    return (
        select(Roadshow, RoadshowParticipant)
        .outerjoin(RoadshowParticipant, mine)
        .where(
            Roadshow.version > 0,
            or_(
                col(Roadshow.status).in_((RoadshowStatus.ANNOUNCED, RoadshowStatus.HELD)),
                and_(col(Roadshow.status) == RoadshowStatus.CANCELLED, col(RoadshowParticipant.id).is_not(None)),
            ),
            or_(
                col(RoadshowParticipant.status).is_(None),
                col(RoadshowParticipant.status) != ParticipantStatus.REFUSED,
                col(Roadshow.status) == RoadshowStatus.ANNOUNCED,
            ),
        )
    )


def partner(session: Session, roadshow: Roadshow, organization_id: int) -> RoadshowParticipant | None:
    """Another organization's place at a roadshow the reader attends, if it has a seat."""
    return session.exec(
        select(RoadshowParticipant).where(
            RoadshowParticipant.roadshow_id == roadshow.id,
            RoadshowParticipant.organization_id == organization_id,
            RoadshowParticipant.status == ParticipantStatus.ACCEPTED,
        )
    ).first()
