"""A person's inbox: what the person was told, as a member of the organization the person acts for now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, not_, or_
from sqlmodel import Session, col, func, select

from access.actor import Actor
from access.lookups import one
from access.scopes import OFFICES, own_pairings, pairings_to_decide
from models.base import now
from models.notice import Notice, NoticePreference
from models.pairing import Pairing
from vocabulary.events import EVENTS, SWITCHABLE, EventCategory, Frequency, codes_of, default_of
from vocabulary.lifecycles import PairingStatus


def is_held_back(at: datetime) -> ColumnElement[bool]:
    """What nobody may see yet: before its time, or told of a verdict that is still within its hold time.

    News from before the verdict stays where it was, else its going would tell of the verdict.
    """
    is_undecided = exists().where(
        col(Pairing.id) == col(Notice.pairing_id),
        col(Pairing.status) == PairingStatus.CONFIRMED,
        col(Pairing.decided_at) <= col(Notice.created_at),
    )
    return or_(col(Notice.visible_from) > at, is_undecided)


def shown_to(actor: Actor, at: datetime) -> ColumnElement[bool]:
    """The person's own notices that may be seen; one of an event that this version does not know has no words."""
    return and_(
        col(Notice.user_id) == actor.user_id,
        col(Notice.event).in_(EVENTS),
        or_(col(Notice.organization_id).is_(None), col(Notice.organization_id) == actor.organization_id),
        not_(is_held_back(at)),
    )


def unread(actor: Actor, at: datetime) -> Any:
    """Ids of what the person has not read."""
    return select(Notice.id).where(shown_to(actor, at), col(Notice.read_at).is_(None))


def inbox(
    session: Session,
    actor: Actor,
    *,
    at: datetime | None = None,
    category: EventCategory | None = None,
    page: int = 1,
    size: int = 50,
) -> tuple[Sequence[Notice], int]:
    """One page, unread first and newest first among them, and how many there are in all."""
    statement = select(Notice).where(shown_to(actor, at or now()))
    if category is not None:
        statement = statement.where(col(Notice.event).in_(codes_of(category)))
    total = session.exec(select(func.count()).select_from(statement.subquery())).one()
    rows = session.exec(
        statement.order_by(col(Notice.read_at).is_not(None), col(Notice.visible_from).desc(), col(Notice.id).desc())
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    return rows, total


def own_notice(session: Session, actor: Actor, public_id: str) -> Notice:
    """One notice of the person, or NotVisible."""
    row: Notice = one(session, select(Notice).where(shown_to(actor, now()), Notice.public_id == public_id))
    return row


def pairing_public_id(session: Session, actor: Actor, pairing_id: int) -> str:
    """The name in addresses of a pairing that an office decides or a side takes part in, or NotVisible."""
    scope = pairings_to_decide if actor.organization_kind in OFFICES else own_pairings
    pairing: Pairing = one(session, scope(actor).where(Pairing.id == pairing_id))
    return pairing.public_id


def chosen_frequencies(session: Session, actor: Actor) -> dict[EventCategory, Frequency]:
    """How often the person wants mail about each category that leaves a choice."""
    rows = session.exec(select(NoticePreference).where(NoticePreference.user_id == actor.user_id)).all()
    chosen = {row.category: row.frequency for row in rows}
    return {category: chosen.get(category, default_of(category)) for category in SWITCHABLE}
