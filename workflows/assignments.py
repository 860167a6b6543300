"""Proposals of who is sent to which lender: kept, adopted line by line, or dropped."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from sqlalchemy import insert
from sqlmodel import Session, col, select

from access.actor import Actor
from access.capacity import Capacity, booking_weeks, capacities
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from models.assignment import AssignmentProposal, AssignmentRow
from models.base import new_public_id, now
from models.financing_need import FinancingNeed
from models.job import Job
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from vocabulary.classifications import PairingOrigin
from vocabulary.jobs import JobKind
from vocabulary.lifecycles import ASSIGNMENT, LIVE_PAIRING, TAKEN_ON, AssignmentStatus, PostingStatus
from vocabulary.planning import AdoptionOutcome
from vocabulary.reasons import PairState
from workflows import jobs
from workflows.assignment_run import AssignmentRun, AssignmentSettings
from workflows.audit import record
from workflows.errors import NotComplete
from workflows.pairings import decides_for_chain, live_pairing, propose
from workflows.transitions import advance

_O = AdoptionOutcome


def ask(session: Session, actor: Actor, settings: AssignmentSettings) -> Job:
    """Let a proposal be computed for the actor's office, one at a time."""
    require(actor, Permission.DECIDE_PAIRINGS)
    return jobs.ask(
        session, actor, JobKind.ASSIGNMENT, subject=f"organization:{actor.organization_id}", arguments=asdict(settings)
    )  # fmt: skip


def keep(session: Session, actor: Actor, run: AssignmentRun) -> AssignmentProposal:
    """Keep what a run found as a proposal of the actor's office. Writes it, a row for each need, an audit event."""
    require(actor, Permission.DECIDE_PAIRINGS)
    proposal = AssignmentProposal(
        chain_id=actor.chain_id,
        made_by_id=actor.user_id or 0,
        settings=asdict(run.settings),
        figures=run.figures,
        n_pairs=len(run.pairs),
        n_unserved=len(run.unserved),
        duration_ms=run.duration_ms,
    )
    session.add(proposal)
    session.flush()
    common = {"proposal_id": proposal.id}
    blank = {"supply_id": None, "recommendation_id": None, "score": None, "cause": None, "closed_gate": None}
    rows = [
        *({**blank, **asdict(pair)} for pair in run.pairs),
        *({**blank, **asdict(need)} for need in run.unserved),
    ]
    if rows:
        made = {"created_at": now(), **common}
        session.execute(insert(AssignmentRow), [{"public_id": new_public_id(), **made, **row} for row in rows])
    record(
        session, actor, "assignment_proposed",
        subject_kind="assignment_proposal", subject_id=proposal.id or 0, chain_id=proposal.chain_id,
        new={"pairs": len(run.pairs), "unserved": len(run.unserved)},
    )  # fmt: skip
    return proposal


def drop(session: Session, actor: Actor, proposal: AssignmentProposal, *, note: str = "") -> None:
    """Put a pending proposal aside; its lines stay to be read. Raises StepNotAllowed if somebody decided first."""
    _require_may_decide(actor, proposal)
    advance(
        session, actor, ASSIGNMENT, proposal, AssignmentStatus.DROPPED,
        reason=note, chain_id=proposal.chain_id, decided_by_id=actor.user_id, decided_at=now(), note=note[:500],
    )  # fmt: skip


def adopt(session: Session, actor: Actor, proposal: AssignmentProposal, *, on: date) -> Counter[AdoptionOutcome]:
    """Put the pairs of a pending proposal before the office, each as far as it still holds; nothing is confirmed.

    Every line keeps what came of it. Returns how many lines came to what. Raises StepNotAllowed, with who and when, if
    somebody decided first.
    """
    _require_may_decide(actor, proposal)
    advance(
        session, actor, ASSIGNMENT, proposal, AssignmentStatus.ADOPTED,
        chain_id=proposal.chain_id, decided_by_id=actor.user_id, decided_at=now(),
    )  # fmt: skip
    rows = session.exec(
        select(AssignmentRow)
        .where(AssignmentRow.proposal_id == proposal.id, col(AssignmentRow.supply_id).is_not(None))
        .order_by(col(AssignmentRow.score).desc().nulls_last(), col(AssignmentRow.id))
    ).all()
    expected = outcomes(session, rows, on=on)
    for row in rows:
        row.outcome = expected[row.id or 0]
        if row.outcome is _O.OPENED:
            _open(session, actor, row)
        elif row.outcome is _O.ALREADY:
            present = live_pairing(session, row.demand_id, row.supply_id or 0)
            row.pairing_id = present.id if present else None
    session.flush()
    return Counter(row.outcome for row in rows if row.outcome is not None)


