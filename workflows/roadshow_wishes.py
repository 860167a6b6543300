"""Whom a participant wants to meet, and when it has time. Wishes are private; a veto is absolute."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from models.roadshow import Roadshow, RoadshowParticipant, RoadshowWish
from vocabulary.classifications import WishKind
from vocabulary.lifecycles import ROADSHOW, ParticipantStatus, RoadshowStatus
from workflows.audit import record
from workflows.errors import NotComplete, StepNotAllowed


def set_wishes(
    session: Session,
    actor: Actor,
    roadshow: Roadshow,
    own: RoadshowParticipant,
    wishes: Mapping[str, WishKind | None],
) -> None:
    """Keep the wishes by the public id of the other participant; None takes a wish back. No one is told."""
    _require_own_open(actor, roadshow, own)
    others = {
        row.public_id: row.id
        for row in session.exec(
            select(RoadshowParticipant).where(
                RoadshowParticipant.roadshow_id == roadshow.id, col(RoadshowParticipant.public_id).in_(wishes)
            )
        ).all()
    }
    present = {row.to_id: row for row in session.exec(select(RoadshowWish).where(RoadshowWish.from_id == own.id)).all()}
    for public_id, kind in wishes.items():
        other_id = others.get(public_id)
        if other_id is None or other_id == own.id:
            raise NotVisible
        known = present.get(other_id)
        if kind is None and known is not None:
            session.delete(known)
        elif kind is not None and known is None:
            session.add(RoadshowWish(from_id=own.id or 0, to_id=other_id, kind=kind))
        elif kind is not None and known is not None:
            known.kind = kind
    session.flush()
    _record(session, actor, own)


def set_availability(
    session: Session,
    actor: Actor,
    roadshow: Roadshow,
    own: RoadshowParticipant,
    *,
    unavailable_slots: Sequence[int],
    min_meetings: int = 0,
    max_meetings: int | None = None,
) -> None:
    """Keep the exceptions from "all day" and the wished number of meetings.

    Raises NotComplete when no plan could keep them: more meetings wanted than free slots, or least above most.
    """
    _require_own_open(actor, roadshow, own)
    closed = sorted({slot for slot in unavailable_slots if 0 <= slot < roadshow.n_slots})
    free = roadshow.n_slots - len(closed)
    problems = {}
    if max_meetings is not None and min_meetings > max_meetings:
        problems["max_meetings"] = "below_least"
    if min_meetings > free:
        problems["min_meetings"] = "more_than_slots"
    if problems:
        raise NotComplete(problems)
    own.unavailable_slots, own.min_meetings, own.max_meetings = closed, min_meetings, max_meetings
    session.add(own)
    session.flush()
    _record(session, actor, own)


def _record(session: Session, actor: Actor, own: RoadshowParticipant) -> None:
    """That wishes were set; which ones stays private, also in the ledger."""
    record(
        session, actor, "roadshow_wishes_set", subject_kind="roadshow_participant", subject_id=own.id or 0,
        visible_to_organization_id=own.organization_id,
    )  # fmt: skip


def _require_own_open(actor: Actor, roadshow: Roadshow, own: RoadshowParticipant) -> None:
    require(actor, Permission.ATTEND_ROADSHOWS)
    if actor.organization_id != own.organization_id or own.status is not ParticipantStatus.ACCEPTED:
        raise NotVisible
    if roadshow.status is not RoadshowStatus.ANNOUNCED:
        raise StepNotAllowed(noun=ROADSHOW.noun, current=roadshow.status, wanted=RoadshowStatus.ANNOUNCED)
