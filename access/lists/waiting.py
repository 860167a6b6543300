"""How much work waits for the actor, by noun: the numbers beside the menu. One query, whatever there is."""

from datetime import date
from typing import Any

from sqlalchemy import and_, exists, not_, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func

from access import parties
from access.actor import Actor
from access.lists import grants
from access.lists.follow_up import follower_left, handler_left, overdue_condition
from access.lists.notices import unread
from access.permissions import Permission
from access.rules import may
from access.scopes import OFFICES, in_chain, organizations_to_check, own
from models.base import now
from models.firm_profile import ProfileSubmission
from models.job import Job
from models.organization import Organization
from models.outbox import OutboxMessage
from models.pairing import Pairing
from models.policy import ProductSuggestion
from models.problem import Problem
from models.recognition import Recognition
from models.recommendation import PairSignal
from models.supplier_group import SupplierShare
from vocabulary.classifications import SignalKind
from vocabulary.jobs import JobStatus
from vocabulary.lifecycles import (
    DECIDABLE_PAIRING,
    RUNNING_PAIRING,
    OrganizationStatus,
    OutboxStatus,
    PairingStatus,
    ProblemStatus,
    RecognitionStatus,
    SubmissionStatus,
    SupplierShareStatus,
)
from vocabulary.policy import SuggestionStatus
from vocabulary.roles import OrganizationKind


def waiting(session: Session, actor: Actor, *, on: date) -> dict[str, int]:
    """Counts by noun: organizations, profiles, titles, pairings, problems, late cases and hand-overs for an office;
    profiles, consents, shares, cases and cases to hand over for others; failed mails and jobs for the administrator;
    roles to grant as the second person; unread notices for everybody.

    A case waits for the counterpart while nobody was named or a step is overdue, and for whoever must complete it.
    A consent waits while the office cannot confirm for want of it.
    """
    wanted = {"notices": unread(actor, now())}
    if actor.organization_kind in OFFICES:
        wanted |= _for_office(actor, on)
    elif may(actor, Permission.FOLLOW_JOBS):
        wanted["jobs"] = select(col(Job.id)).where(col(Job.status) == JobStatus.FAILED)
        wanted["mails"] = select(col(OutboxMessage.id)).where(col(OutboxMessage.status) == OutboxStatus.FAILED)
    elif actor.organization_id is not None:
        wanted |= {"cases": _own_cases(actor, on), "handover": _to_hand_over(actor, on)}
        if actor.organization_kind is OrganizationKind.BANK:
            wanted["suggestions"] = select(col(ProductSuggestion.id)).where(
                own(actor, ProductSuggestion.organization_id),
                col(ProductSuggestion.status) == SuggestionStatus.PROPOSED,
            )
        if actor.organization_kind is OrganizationKind.ENTERPRISE:
            wanted |= {
                "profiles": _returned_profile(actor),
                "consents": _missing_consents(actor, on),
                "shares": _own_shares(actor),
            }
    if may(actor, Permission.GRANT_ROLES):
        wanted["grants"] = grants.to_decide(actor)
    statement = select(*(_number(rows).label(noun) for noun, rows in wanted.items()))
    return dict(session.execute(statement).one()._mapping)


def _number(rows: Any) -> Any:
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()


def _for_office(actor: Actor, on: date) -> dict[str, Any]:
    return {
        "organizations": organizations_to_check(actor).where(col(Organization.status) == OrganizationStatus.REGISTERED),
        "profiles": select(col(ProfileSubmission.id)).where(
            in_chain(actor, ProfileSubmission.chain_id), col(ProfileSubmission.status) == SubmissionStatus.SUBMITTED
        ),
        "recognitions": select(col(Recognition.id))
        .join(Organization, col(Organization.id) == Recognition.organization_id)
        .where(in_chain(actor, Organization.chain_id), col(Recognition.status) == RecognitionStatus.FILED),
        "pairings": select(col(Pairing.id)).where(
            in_chain(actor, Pairing.chain_id), col(Pairing.status).in_(DECIDABLE_PAIRING)
        ),
        "follow_up": select(col(Pairing.id)).where(in_chain(actor, Pairing.chain_id), overdue_condition(on)),
        "problems": select(col(Problem.id)).where(
            in_chain(actor, Problem.chain_id),
            or_(
                col(Problem.status) == ProblemStatus.RAISED,
                (col(Problem.status) == ProblemStatus.HANDED_OVER) & (col(Problem.due_on) < on),
            ),
        ),
        "handover": select(col(Pairing.id)).where(
            in_chain(actor, Pairing.chain_id), col(Pairing.status).in_(RUNNING_PAIRING), follower_left(on)
        ),
    }


def _to_hand_over(actor: Actor, on: date) -> Any:
    """Running cases of which the organization is the counterpart and whose person has left."""
    return select(col(Pairing.id)).where(
        parties.counterpart_column() == actor.organization_id,
        col(Pairing.status).in_(RUNNING_PAIRING),
        handler_left(on),
    )


def _own_cases(actor: Actor, on: date) -> Any:
    """The counterpart's released cases without a person or behind time; cases returned to either side."""
    status = col(Pairing.status)
    to_record = and_(
        parties.counterpart_column() == actor.organization_id,
        status.in_(RUNNING_PAIRING),
        or_(col(Pairing.handled_by_id).is_(None), overdue_condition(on)),
    )
    wanted_it = exists().where(  # a side that never asked for the pair is not told of it
        col(PairSignal.demand_id) == col(Pairing.demand_id),
        col(PairSignal.supply_id) == col(Pairing.supply_id),
        col(PairSignal.kind) == SignalKind.INTEREST,
        own(actor, PairSignal.by_organization_id),
    )
    return select(col(Pairing.id)).where(or_(to_record, and_(wanted_it, status == PairingStatus.RETURNED)))


def _missing_consents(actor: Actor, on: date) -> Any:
    """Counterparts of mutual pairings before the office that the firm has not let read its dossier."""
    return (
        select(parties.counterpart_column())
        .where(
            parties.firm_column() == actor.organization_id,
            col(Pairing.status).in_(DECIDABLE_PAIRING),
            col(Pairing.is_mutual),
            not_(parties.consent_exists(on)),
        )
        .distinct()
    )


def _own_shares(actor: Actor) -> Any:
    """Shares of supplier groups that the firm has not answered."""
    return select(col(SupplierShare.id)).where(
        own(actor, SupplierShare.organization_id), col(SupplierShare.status) == SupplierShareStatus.ASKED
    )


def _returned_profile(actor: Actor) -> Any:
    """The last submission, if it came back."""
    later = aliased(ProfileSubmission)
    is_last = not_(
        exists().where(
            col(later.organization_id) == col(ProfileSubmission.organization_id),
            col(later.id) > col(ProfileSubmission.id),
        )
    )
    return select(col(ProfileSubmission.id)).where(
        own(actor, ProfileSubmission.organization_id),
        col(ProfileSubmission.status) == SubmissionStatus.RETURNED,
        is_last,
    )
