"""One verdict on several pairings in one sitting: first a preview that names what is left out, then the deed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial

from sqlmodel import Session, and_, col, select

from access import parties
from access.actor import Actor
from access.capacity import capacities
from access.permissions import Permission
from access.rules import NotAllowed, is_recused, require
from access.scopes import pairings_to_decide
from access.ties import tied_organizations
from models.financing_need import FinancingNeed
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from vocabulary.classifications import VerdictReason
from vocabulary.lifecycles import DECIDABLE_PAIRING, PairingStatus, PostingStatus
from workflows import verdicts
from workflows.calendar import today
from workflows.errors import NotComplete, StepNotAllowed


class Verdict(StrEnum):
    """What an official may say of a pairing."""

    CONFIRM = "confirm"
    RETURN = "return"
    HOLD = "hold"
    REFUSE = "refuse"


class Obstacle(StrEnum):
    """Why a pairing cannot be confirmed as it stands."""

    NOT_DUE = "not_due"
    CONSENT_MISSING = "consent_missing"
    CONFLICT_OF_INTEREST = "conflict_of_interest"
    SECOND_OFFICIAL = "second_official"
    LENDER_FULL = "lender_full"
    NOT_OPEN = "not_open"
    BLIND = "blind"
    """To be judged for itself, without the score."""


@dataclass(frozen=True)
class BulkLine:
    """One pairing before a bulk confirmation. Stale facts warn; they do not stop it."""

    pairing: Pairing
    firm_name: str
    counterpart_name: str
    is_eligible: bool
    why: Obstacle | None
    is_stale: bool


@dataclass(frozen=True)
class BulkLoser:
    """A pairing that a bulk confirmation did not confirm: an obstacle, or who was first and when."""

    public_id: str
    why: Obstacle | None
    current: PairingStatus
    changed_by: str = ""
    changed_at: datetime | None = None


@dataclass(frozen=True)
class BulkResult:
    winners: list[str]
    """Public ids."""
    losers: list[BulkLoser]


NEEDS_NOTE = (Verdict.RETURN, Verdict.REFUSE)
_ONLY_FOR_CONFIRMING = (Obstacle.CONSENT_MISSING, Obstacle.SECOND_OFFICIAL, Obstacle.LENDER_FULL, Obstacle.NOT_OPEN)


def preview(
    session: Session,
    actor: Actor,
    public_ids: Sequence[str],
    verdict: Verdict = Verdict.CONFIRM,
    *,
    second_official_above_fen: int | None = None,
) -> list[BulkLine]:
    """What the verdict would do to each, in the order asked; ids the actor may not see are left out.

    Consent, open postings, the lender's room and a second official matter for confirming only.
    """
    require(actor, Permission.DECIDE_PAIRINGS)
    pairings = session.exec(pairings_to_decide(actor).where(col(Pairing.public_id).in_(public_ids))).all()
    ids = [pairing.id for pairing in pairings]
    firm_ids = {parties.firm_id(pairing) for pairing in pairings}
    sides = firm_ids | {parties.counterpart_id(pairing) for pairing in pairings}
    names = dict(
        session.exec(select(Organization.id, Organization.legal_name).where(col(Organization.id).in_(sides))).all()
    )
    verified = dict(
        session.exec(
            select(FirmProfile.organization_id, FirmProfile.verified_at).where(
                col(FirmProfile.organization_id).in_(firm_ids)
            )
        ).all()
    )
    obstacles = _obstacles(session, actor, ids, second_official_above_fen)
    lines = {
        pairing.public_id: BulkLine(
            pairing=pairing,
            firm_name=names[parties.firm_id(pairing)],
            counterpart_name=names[parties.counterpart_id(pairing)],
            is_eligible=obstacles.get(pairing.id) is None,
            why=obstacles.get(pairing.id),
            is_stale=parties.is_stale(verified.get(parties.firm_id(pairing)), today()),
        )
        for pairing in pairings
    }
    found = [lines[public_id] for public_id in dict.fromkeys(public_ids) if public_id in lines]
    if verdict is Verdict.CONFIRM:
        return found
    return [replace(line, is_eligible=True, why=None) if line.why in _ONLY_FOR_CONFIRMING else line for line in found]


def decide(
    session: Session,
    actor: Actor,
    public_ids: Sequence[str],
    verdict: Verdict = Verdict.CONFIRM,
    *,
    reason: VerdictReason,
    note: str = "",
    hold_minutes: int,
    second_official_above_fen: int | None = None,
    releases_per_day: int | None = None,
) -> BulkResult:
    """Say it of each pairing in its own savepoint; losers name the obstacle, or who was first and when.

    Those that need a second official are left to be decided singly. Raises NotComplete if the verdict needs a note and
    there is none.
    """
    if verdict in NEEDS_NOTE and not note.strip():
        raise NotComplete({"note": "required"})
    deeds: dict[Verdict, Callable[..., verdicts.Confirmation | None]] = {
        Verdict.CONFIRM: partial(verdicts.confirm, hold_minutes=hold_minutes, releases_per_day=releases_per_day),
        Verdict.RETURN: verdicts.return_for_completion,
        Verdict.HOLD: verdicts.put_on_hold,
        Verdict.REFUSE: verdicts.refuse,
    }
    winners, losers = [], []
    for line in preview(session, actor, public_ids, verdict, second_official_above_fen=second_official_above_fen):
        pairing, lost = line.pairing, partial(BulkLoser, line.pairing.public_id)
        if line.why not in (None, Obstacle.NOT_DUE):
            losers.append(lost(line.why, pairing.status))
            continue
        try:
            with session.begin_nested():
                done = deeds[verdict](session, actor, pairing, reason=reason, note=note)
        except StepNotAllowed as overtaken:
            current = PairingStatus(overtaken.current)
            losers.append(lost(Obstacle.NOT_DUE, current, overtaken.changed_by, overtaken.changed_at))
        except NotComplete as refused:
            losers.append(lost(_obstacle_of(refused), pairing.status))
        except NotAllowed:  # the actor is the one who asked for a second official
            losers.append(lost(Obstacle.SECOND_OFFICIAL, pairing.status))
        else:
            if done is verdicts.Confirmation.NEEDS_SECOND:
                losers.append(lost(Obstacle.SECOND_OFFICIAL, pairing.status))
            else:
                winners.append(pairing.public_id)
    return BulkResult(winners, losers)


def _obstacle_of(refused: NotComplete) -> Obstacle:
    found = {"capacity": Obstacle.LENDER_FULL, "postings": Obstacle.NOT_OPEN}
    return next((why for field, why in found.items() if field in refused.problems), Obstacle.CONSENT_MISSING)


def _obstacles(
    session: Session, actor: Actor, ids: Sequence[int | None], second_official_above_fen: int | None
) -> dict[int | None, Obstacle]:
    """The first obstacle of each pairing that has one; the same few queries whatever their number."""
    has_consent = parties.consent_exists(today())
    are_both_open = and_(col(Demand.status) == PostingStatus.OPEN, col(Supply.status) == PostingStatus.OPEN)
    statement = (
        select(Pairing, FinancingNeed.amount_fen, has_consent, are_both_open)
        .join(Demand, col(Demand.id) == Pairing.demand_id)
        .join(Supply, col(Supply.id) == Pairing.supply_id)
        .outerjoin(FinancingNeed, col(FinancingNeed.demand_id) == col(Pairing.demand_id))
        .where(col(Pairing.id).in_(ids))
    )
    tied = tied_organizations(session, actor)
    rows = session.exec(statement).all()
    lenders = capacities(session, today(), supply_ids={pairing.supply_id for pairing, *_ in rows})
    found = {}
    for pairing, amount_fen, is_consented, are_open in rows:
        lender = lenders.get(pairing.supply_id)
        if is_recused(tied, parties.sides(pairing)):
            found[pairing.id] = Obstacle.CONFLICT_OF_INTEREST
        elif pairing.status not in DECIDABLE_PAIRING:
            found[pairing.id] = Obstacle.NOT_DUE
        elif pairing.is_blind:
            found[pairing.id] = Obstacle.BLIND
        elif not are_open:
            found[pairing.id] = Obstacle.NOT_OPEN
        elif not is_consented:
            found[pairing.id] = Obstacle.CONSENT_MISSING
        elif second_official_above_fen is not None and (amount_fen or 0) > second_official_above_fen:
            found[pairing.id] = Obstacle.SECOND_OFFICIAL
        elif lender is not None and lender.visit(today(), amount_fen=amount_fen).week is None:
            found[pairing.id] = Obstacle.LENDER_FULL
    return found
