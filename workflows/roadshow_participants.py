"""Who comes to a roadshow: invited or applying, with a seat or waiting for one. Seats are never given twice."""

from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import NotAllowed, require
from models.base import now
from models.organization import Organization
from models.roadshow import Roadshow, RoadshowParticipant
from vocabulary.classifications import ParticipantOrigin
from vocabulary.lifecycles import (
    PARTICIPANT,
    ROADSHOW,
    OrganizationStatus,
    ParticipantStatus,
    RoadshowStatus,
)
from vocabulary.roles import SELF_REGISTERING
from workflows.audit import record
from workflows.errors import NotComplete, StepNotAllowed
from workflows.roadshow_meetings import free_for
from workflows.roadshows import require_changeable, require_runs, runs, tell
from workflows.transitions import advance, require_step

_S = ParticipantStatus


class NoSeatLeft(Exception):
    """Every seat is taken."""


def invite(session: Session, actor: Actor, roadshow: Roadshow, organization_id: int) -> RoadshowParticipant:
    """Ask a verified organization; one that said no before is asked again. Told at once if already published."""
    require_runs(actor, roadshow)
    require_changeable(roadshow)
    _require_verified(session, organization_id)
    row = _existing(session, roadshow, organization_id)
    if row is None:
        row = _insert(session, actor, roadshow, organization_id, ParticipantOrigin.INVITED, _S.INVITED)
    elif row.status in (_S.DECLINED, _S.REFUSED, _S.WITHDRAWN):
        _advance(session, actor, roadshow, row, _S.INVITED)
    else:
        return row
    if roadshow.status is RoadshowStatus.ANNOUNCED:
        tell(session, roadshow, [organization_id], "invited")
    return row


def apply_for(
    session: Session, actor: Actor, roadshow: Roadshow, *, represented_by: str = "", note: str = ""
) -> RoadshowParticipant:
    """An organization asks for a seat at an announced roadshow; the office answers."""
    require(actor, Permission.ATTEND_ROADSHOWS)
    if not actor.is_verified or actor.organization_id is None:
        raise NotAllowed("verified_organization")
    _require_announced(roadshow)
    row = _existing(session, roadshow, actor.organization_id)
    if row is None:
        row = _insert(session, actor, roadshow, actor.organization_id, ParticipantOrigin.APPLIED, _S.APPLIED)
    else:
        _advance(session, actor, roadshow, row, _S.APPLIED)
    row.represented_by = represented_by.strip()[:120] or row.represented_by
    row.note = note.strip()[:500] or None
    session.flush()
    return row


def accept(session: Session, actor: Actor, roadshow: Roadshow, row: RoadshowParticipant) -> ParticipantStatus:
    """The office gives an applicant a seat, or a place on the waiting list when none is left; the applicant is told."""
    require_runs(actor, roadshow)
    _require_announced(roadshow)
    return _seat_or_wait(session, actor, roadshow, row)


def refuse(session: Session, actor: Actor, roadshow: Roadshow, row: RoadshowParticipant, *, note: str) -> None:
    """No seat for this applicant; the note, read on the page and not mailed, tells why."""
    require_runs(actor, roadshow)
    if not note.strip():
        raise NotComplete({"note": "required"})
    _advance(session, actor, roadshow, row, _S.REFUSED, note=note.strip()[:500])
    tell(session, roadshow, [row.organization_id], "refused")


def answer(
    session: Session,
    actor: Actor,
    roadshow: Roadshow,
    row: RoadshowParticipant,
    *,
    comes: bool,
    represented_by: str = "",
) -> ParticipantStatus:
    """An invited organization says yes (a seat, or the waiting list) or no."""
    _require_own(actor, row)
    _require_announced(roadshow)
    require_step(session, PARTICIPANT, row, _S.ACCEPTED if comes else _S.DECLINED)
    if row.status is not _S.INVITED:
        raise StepNotAllowed(noun=PARTICIPANT.noun, current=row.status, wanted=_S.ACCEPTED)
    row.represented_by = represented_by.strip()[:120] or row.represented_by
    session.flush()
    if comes:
        return _seat_or_wait(session, actor, roadshow, row)
    _advance(session, actor, roadshow, row, _S.DECLINED)
    return _S.DECLINED


