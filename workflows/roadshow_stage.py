"""The stage of a roadshow: the engine proposes, officials pin and bar and see the price, accept and invite."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, or_, select

from access.actor import Actor
from access.lookups import NotVisible
from matchmaking.stage import StageCandidate, StageProposal, propose_stage
from models.chain import Chain
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from models.roadshow import Roadshow, RoadshowParticipant, RoadshowSession, RoadshowStageChoice
from vocabulary.classifications import FIRM_SIDE, Side, StageChoice
from vocabulary.lifecycles import LIVE_PAIRING, OrganizationStatus, ParticipantStatus, PostingStatus
from vocabulary.reasons import PairState
from vocabulary.roles import OrganizationKind
from workflows.audit import record
from workflows.errors import NotComplete
from workflows.roadshow_participants import invite
from workflows.roadshows import require_changeable, require_runs, sessions_of
from workflows.turns import take_turn

_S = ParticipantStatus
_NOT_COMING = (_S.DECLINED, _S.REFUSED, _S.WITHDRAWN)


@dataclass(frozen=True)
class Stage:
    """The proposal with the rows it speaks of; organizations by id."""

    proposal: StageProposal
    organizations: dict[int, Organization]
    choices: dict[int, StageChoice]
    on_stage: set[int]
    """Organizations that already have a place on stage."""
    n_candidates: int


def stage_session(session: Session, roadshow: Roadshow) -> RoadshowSession | None:
    """The session in which firms present themselves: the first with places."""
    return next((item for item in sessions_of(session, roadshow) if item.pitch_places > 0), None)


def propose(session: Session, actor: Actor, roadshow: Roadshow, *, places: int) -> Stage:
    """The engine's proposal for the enterprises of the roadshow's chains; nothing is written.

    A pair counts if it is eligible and not being dealt with already. Raises NotComplete if more firms are pinned
    than there are places.
    """
    require_runs(actor, roadshow)
    choices = {
        row.organization_id: row.kind
        for row in session.exec(select(RoadshowStageChoice).where(RoadshowStageChoice.roadshow_id == roadshow.id)).all()
    }
    candidates = _candidates(session, roadshow)
    known = {candidate.id for candidate in candidates}
    pinned = {one for one, kind in choices.items() if kind is StageChoice.PIN and one in known}
    if len(pinned) > places:
        raise NotComplete({"places": "fewer_than_pinned"})
    barred = {one for one, kind in choices.items() if kind is StageChoice.BAR and one in known}
    proposal = propose_stage(candidates, places=places, pinned=pinned, barred=barred)
    named = {int(place.id) for place in proposal.places} | set(choices)
    named |= {int(other) for other, _value in proposal.invited}
    organizations = {
        row.id or 0: row for row in session.exec(select(Organization).where(col(Organization.id).in_(named))).all()
    }
    on_stage = session.exec(
        select(RoadshowParticipant.organization_id).where(
            RoadshowParticipant.roadshow_id == roadshow.id, col(RoadshowParticipant.pitch_session_id).is_not(None)
        )
    ).all()
    return Stage(proposal, organizations, choices, set(on_stage), len(candidates))


def choose(session: Session, actor: Actor, roadshow: Roadshow, organization_id: int, kind: StageChoice | None) -> None:
    """Pin or bar a firm, or leave it to the proposal again (None)."""
    require_runs(actor, roadshow)
    require_changeable(roadshow)
    organization = session.get(Organization, organization_id)
    if organization is None or organization.kind is not OrganizationKind.ENTERPRISE:
        raise NotVisible
    row = session.exec(
        select(RoadshowStageChoice).where(
            RoadshowStageChoice.roadshow_id == roadshow.id, RoadshowStageChoice.organization_id == organization_id
        )
    ).first()
    if kind is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(RoadshowStageChoice(roadshow_id=roadshow.id or 0, organization_id=organization_id, kind=kind))
    else:
        row.kind = kind
    session.flush()
    record(
        session, actor, "roadshow_stage_chosen", subject_kind="roadshow", subject_id=roadshow.id or 0,
        new={"organization_id": organization_id, "choice": kind.value if kind else None}, chain_id=roadshow.chain_id,
    )  # fmt: skip


def accept(
    session: Session,
    actor: Actor,
    roadshow: Roadshow,
    *,
    firm_ids: Sequence[int],
    guest_ids: Iterable[int] = (),
) -> int:
    """Put the firms on stage and invite those not invited yet, with the guests; returns how many were invited.

    Raises NotComplete if no session has places or more firms are named than it has.
    """
    require_runs(actor, roadshow)
    take_turn(session, Roadshow, roadshow.id)
    require_changeable(roadshow)
    item = stage_session(session, roadshow)
    if item is None:
        raise NotComplete({"places": "no_session"})
    if len(set(firm_ids)) > item.pitch_places:
        raise NotComplete({"places": "too_many"})
    for row in session.exec(select(RoadshowParticipant).where(RoadshowParticipant.pitch_session_id == item.id)).all():
        row.pitch_session_id = None
    invited = 0
    for organization_id in dict.fromkeys([*firm_ids, *guest_ids]):
        before = _status(session, roadshow, organization_id)
        row = invite(session, actor, roadshow, organization_id)
        invited += before is None or before in _NOT_COMING
        if organization_id in firm_ids:
            row.pitch_session_id = item.id
    session.flush()
    record(
        session,
        actor,
        "roadshow_stage_accepted",
        subject_kind="roadshow",
        subject_id=roadshow.id or 0,
        new={"firms": len(set(firm_ids)), "invited": invited},
        chain_id=roadshow.chain_id,
    )
    return invited


def _status(session: Session, roadshow: Roadshow, organization_id: int) -> ParticipantStatus | None:
    row = session.exec(
        select(RoadshowParticipant).where(
            RoadshowParticipant.roadshow_id == roadshow.id, RoadshowParticipant.organization_id == organization_id
        )
    ).first()
    return row.status if row else None


def _candidates(session: Session, roadshow: Roadshow) -> list[StageCandidate]:
    """Verified enterprises of the chains with their best eligible new fit per counterpart; one query for the pairs."""
    wanted = _wanted_chains(session, roadshow)
    statement = select(Organization).where(
        Organization.kind == OrganizationKind.ENTERPRISE, Organization.status == OrganizationStatus.VERIFIED
    )
    if wanted:
        statement = statement.where(col(Organization.chain_id).in_(wanted))
    firms = {row.id or 0: row for row in session.exec(statement).all()}
    fits: dict[int, dict[int | str, float]] = {}
    for recommended, demander, supplier in session.exec(
        select(Recommendation, Demand.organization_id, Supply.organization_id)
        .join(Demand, col(Demand.id) == Recommendation.demand_id)
        .join(Supply, col(Supply.id) == Recommendation.supply_id)
        .outerjoin(
            Pairing,
            (col(Pairing.demand_id) == Recommendation.demand_id)
            & (col(Pairing.supply_id) == Recommendation.supply_id)
            & col(Pairing.status).in_(LIVE_PAIRING),
        )
        .where(
            col(Recommendation.superseded_at).is_(None),
            Recommendation.state == PairState.ELIGIBLE,
            Demand.status == PostingStatus.OPEN,
            Supply.status == PostingStatus.OPEN,
            col(Pairing.id).is_(None),
            or_(col(Demand.organization_id).in_(firms), col(Supply.organization_id).in_(firms)),
        )
        .order_by(col(Recommendation.score))
    ).all():
        is_demand = FIRM_SIDE[recommended.market] is Side.DEMAND
        firm, other = (demander, supplier) if is_demand else (supplier, demander)
        if firm in firms:
            fits.setdefault(firm, {})[other] = min(1.0, recommended.score)
    return [
        StageCandidate(
            id=one,
            chain=firms[one].chain_id or 0,
            district=(firms[one].region_code or "")[:6],
            fits=fits[one],
        )
        for one in sorted(fits)
    ]


def _wanted_chains(session: Session, roadshow: Roadshow) -> set[int]:
    """Ids of the chains it is for; none means all of them."""
    ids = session.exec(select(Chain.id).where(col(Chain.code).in_(roadshow.chain_codes))).all()
    return {one or 0 for one in ids} or ({roadshow.chain_id} if roadshow.chain_id else set())
