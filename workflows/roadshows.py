"""Roadshows and the meetings held at them; a meeting puts its pair before the office."""

from datetime import date

from sqlmodel import Session, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import is_city_level, is_of_own_chain, require, require_rule
from models.roadshow import Roadshow, RoadshowMeeting
from vocabulary.classifications import PairingOrigin
from vocabulary.lifecycles import ROADSHOW, RoadshowStatus
from workflows.audit import record
from workflows.errors import NotComplete, StepNotAllowed
from workflows.pairings import propose
from workflows.transitions import advance

_MEETINGS_WHILE = frozenset({RoadshowStatus.ANNOUNCED, RoadshowStatus.HELD})
_runs = is_of_own_chain | is_city_level


def plan(
    session: Session, actor: Actor, *, name: str, venue: str, held_on: date, chain_id: int | None = None
) -> Roadshow:
    """A new roadshow of the official's chain; only the joint office plans one of all chains (no chain)."""
    require(actor, Permission.RUN_ROADSHOWS)
    if not name.strip():
        raise NotComplete({"name": "required"})
    roadshow = Roadshow(name=name.strip(), venue=venue.strip(), held_on=held_on, chain_id=chain_id)
    require_rule(actor, _runs, roadshow, "plan_roadshow")
    session.add(roadshow)
    session.flush()
    record(
        session,
        actor,
        "roadshow_planned",
        subject_kind=ROADSHOW.noun,
        subject_id=roadshow.id or 0,
        new={"held_on": held_on.isoformat()},
        chain_id=chain_id,
    )
    return roadshow


def announce(session: Session, actor: Actor, roadshow: Roadshow) -> None:
    _advance(session, actor, roadshow, RoadshowStatus.ANNOUNCED)


def hold(session: Session, actor: Actor, roadshow: Roadshow) -> None:
    _advance(session, actor, roadshow, RoadshowStatus.HELD)


def cancel(session: Session, actor: Actor, roadshow: Roadshow, *, reason: str = "") -> None:
    _advance(session, actor, roadshow, RoadshowStatus.CANCELLED, reason=reason)


def add_meeting(
    session: Session, actor: Actor, roadshow: Roadshow, *, demand_id: int, supply_id: int, note: str = ""
) -> RoadshowMeeting:
    """Note that two sides met; opens their pairing, or finds the live one. The same pair meets once a roadshow."""
    require(actor, Permission.RUN_ROADSHOWS)
    require_rule(actor, _runs, roadshow, "add_meeting")
    if roadshow.status not in _MEETINGS_WHILE:
        raise StepNotAllowed(noun=ROADSHOW.noun, current=roadshow.status, wanted=RoadshowStatus.HELD)
    pairing = propose(
        session,
        actor,
        demand_id=demand_id,
        supply_id=supply_id,
        origin=PairingOrigin.ROADSHOW,
        roadshow_id=roadshow.id,
    )
    meeting = session.exec(
        select(RoadshowMeeting).where(
            RoadshowMeeting.roadshow_id == roadshow.id,
            RoadshowMeeting.demand_id == demand_id,
            RoadshowMeeting.supply_id == supply_id,
        )
    ).first() or RoadshowMeeting(roadshow_id=roadshow.id or 0, demand_id=demand_id, supply_id=supply_id)
    meeting.note = note[:1000] or meeting.note
    meeting.pairing_id = pairing.id
    session.add(meeting)
    session.flush()
    return meeting


def roadshow_to_run(session: Session, actor: Actor, public_id: str) -> Roadshow:
    """A roadshow the official runs, or NotVisible."""
    roadshow = session.exec(select(Roadshow).where(Roadshow.public_id == public_id)).first()
    if roadshow is None or not _runs(actor, roadshow):
        raise NotVisible
    return roadshow


def _advance(session: Session, actor: Actor, roadshow: Roadshow, target: RoadshowStatus, *, reason: str = "") -> None:
    require(actor, Permission.RUN_ROADSHOWS)
    require_rule(actor, _runs, roadshow, target.value)
    advance(session, actor, ROADSHOW, roadshow, target, reason=reason, chain_id=roadshow.chain_id)
