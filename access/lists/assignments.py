"""Proposals of who is sent to which lender, as the office reads them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from access.actor import Actor
from access.lookups import NotVisible, one
from access.permissions import Permission
from access.rules import require
from access.scopes import in_chain
from models.assignment import AssignmentProposal, AssignmentRow
from models.capacity import BranchCapacity
from models.chain import Chain
from models.financing_need import FinancingNeed
from models.organization import Organization, User
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from vocabulary.lifecycles import AssignmentStatus, PairingStatus
from vocabulary.planning import AdoptionOutcome, LimitKind, UnservedCause

_Maker, _Decider, _Firm, _Bank = aliased(User), aliased(User), aliased(Organization), aliased(Organization)


@dataclass(frozen=True)
class ProposalLine:
    """One proposal in the list; `chain_id` is None for all of the city."""

    public_id: str
    created_at: datetime
    made_by: str
    chain: str | None
    status: AssignmentStatus
    n_pairs: int
    n_unserved: int
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True)
class RowLine:
    """One need of a proposal with the product it is sent to, or the cause why to none."""

    row: AssignmentRow
    firm: str
    need: str
    amount_fen: int | None
    bank: str | None
    product: str | None
    pairing_id: str | None
    pairing_status: PairingStatus | None


@dataclass(frozen=True)
class BankLoad:
    """Firms sent to a bank by each way; `limit` is None where the bank states none."""

    name: str
    limit: int | None
    plan: int
    by_score: int
    first_come: int


@dataclass(frozen=True)
class PriceLine:
    """What one more place at a branch or product would bring."""

    kind: LimitKind
    name: str
    limit: int
    used: int
    served: int
    value: float


def proposals(session: Session, actor: Actor, *, page: int = 1, size: int = 50) -> tuple[list[ProposalLine], int]:
    """Newest first: those of the own chain, or all for the joint office."""
    require(actor, Permission.DECIDE_PAIRINGS)
    scope = in_chain(actor, AssignmentProposal.chain_id)
    total = session.execute(select_columns(func.count(col(AssignmentProposal.id))).where(scope)).scalar_one()
    rows = session.execute(_lines().where(scope).offset((page - 1) * size).limit(size)).all()
    return [ProposalLine(*row) for row in rows], total


def proposal(session: Session, actor: Actor, public_id: str) -> AssignmentProposal:
    """A proposal of the own chain, or any for the joint office. Raises NotVisible for others."""
    require(actor, Permission.DECIDE_PAIRINGS)
    row: AssignmentProposal = one(
        session,
        select(AssignmentProposal).where(
            in_chain(actor, AssignmentProposal.chain_id), AssignmentProposal.public_id == public_id
        ),
    )
    return row


def line_of(session: Session, found: AssignmentProposal) -> ProposalLine:
    """Who made and decided a proposal that the caller got from `proposal`."""
    return ProposalLine(*session.execute(_lines().where(col(AssignmentProposal.id) == found.id)).one())


def rows(
    session: Session, found: AssignmentProposal, *, is_served: bool, page: int = 1, size: int = 50
) -> tuple[list[RowLine], int]:
    """Needs that are sent to a product, best fit first, or those sent to none, by cause."""
    kind = col(AssignmentRow.supply_id).is_not(None) if is_served else col(AssignmentRow.supply_id).is_(None)
    scope = (col(AssignmentRow.proposal_id) == found.id, kind)
    total = session.execute(select_columns(func.count(col(AssignmentRow.id))).where(*scope)).scalar_one()
    order = (col(AssignmentRow.score).desc(), col(AssignmentRow.cause), col(AssignmentRow.id))
    statement = _rows().where(*scope).order_by(*order).offset((page - 1) * size).limit(size)
    return [RowLine(*row) for row in session.execute(statement).all()], total


def served_rows(session: Session, found: AssignmentProposal) -> list[AssignmentRow]:
    """All needs that are sent to a product, in the order in which they are adopted."""
    return list(
        session.exec(
            select(AssignmentRow)
            .where(AssignmentRow.proposal_id == found.id, col(AssignmentRow.supply_id).is_not(None))
            .order_by(col(AssignmentRow.score).desc().nulls_last(), col(AssignmentRow.id))
        ).all()
    )


def row_with_reasons(
    session: Session, found: AssignmentProposal, public_id: str
) -> tuple[RowLine, Recommendation | None]:
    """One line and the recommendation it was made on. Raises NotVisible for a line of another proposal."""
    line = session.execute(
        _rows().where(col(AssignmentRow.proposal_id) == found.id, col(AssignmentRow.public_id) == public_id)
    ).first()
    if line is None:
        raise NotVisible
    row = RowLine(*line)
    recommended = row.row.recommendation_id
    return row, session.get(Recommendation, recommended) if recommended else None


def causes(session: Session, found: AssignmentProposal) -> dict[UnservedCause, int]:
    """How many needs stayed without a lender, by cause."""
    statement = (
        select_columns(col(AssignmentRow.cause), func.count())
        .where(col(AssignmentRow.proposal_id) == found.id, col(AssignmentRow.cause).is_not(None))
        .group_by(col(AssignmentRow.cause))
    )
    return {UnservedCause(cause): number for cause, number in session.execute(statement)}


def outcome_counts(session: Session, found: AssignmentProposal) -> dict[AdoptionOutcome, int]:
    """What came of the lines of an adopted proposal."""
    statement = (
        select_columns(col(AssignmentRow.outcome), func.count())
        .where(col(AssignmentRow.proposal_id) == found.id, col(AssignmentRow.outcome).is_not(None))
        .group_by(col(AssignmentRow.outcome))
    )
    counts = {AdoptionOutcome(outcome): number for outcome, number in session.execute(statement)}
    return {outcome: counts[outcome] for outcome in AdoptionOutcome if outcome in counts}


def bank_loads(session: Session, figures: Mapping[str, Any]) -> list[BankLoad]:
    """Load by bank, the fullest by score first."""
    stored = figures["banks"]
    names = _names(session, (line["bank_id"] for line in stored))
    loads = [
        BankLoad(names[line["bank_id"]], line["limit"], line["plan"], line["by_score"], line["first_come"])
        for line in stored
    ]
    return sorted(loads, key=lambda load: (-load.by_score, -load.plan, load.name))


def price_lines(session: Session, figures: Mapping[str, Any]) -> list[PriceLine]:
    """Prices with the names of their branches and products, dearest first."""
    stored = figures["prices"]
    branch_ids = {int(str(price["id"]).partition("/")[0]) for price in stored if price["kind"] == LimitKind.GROUP}
    supply_ids = {int(price["id"]) for price in stored if price["kind"] == LimitKind.SUPPLY}
    branches = {
        branch_id: f"{bank} {branch}".strip()
        for branch_id, bank, branch in session.execute(
            select_columns(col(BranchCapacity.id), col(Organization.legal_name), col(BranchCapacity.branch))
            .join(Organization, col(Organization.id) == col(BranchCapacity.organization_id))
            .where(col(BranchCapacity.id).in_(branch_ids))
        )
    }
    products = dict(
        session.execute(select_columns(col(Supply.id), col(Supply.title)).where(col(Supply.id).in_(supply_ids))).all()
    )
    lines = []
    for price in stored:
        kind = LimitKind(price["kind"])
        is_branch = kind is LimitKind.GROUP
        name = branches[int(str(price["id"]).partition("/")[0])] if is_branch else products[int(price["id"])]
        lines.append(PriceLine(kind, name, price["limit"], price["used"], price["served"], price["value"]))
    return lines


def _names(session: Session, ids: Iterable[int]) -> dict[int, str]:
    statement = select_columns(col(Organization.id), col(Organization.legal_name)).where(
        col(Organization.id).in_(tuple(ids))
    )
    return dict(session.execute(statement).all())


def _lines() -> Any:
    return (
        select_columns(
            col(AssignmentProposal.public_id), col(AssignmentProposal.created_at), col(_Maker.full_name),
            col(Chain.code), col(AssignmentProposal.status), col(AssignmentProposal.n_pairs),
            col(AssignmentProposal.n_unserved), col(_Decider.full_name), col(AssignmentProposal.decided_at),
        )
        .join(_Maker, col(_Maker.id) == col(AssignmentProposal.made_by_id))
        .outerjoin(_Decider, col(_Decider.id) == col(AssignmentProposal.decided_by_id))
        .outerjoin(Chain, col(Chain.id) == col(AssignmentProposal.chain_id))
        .order_by(col(AssignmentProposal.id).desc())
    )  # fmt: skip


def _rows() -> Any:
    return (
        select_columns(
            AssignmentRow, col(_Firm.legal_name), col(Demand.title), col(FinancingNeed.amount_fen),
            col(_Bank.legal_name), col(Supply.title), col(Pairing.public_id), col(Pairing.status),
        )
        .join(Demand, col(Demand.id) == col(AssignmentRow.demand_id))
        .join(_Firm, col(_Firm.id) == col(Demand.organization_id))
        .outerjoin(FinancingNeed, col(FinancingNeed.demand_id) == col(Demand.id))
        .outerjoin(Supply, col(Supply.id) == col(AssignmentRow.supply_id))
        .outerjoin(_Bank, col(_Bank.id) == col(Supply.organization_id))
        .outerjoin(Pairing, col(Pairing.id) == col(AssignmentRow.pairing_id))
    )  # fmt: skip