def withdraw(session: Session, actor: Actor, roadshow: Roadshow, row: RoadshowParticipant, *, reason: str = "") -> None:
    """The organization, or the office for it, no longer comes: its seat goes to who has waited longest.

    Its meetings are freed and their other sides told.
    """
    if row.organization_id != actor.organization_id:
        require_runs(actor, roadshow)
    else:
        _require_own(actor, row)
    had_seat = row.status is _S.ACCEPTED
    _advance(session, actor, roadshow, row, _S.WITHDRAWN, reason=reason)
    if row.organization_id != actor.organization_id:
        tell(session, roadshow, [row.organization_id], "withdrawn")
    if had_seat:
        row.pitch_session_id = None
        free_for(session, actor, roadshow, row, reason=reason)
        _free_seat(session, roadshow)
        promote(session, actor, roadshow)


def promote(session: Session, actor: Actor, roadshow: Roadshow) -> int:
    """Seats that are free go to the waiting list, longest wait first; returns how many moved up."""
    moved = 0
    while roadshow.seats_taken < roadshow.seats and roadshow.status is RoadshowStatus.ANNOUNCED:
        waiting = session.exec(
            select(RoadshowParticipant)
            .where(RoadshowParticipant.roadshow_id == roadshow.id, RoadshowParticipant.status == _S.WAITING)
            .order_by(col(RoadshowParticipant.waiting_since).nulls_first(), col(RoadshowParticipant.id))
        ).first()
        if waiting is None or not take_seat(session, roadshow):
            break
        _advance(session, actor, roadshow, waiting, _S.ACCEPTED)
        tell(session, roadshow, [waiting.organization_id], "accepted")
        moved += 1
    return moved


def seat_walk_in(
    session: Session,
    actor: Actor,
    roadshow: Roadshow,
    organization_id: int,
    *,
    origin: ParticipantOrigin,
    represented_by: str = "",
) -> RoadshowParticipant:
    """A seat at the door for a verified organization, whatever it answered before. Raises NoSeatLeft."""
    require_runs(actor, roadshow)
    _require_verified(session, organization_id)
    row = _existing(session, roadshow, organization_id)
    if row is None or row.status is not _S.ACCEPTED:
        if not take_seat(session, roadshow):
            raise NoSeatLeft
        if row is None:
            row = _insert(session, actor, roadshow, organization_id, origin, _S.ACCEPTED)
        else:
            _advance(session, actor, roadshow, row, _S.ACCEPTED)
    row.represented_by = represented_by.strip()[:120] or row.represented_by
    session.flush()
    return row


def take_seat(session: Session, roadshow: Roadshow) -> bool:
    """Take one seat if one is left: a conditional UPDATE, so that of two who want the last one exactly one gets it."""
    session.flush()
    statement = (
        update(Roadshow)
        .where(col(Roadshow.id) == roadshow.id, col(Roadshow.seats_taken) < col(Roadshow.seats))
        .values(seats_taken=Roadshow.seats_taken + 1)
        .execution_options(synchronize_session=False)
    )
    is_taken = session.connection().execute(statement).rowcount == 1
    session.refresh(roadshow)
    return is_taken


def participant(session: Session, roadshow: Roadshow, public_id: str) -> RoadshowParticipant:
    """One participant of a roadshow the caller may already see, or NotVisible."""
    row = session.exec(
        select(RoadshowParticipant).where(
            RoadshowParticipant.roadshow_id == roadshow.id, RoadshowParticipant.public_id == public_id
        )
    ).first()
    if row is None:
        raise NotVisible
    return row


