"""One page per case for whoever takes it over: who, what, where it stands, what is next, what is open."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from access import parties
from access.actor import Actor
from access.lists.case_progress import Progress, StepLine, progress
from access.lists.follow_up import follower_left, handler_left
from access.lists.handovers import own_side
from access.lookups import one
from models.organization import Organization, User
from models.pairing import Consent, Pairing, Release
from models.posting import Demand, Supply
from models.roadshow import RoadshowParticipant, RoadshowQuestion
from vocabulary.classifications import AMOUNT_REQUIRED, CaseStepKind

_N_NOTES = 4


class OpenPoint(StrEnum):
    """What whoever takes the case over should settle first."""

    NOBODY_HANDLES = "nobody_handles"
    HANDLER_LEFT = "handler_left"
    NOBODY_FOLLOWS = "nobody_follows"
    FOLLOWER_LEFT = "follower_left"
    LATE = "late"
    CONSENT_ENDED = "consent_ended"
    NO_EVIDENCE = "no_evidence"


@dataclass(frozen=True)
class Brief:
    """`notes` are the last steps that count, newest first; `sums` holds a figure per kind, never added."""

    pairing: Pairing
    demand_title: str
    supply_title: str
    firm: str
    counterpart: str
    handler: User | None
    follower: User | None
    sums: dict[CaseStepKind, int]
    last_step: StepLine | None
    notes: list[StepLine]
    is_late: bool
    open_points: list[OpenPoint]
    questions: list[str]
    """Asked of the firm by the counterpart at a roadshow, and not answered."""


def brief(session: Session, actor: Actor, public_id: str, *, on: date) -> Brief:
    """The brief of a case that the office follows or the organization handles. Raises NotVisible for others."""
    pairing: Pairing = one(session, select(Pairing).where(own_side(actor), col(Pairing.public_id) == public_id))
    return _brief(session, pairing, on)


def briefs(session: Session, actor: Actor, public_ids: list[str], *, on: date) -> list[Brief]:
    """Briefs of cases in the order asked for; those of others are left out."""
    rows = session.exec(select(Pairing).where(own_side(actor), col(Pairing.public_id).in_(public_ids))).all()
    found = {row.public_id: row for row in rows}
    return [_brief(session, found[public_id], on) for public_id in public_ids if public_id in found]


def _brief(session: Session, pairing: Pairing, on: date) -> Brief:
    done = progress(session, pairing, for_office=False)
    counting = [step for step in done.steps if step.counts]
    firm_id, counterpart_id = parties.firm_id(pairing), parties.counterpart_id(pairing)
    is_late = pairing.due_on is not None and pairing.due_on < on
    return Brief(
        pairing=pairing,
        demand_title=session.get_one(Demand, pairing.demand_id).title,
        supply_title=session.get_one(Supply, pairing.supply_id).title,
        firm=session.get_one(Organization, firm_id).legal_name,
        counterpart=session.get_one(Organization, counterpart_id).legal_name,
        handler=session.get(User, pairing.handled_by_id) if pairing.handled_by_id else None,
        follower=session.get(User, pairing.followed_by_id) if pairing.followed_by_id else None,
        sums=done.sums,
        last_step=counting[-1] if counting else None,
        notes=[step for step in reversed(counting) if step.note][:_N_NOTES],
        is_late=is_late,
        open_points=_open_points(session, pairing, done, on, is_late=is_late),
        questions=_questions(session, firm_id, counterpart_id),
    )


def _open_points(session: Session, pairing: Pairing, done: Progress, on: date, *, is_late: bool) -> list[OpenPoint]:
    def holds(condition: Any) -> bool:
        return session.exec(select(Pairing.id).where(Pairing.id == pairing.id, condition)).first() is not None

    consent = session.exec(
        select(Consent)
        .join(Release, col(Release.consent_id) == col(Consent.id))
        .where(Release.pairing_id == pairing.id, parties.consent_in_force(on))
    ).first()
    states = {
        OpenPoint.LATE: is_late,
        OpenPoint.NOBODY_HANDLES: pairing.handled_by_id is None,
        OpenPoint.HANDLER_LEFT: holds(handler_left(on)),
        OpenPoint.NOBODY_FOLLOWS: pairing.followed_by_id is None,
        OpenPoint.FOLLOWER_LEFT: holds(follower_left(on)),
        OpenPoint.CONSENT_ENDED: consent is None,
        OpenPoint.NO_EVIDENCE: any(
            step.counts and step.kind in AMOUNT_REQUIRED and not step.documents for step in done.steps
        ),
    }
    return [point for point, is_open in states.items() if is_open]


def _questions(session: Session, firm_id: int, counterpart_id: int) -> list[str]:
    return list(
        session.exec(
            select(RoadshowQuestion.text)
            .join(RoadshowParticipant, col(RoadshowParticipant.id) == RoadshowQuestion.participant_id)
            .where(
                RoadshowParticipant.organization_id == firm_id,
                RoadshowQuestion.asked_by_organization_id == counterpart_id,
                col(RoadshowQuestion.answer).is_(None),
            )
            .order_by(col(RoadshowQuestion.id))
        ).all()
    )