def outcomes(session: Session, rows: Sequence[AssignmentRow], *, on: date) -> dict[int, AdoptionOutcome]:
    """What adopting would make of each line at present, by row id; lines are taken in the order given.

    A fixed number of queries. Places of lenders are counted down line by line, so that a limit lowered since the
    proposal was made is told at the lines it no longer covers.
    """
    demand_ids, supply_ids = [row.demand_id for row in rows], [row.supply_id for row in rows]
    open_needs = set(
        session.exec(select(Demand.id).where(col(Demand.id).in_(demand_ids), Demand.status == PostingStatus.OPEN)).all()
    )
    open_products = set(
        session.exec(select(Supply.id).where(col(Supply.id).in_(supply_ids), Supply.status == PostingStatus.OPEN)).all()
    )
    eligible = set(
        session.exec(
            select(Recommendation.demand_id, Recommendation.supply_id).where(
                col(Recommendation.demand_id).in_(demand_ids),
                col(Recommendation.superseded_at).is_(None),
                Recommendation.state == PairState.ELIGIBLE,
            )
        ).all()
    )
    live = session.exec(
        select(Pairing.demand_id, Pairing.supply_id, Pairing.status).where(
            col(Pairing.demand_id).in_(demand_ids), col(Pairing.status).in_(LIVE_PAIRING | TAKEN_ON)
        )
    ).all()
    before_office = {(demand_id, supply_id) for demand_id, supply_id, _status in live}
    taken_on = {demand_id for demand_id, _supply_id, status in live if status in TAKEN_ON}
    places = _Places(session, [one for one in supply_ids if one is not None], on)
    amounts = dict(
        session.exec(
            select(FinancingNeed.demand_id, FinancingNeed.amount_fen).where(
                col(FinancingNeed.demand_id).in_(demand_ids)
            )
        ).all()
    )
    found = {}
    for row in rows:
        pair = (row.demand_id, row.supply_id or 0)
        if pair in before_office:
            outcome = _O.ALREADY
        elif row.demand_id in taken_on:
            outcome = _O.TAKEN_ON
        elif row.demand_id not in open_needs:
            outcome = _O.NEED_NOT_OPEN
        elif row.supply_id not in open_products:
            outcome = _O.PRODUCT_NOT_OPEN
        elif pair not in eligible and not places.is_full(pair[1]):
            outcome = _O.NOT_ELIGIBLE
        elif not places.take(pair[1], amounts.get(row.demand_id) or 0):
            outcome = _O.NO_CAPACITY
        else:
            outcome = _O.OPENED
        found[row.id or 0] = outcome
    return found


class _Places:
    """What lenders have left while lines are counted off it."""

    def __init__(self, session: Session, supply_ids: Sequence[int], on: date) -> None:
        self.on = on
        self.lenders: dict[int, Capacity] = capacities(session, on, supply_ids=supply_ids)
        self.firms = {one: lender.remaining(on) for one, lender in self.lenders.items()}
        self.fen = {one: lender.fen_left for one, lender in self.lenders.items()}
        self.visits: defaultdict[int, int] = defaultdict(int)
        for lender in self.lenders.values():
            if lender.branch_id is not None and lender.visits_per_week is not None:
                self.visits[lender.branch_id] = sum(lender.left_in(week) or 0 for week in booking_weeks(on))

    def is_full(self, supply_id: int) -> bool:
        return self.lenders[supply_id].visit(self.on).week is None

    def take(self, supply_id: int, amount_fen: int) -> bool:
        """Take one place, if there is one."""
        lender, firms, fen = self.lenders[supply_id], self.firms[supply_id], self.fen[supply_id]
        branch_id = lender.branch_id if lender.visits_per_week is not None else None
        if firms == 0 or (fen is not None and fen < amount_fen):
            return False
        if branch_id is not None and self.visits[branch_id] < 1:
            return False
        if firms is not None:
            self.firms[supply_id] = firms - 1
        if fen is not None:
            self.fen[supply_id] = fen - amount_fen
        if branch_id is not None:
            self.visits[branch_id] -= 1
        return True


def _open(session: Session, actor: Actor, row: AssignmentRow) -> None:
    """Propose the pair; one that no office is responsible for says so."""
    try:
        with session.begin_nested():
            pairing = propose(
                session, actor,
                demand_id=row.demand_id, supply_id=row.supply_id or 0,
                origin=PairingOrigin.ASSIGNMENT, recommendation_id=row.recommendation_id,
            )  # fmt: skip
    except (NotComplete, NotVisible):
        row.outcome = _O.NOT_POSSIBLE
    else:
        row.pairing_id = pairing.id


def _require_may_decide(actor: Actor, proposal: AssignmentProposal) -> None:
    require(actor, Permission.DECIDE_PAIRINGS)
    if not decides_for_chain(actor, proposal):
        raise NotVisible