def badge(session: Session, actor: Actor, public_id: str) -> tuple[Roadshow, RoadshowParticipant, str]:
    """The participant a badge names, for an office that runs its roadshow, with its name; else NotVisible."""
    require(actor, Permission.RUN_ROADSHOWS)
    found = session.exec(
        select(RoadshowParticipant, Roadshow, Organization.legal_name)
        .join(Roadshow, col(Roadshow.id) == RoadshowParticipant.roadshow_id)
        .join(Organization, col(Organization.id) == RoadshowParticipant.organization_id)
        .where(RoadshowParticipant.public_id == public_id)
    ).first()
    if found is None or not runs(actor, found[1]):
        raise NotVisible
    return found[1], found[0], found[2]


def own_participation(session: Session, actor: Actor, roadshow: Roadshow) -> RoadshowParticipant | None:
    """The row of the actor's organization, if it has one."""
    return _existing(session, roadshow, actor.organization_id or 0)


def _seat_or_wait(session: Session, actor: Actor, roadshow: Roadshow, row: RoadshowParticipant) -> ParticipantStatus:
    require_step(session, PARTICIPANT, row, _S.ACCEPTED)
    if take_seat(session, roadshow):
        _advance(session, actor, roadshow, row, _S.ACCEPTED)
    elif row.status is _S.WAITING:
        raise NoSeatLeft
    else:
        _advance(session, actor, roadshow, row, _S.WAITING, waiting_since=now())
    tell(session, roadshow, [row.organization_id], row.status.value)
    return row.status


def _free_seat(session: Session, roadshow: Roadshow) -> None:
    statement = (
        update(Roadshow)
        .where(col(Roadshow.id) == roadshow.id, col(Roadshow.seats_taken) > 0)
        .values(seats_taken=Roadshow.seats_taken - 1)
        .execution_options(synchronize_session=False)
    )
    session.connection().execute(statement)
    session.refresh(roadshow)


def _existing(session: Session, roadshow: Roadshow, organization_id: int) -> RoadshowParticipant | None:
    return session.exec(
        select(RoadshowParticipant).where(
            RoadshowParticipant.roadshow_id == roadshow.id, RoadshowParticipant.organization_id == organization_id
        )
    ).first()


def _insert(
    session: Session,
    actor: Actor,
    roadshow: Roadshow,
    organization_id: int,
    origin: ParticipantOrigin,
    status: ParticipantStatus,
) -> RoadshowParticipant:
    row = RoadshowParticipant(
        roadshow_id=roadshow.id or 0, organization_id=organization_id, origin=origin, status=status
    )
    session.add(row)
    session.flush()
    record(
        session,
        actor,
        f"{PARTICIPANT.noun}_{status.value}",
        subject_kind=PARTICIPANT.noun,
        subject_id=row.id or 0,
        new={"status": status.value, "origin": origin.value},
        chain_id=roadshow.chain_id,
    )
    return row


def _advance(
    session: Session,
    actor: Actor,
    roadshow: Roadshow,
    row: RoadshowParticipant,
    target: ParticipantStatus,
    *,
    reason: str = "",
    **evidence: Any,
) -> None:
    advance(session, actor, PARTICIPANT, row, target, reason=reason, chain_id=roadshow.chain_id, **evidence)


def _require_verified(session: Session, organization_id: int) -> None:
    organization = session.get(Organization, organization_id)
    if organization is None or organization.kind not in SELF_REGISTERING:
        raise NotVisible
    if organization.status is not OrganizationStatus.VERIFIED:
        raise NotComplete({"organization_id": "not_verified"})


def _require_own(actor: Actor, row: RoadshowParticipant) -> None:
    require(actor, Permission.ATTEND_ROADSHOWS)
    if actor.organization_id != row.organization_id:
        raise NotVisible


def _require_announced(roadshow: Roadshow) -> None:
    if roadshow.status is not RoadshowStatus.ANNOUNCED:
        raise StepNotAllowed(noun=ROADSHOW.noun, current=roadshow.status, wanted=RoadshowStatus.ANNOUNCED)
